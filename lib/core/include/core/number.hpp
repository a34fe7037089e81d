#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

namespace runvisor::core {

/// The decimal number that `text` is, at most the largest one; none if it has other characters than digits.
/// An empty text is 0. Source: how runit 2.1.2 reads limits; there, larger numbers wrap.
[[nodiscard]] constexpr std::optional<std::uint64_t> parse_number(std::string_view text) noexcept {
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t number = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    const auto digit = static_cast<std::uint64_t>(c - '0');
    number = number > (kMost - digit) / 10 ? kMost : number * 10 + digit;
  }
  return number;
}

/// The same after an optional sign, held within `limit` on either side. `limit` is not negative.
[[nodiscard]] constexpr std::optional<int> parse_signed(std::string_view text, int limit) noexcept {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  const auto number = parse_number(text);
  if (!number) return std::nullopt;
  const auto most = static_cast<std::uint64_t>(limit);
  const int bounded = *number > most ? limit : static_cast<int>(*number);
  return negative ? -bounded : bounded;
}

}  // namespace runvisor::core
