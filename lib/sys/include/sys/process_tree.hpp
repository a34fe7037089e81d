#pragma once

#include <sys/types.h>

#include <vector>

#include "sys/result.hpp"

namespace runvisor::sys {

/// Makes this process inherit the orphans among its descendants, as process number 1 does anyway.
[[nodiscard]] Result<void> adopt_orphans() noexcept;

/// Whether this process has children, ended or not.
[[nodiscard]] bool has_children() noexcept;

/// All living processes that descend from this one, parents before children; an error where /proc does not
/// tell.
[[nodiscard]] Result<std::vector<pid_t>> descendants();

/// Those of the descendants that could still write into the pipe that is `reader`'s standard input, but not
/// read from it as the supervisor of both could. None where it is no pipe, or nothing is told of it.
[[nodiscard]] std::vector<pid_t> writers_to(pid_t reader);

/// Sends a signal to all processes but this one: as process number 1 to all of its namespace, else to its
/// descendants only. An error tells that they cannot be known.
[[nodiscard]] Result<void> signal_everything(int signal);

}  // namespace runvisor::sys
