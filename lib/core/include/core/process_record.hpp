#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/process_machine.hpp"
#include "core/status_record.hpp"
#include "core/time.hpp"

namespace runvisor::core {

/// The time between which two moments a process was started, counted from the start of the machine
/// (CLOCK_BOOTTIME).
struct Birth {
  std::chrono::nanoseconds after{};
  std::chrono::nanoseconds before{};

  friend bool operator==(const Birth&, const Birth&) = default;
};

/// What a runsv leaves of one of its processes in `supervise/lock`, behind the EndRecord, for a runsv that
/// comes after it.
struct ProcessRecord {
  /// The boot's id, as the kernel writes it.
  std::string boot_id;
  Role role = Role::service;
  StatusRecord status;
  /// When the process, or without one the last process, was started.
  Birth birth;
  /// Inode number of the log pipe that the process has for its standard input or output, 0 for none.
  std::uint64_t log_pipe = 0;

  friend bool operator==(const ProcessRecord&, const ProcessRecord&) = default;
};

/// Size of such a record in bytes, always the same, and where in the file it lies.
inline constexpr std::size_t kProcessLineSize = 192;
inline constexpr std::size_t kProcessLineOffset = 32;

/// Length of a boot's id.
inline constexpr std::size_t kBootIdSize = 36;

/// The record as a line; docs/formats/status.md has the layout.
[[nodiscard]] std::string process_line(const ProcessRecord& record);

/// Reads such a line; none if `text` is anything else.
[[nodiscard]] std::optional<ProcessRecord> parse_process_record(std::string_view text) noexcept;

/// What the times in /proc/PID/stat are rounded down to. Source: proc(5), USER_HZ.
inline constexpr std::chrono::milliseconds kStartTick{10};

/// Whether a process that the kernel says was started at `start` can be the one with this birth.
[[nodiscard]] bool was_born(const Birth& birth, std::chrono::nanoseconds start) noexcept;

/// How a machine goes on with a process that another supervisor has started, at `started`.
[[nodiscard]] ProcessState resumed(const StatusRecord& record, SteadyTime started, Now now);

}  // namespace runvisor::core
