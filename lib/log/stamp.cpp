#include "log/stamp.hpp"

#include <algorithm>

namespace runvisor::log {
namespace {

/// TAI64 label of 1970-01-01 00:00:00 UTC, with the ten leap seconds that runit counts.
constexpr std::uint64_t kTaiOfUnixEpoch = (std::uint64_t{1} << 62) + 10;

/// The last years that four digits and WallTime can tell.
constexpr std::int64_t kSecondsLimit = INT64_MAX / 1'000'000'000 - 1;

void put_hex(char* out, std::uint64_t value, std::size_t digits) noexcept {
  for (std::size_t i = digits; i-- > 0; value >>= 4) out[i] = "0123456789abcdef"[value & 15];
}

void put_decimal(char* out, std::int64_t value, std::size_t digits) noexcept {
  for (std::size_t i = digits; i-- > 0; value /= 10) out[i] = static_cast<char>('0' + value % 10);
}

std::optional<std::uint64_t> get_hex(std::string_view text) noexcept {
  std::uint64_t value = 0;
  for (const char c : text) {
    std::uint64_t digit = 0;
    if (c >= '0' && c <= '9') {
      digit = static_cast<std::uint64_t>(c - '0');
    } else if (c >= 'a' && c <= 'f') {
      digit = static_cast<std::uint64_t>(c - 'a') + 10;
    } else {
      return std::nullopt;
    }
    value = (value << 4) | digit;
  }
  return value;
}

}  // namespace

std::array<char, kLabelSize> tai64n_label(core::WallTime time) noexcept {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  std::array<char, kLabelSize> label{};
  label[0] = '@';
  put_hex(label.data() + 1, kTaiOfUnixEpoch + static_cast<std::uint64_t>(seconds.time_since_epoch().count()),
          16);
  put_hex(label.data() + 17, static_cast<std::uint64_t>((time - seconds).count()), 8);
  return label;
}

std::optional<core::WallTime> parse_label(std::string_view text) noexcept {
  if (text.size() != kLabelSize || text.front() != '@') return std::nullopt;
  const auto tai = get_hex(text.substr(1, 16));
  const auto nanoseconds = get_hex(text.substr(17));
  if (!tai || !nanoseconds || *nanoseconds > 999'999'999) return std::nullopt;
  const auto seconds = static_cast<std::int64_t>(*tai - kTaiOfUnixEpoch);
  if (seconds > kSecondsLimit || seconds < -kSecondsLimit) return std::nullopt;
  return core::WallTime{std::chrono::seconds{seconds} + std::chrono::nanoseconds{*nanoseconds}};
}

std::array<char, kUtcSize> utc_stamp(core::WallTime time, char separator) noexcept {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{std::chrono::floor<std::chrono::seconds>(time - day)};
  const auto fraction = time - std::chrono::floor<std::chrono::seconds>(time);
  std::array<char, kUtcSize> out{};
  char* const at = out.data();
  put_decimal(at, std::clamp(static_cast<int>(date.year()), 0, 9999), 4);
  put_decimal(at + 5, static_cast<unsigned>(date.month()), 2);
  put_decimal(at + 8, static_cast<unsigned>(date.day()), 2);
  put_decimal(at + 11, clock.hours().count(), 2);
  put_decimal(at + 14, clock.minutes().count(), 2);
  put_decimal(at + 17, clock.seconds().count(), 2);
  put_decimal(at + 20, fraction / std::chrono::microseconds{10}, 5);
  out[4] = out[7] = '-';
  out[10] = separator;
  out[13] = out[16] = ':';
  out[19] = '.';
  return out;
}

std::string stamp(StampStyle style, core::WallTime time) {
  std::string text;
  switch (style) {
    case StampStyle::none:
      return text;
    case StampStyle::tai64n: {
      const auto label = tai64n_label(time);
      text.assign(label.data(), label.size());
      break;
    }
    case StampStyle::utc_underscore:
    case StampStyle::utc_t: {
      const auto utc = utc_stamp(time, style == StampStyle::utc_t ? 'T' : '_');
      text.assign(utc.data(), utc.size());
      break;
    }
  }
  text += ' ';
  return text;
}

}  // namespace runvisor::log
