#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "core/process_machine.hpp"

namespace runvisor::core {

/// How a service's `run` has ended last: what runsv leaves in `supervise/lock`, which no client of runit
/// reads.
struct EndRecord {
  ChildEnd end;
  /// It was told to end: TERM was sent for it, or it is no longer wanted up.
  bool was_told = false;

  friend bool operator==(const EndRecord& one, const EndRecord& other) noexcept {
    return one.end.pid == other.end.pid && one.end.exit_code == other.end.exit_code &&
           one.end.status == other.end.status && one.was_told == other.was_told;
  }
};

/// Size of such a record in bytes: always the same, so that one can be written over another.
inline constexpr std::size_t kEndLineSize = 32;

/// `PID CODE STATUS ended` or `PID CODE STATUS told`, blanks up to the size, and a newline; CODE and STATUS
/// as `finish` gets them.
[[nodiscard]] std::string end_line(const EndRecord& record);

/// Reads such a line; none if `text` is anything else.
[[nodiscard]] std::optional<EndRecord> parse_end_record(std::string_view text) noexcept;

}  // namespace runvisor::core
