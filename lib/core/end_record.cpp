#include "core/end_record.hpp"

#include <charconv>

namespace runvisor::core {
namespace {

constexpr std::string_view kEnded = "ended";
constexpr std::string_view kTold = "told";

/// Takes a number and the blank after it from the front of `text`.
bool take(std::string_view& text, int& number) noexcept {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end == text.data() + text.size() || *end != ' ') return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()) + 1);
  return true;
}

}  // namespace

std::string end_line(const EndRecord& record) {
  std::string line = std::to_string(record.end.pid);
  line += ' ';
  line += std::to_string(record.end.exit_code);
  line += ' ';
  line += std::to_string(record.end.status);
  line += ' ';
  line += record.was_told ? kTold : kEnded;
  line.resize(kEndLineSize - 1, ' ');
  line += '\n';
  return line;
}

std::optional<EndRecord> parse_end_record(std::string_view text) noexcept {
  if (text.size() != kEndLineSize || text.back() != '\n') return std::nullopt;
  text = text.substr(0, text.find_last_not_of(" \n") + 1);
  EndRecord record;
  if (!take(text, record.end.pid) || !take(text, record.end.exit_code) || !take(text, record.end.status)) {
    return std::nullopt;
  }
  if (text != kEnded && text != kTold) return std::nullopt;
  record.was_told = text == kTold;
  return record;
}

}  // namespace runvisor::core
