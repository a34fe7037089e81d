#pragma once

#include "sys/system.hpp"

namespace runvisor::sys {

/// Starts `program` as a child: signals at their defaults where the supervisor catches them, the mask asked
/// for, the working directory and standard descriptors asked for, nothing of the supervisor's own open.
[[nodiscard]] Result<pid_t> spawn_child(const Program& program) noexcept;

}  // namespace runvisor::sys
