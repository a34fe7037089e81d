#pragma once

#include "sys/system.hpp"

namespace runvisor::sys {

/// Starts `program` as a child: signals at their defaults where the supervisor catches them, the mask asked
/// for, the working directory and standard descriptors asked for, nothing of the supervisor's own open.
[[nodiscard]] Result<pid_t> spawn_child(const Program& program) noexcept;

/// Starts a helper that gets nothing but its arguments: an empty environment, `output` as its standard output
/// and, as something that nothing can be read from (there may be no /dev/null), its standard input, standard
/// error, and no other descriptor (before Linux 5.9: whatever exec leaves open). Here, unlike above, it is an
/// error if the program cannot be executed.
[[nodiscard]] Result<pid_t> spawn_apart(const char* path, char* const* argv, int output) noexcept;

}  // namespace runvisor::sys
