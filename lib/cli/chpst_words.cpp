#include "cli/chpst_words.hpp"

#include <cstdint>
#include <limits>

#include "core/number.hpp"

namespace runvisor::cli {
namespace {

/// What stands before the first colon, and behind it if there is one.
struct Parts {
  std::string_view first;
  std::optional<std::string_view> second;
};

Parts split(std::string_view text) noexcept {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return {text, std::nullopt};
  return {text.substr(0, colon), text.substr(colon + 1)};
}

/// A number that is there, from `least` to `most`.
std::optional<int> parse_within(std::string_view text, int least, int most) noexcept {
  const auto number = text.empty() ? std::nullopt : core::parse_signed(text, most + 1);
  if (!number || *number < least || *number > most) return std::nullopt;
  return number;
}

/// A number as an amount: the kernel takes some of the largest ones for negative, so they are no limit.
std::optional<std::uint64_t> parse_number_of(std::string_view text) noexcept {
  constexpr std::uint64_t kMost = std::numeric_limits<std::int64_t>::max();
  const auto number = core::parse_number(text);
  return number && *number > kMost ? core::kUnlimited : number;
}

std::optional<std::uint64_t> parse_amount(std::string_view text) noexcept {
  for (const std::string_view unlimited : {"unlimited", "infinity", "="}) {
    if (text == unlimited) return core::kUnlimited;
  }
  return text.empty() ? std::nullopt : parse_number_of(text);
}

}  // namespace

std::optional<IoPriority> parse_io_priority(std::string_view text) noexcept {
  const auto [word, level] = split(text);
  IoPriority priority;
  if (word == "rt") {
    priority.io_class = IoPriority::Class::realtime;
  } else if (word == "idle") {
    priority.io_class = IoPriority::Class::idle;
  } else if (word != "best-effort") {
    return std::nullopt;
  }
  if (level) {
    const auto number = parse_within(*level, 0, 7);
    if (!number) return std::nullopt;
    priority.level = *number;
  }
  return priority;
}

std::optional<Scheduling> parse_scheduling(std::string_view text) noexcept {
  using Policy = Scheduling::Policy;
  const auto [word, priority] = split(text);
  if (priority) {
    const auto number = parse_within(*priority, 1, 99);
    if (!number) return std::nullopt;
    if (word == "fifo") return Scheduling{Policy::fifo, *number};
    if (word == "rr") return Scheduling{Policy::round_robin, *number};
    return std::nullopt;
  }
  if (word == "other") return Scheduling{Policy::other, 0};
  if (word == "batch") return Scheduling{Policy::batch, 0};
  if (word == "idle") return Scheduling{Policy::idle, 0};
  return std::nullopt;
}

std::optional<unsigned> parse_file_mode_mask(std::string_view text) noexcept {
  if (text.empty()) return std::nullopt;
  unsigned mask = 0;
  for (const char c : text) {
    if (c < '0' || c > '7') return std::nullopt;
    mask = mask * 8 + static_cast<unsigned>(c - '0');
    if (mask > 0777) return std::nullopt;
  }
  return mask;
}

std::optional<int> parse_oom_score(std::string_view text) noexcept { return parse_within(text, -1000, 1000); }

std::optional<core::Limit> parse_limit(std::string_view text) noexcept {
  if (text.empty()) return core::Limit{0, std::nullopt};
  core::Limit limit;
  if (text.front() == '+') {
    limit.soft = parse_amount(text.substr(1));
    limit.hard = limit.soft;
    return limit.soft ? std::optional{limit} : std::nullopt;
  }
  const auto [soft, hard] = split(text);
  if (!soft.empty()) {
    limit.soft = parse_amount(soft);
    if (!limit.soft) return std::nullopt;
  }
  if (hard && !hard->empty()) {
    limit.hard = parse_amount(*hard);
    if (!limit.hard) return std::nullopt;
  }
  return limit.soft || limit.hard ? std::optional{limit} : std::nullopt;
}

std::optional<core::Limit> parse_soft_limit(std::string_view text) noexcept {
  const auto soft = text == "=" ? std::optional{core::kUnlimited} : parse_number_of(text);
  if (!soft) return std::nullopt;
  return core::Limit{soft, std::nullopt};
}

}  // namespace runvisor::cli
