#pragma once

#include <chrono>
#include <string_view>

#include "sys/result.hpp"

namespace runvisor::sys {

/// The records of who is logged in, and of who was. Source: utmp(5).
inline constexpr const char* kUtmp = "/var/run/utmp";
inline constexpr const char* kWtmp = "/var/log/wtmp";

/// The clock of the records.
using LoginTime = std::chrono::sys_seconds;

/// Locks a file of records against others who write it, whichever of the two ways of locking they use.
[[nodiscard]] Result<void> lock_records(int fd) noexcept;

/// Marks the first record in `fd` (utmp) that has somebody logged in on `line` as ended at `now`; false if
/// there is none. What is left of a torn record at the end is passed over.
[[nodiscard]] Result<bool> log_out(int fd, std::string_view line, LoginTime now) noexcept;

/// Appends to `fd` (wtmp, opened for appending) that the session on `line` ended at `now`; a record that
/// cannot be written whole is taken back.
[[nodiscard]] Result<void> append_logout(int fd, std::string_view line, LoginTime now) noexcept;

}  // namespace runvisor::sys
