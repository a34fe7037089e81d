#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/time.hpp"

namespace runvisor::log {

/// What a line begins with: nothing, `@` and a TAI64N label, or the date and time of UTC to ten microseconds
/// with `_` or `T` between the two.
enum class StampStyle : std::uint8_t { none, tai64n, utc_underscore, utc_t };

/// Length of a TAI64N label with its `@`.
inline constexpr std::size_t kLabelSize = 25;

/// A TAI64N label: `@` and 24 lower-case hexadecimal digits. Source: the labels of runit 2.1.2, which counts
/// ten leap seconds.
[[nodiscard]] std::array<char, kLabelSize> tai64n_label(core::WallTime time) noexcept;

/// The time of a label; none if `text` is no label, or of a time beyond what WallTime can hold.
[[nodiscard]] std::optional<core::WallTime> parse_label(std::string_view text) noexcept;

/// `YYYY-MM-DD`, `separator`, `HH:MM:SS.nnnnn`, of UTC.
inline constexpr std::size_t kUtcSize = 25;
[[nodiscard]] std::array<char, kUtcSize> utc_stamp(core::WallTime time, char separator) noexcept;

/// A line's stamp with the space that follows it; empty for `StampStyle::none`.
[[nodiscard]] std::string stamp(StampStyle style, core::WallTime time);

}  // namespace runvisor::log
