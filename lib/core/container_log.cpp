#include "core/container_log.hpp"

#include <array>
#include <charconv>
#include <cstdio>

#include "core/container_environment.hpp"

namespace runvisor::core {
namespace {

void append_time(std::string& out, WallTime time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{std::chrono::floor<std::chrono::microseconds>(time - day)};
  std::array<char, 48> text{};
  const int length = std::snprintf(
      text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%06dZ", static_cast<int>(date.year()),
      static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
      static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
      static_cast<int>(clock.seconds().count()), static_cast<int>(clock.subseconds().count()));
  out.append(text.data(), static_cast<std::size_t>(length));
}

std::optional<std::uint32_t> parse_id(std::string_view text) noexcept {
  std::uint32_t id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return id;
}

}  // namespace

void append_line(std::string& out, LineStyle style, WallTime time, std::string_view name, OutputStream stream,
                 std::string_view line) {
  if (style == LineStyle::text) {
    out += name;
    out += ": ";
    out += line;
  } else {
    out += R"({"time": ")";
    append_time(out, time);
    out += R"(", "service": )";
    append_json(out, name, BadBytes::replaced);
    out += stream == OutputStream::output ? R"(, "stream": "stdout", "message": )"
                                          : R"(, "stream": "stderr", "message": )";
    append_json(out, line, BadBytes::replaced);
    out += '}';
  }
  out += '\n';
}

std::string stream_announcement(std::uint32_t id, std::string_view about) {
  std::string text = std::to_string(id);
  text += ' ';
  text += about;
  return text;
}

std::optional<AnnouncedStream> parse_stream_announcement(std::string_view text) {
  const std::size_t space = text.find(' ');
  if (space == std::string_view::npos || space + 1 == text.size()) return std::nullopt;
  const auto id = parse_id(text.substr(0, space));
  if (!id) return std::nullopt;
  return AnnouncedStream{*id, text[space + 1] == 'o' ? OutputStream::output : OutputStream::errors,
                         std::string(text.substr(space + 2))};
}

std::string to_text(const CollectorAnswer& answer) {
  return answer.ended ? '-' + std::to_string(*answer.ended) : std::string("+");
}

std::optional<CollectorAnswer> parse_collector_answer(std::string_view text) {
  if (text == "+") return CollectorAnswer{};
  if (!text.starts_with('-')) return std::nullopt;
  const auto id = parse_id(text.substr(1));
  if (!id) return std::nullopt;
  return CollectorAnswer{id};
}

std::optional<std::string_view> LineCutter::take() {
  const std::string_view rest = std::string_view(held_).substr(taken_);
  const std::size_t end = rest.find('\n');
  if (end != std::string_view::npos && end <= kMostLine) {
    taken_ += end + 1;
    return rest.substr(0, end);
  }
  if (rest.size() > kMostLine) {
    taken_ += kMostLine;
    return rest.substr(0, kMostLine);
  }
  held_.erase(0, taken_);
  taken_ = 0;
  return std::nullopt;
}

std::optional<std::string_view> LineCutter::take_last() {
  if (taken_ == held_.size()) return std::nullopt;
  const std::string_view rest = std::string_view(held_).substr(taken_);
  taken_ = held_.size();
  return rest;
}

}  // namespace runvisor::core
