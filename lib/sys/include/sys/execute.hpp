#pragma once

#include "sys/result.hpp"

namespace runvisor::sys {

/// Replaces the process by the program `file`, which is looked for in `path`, a list as in PATH, unless it
/// has a slash. Returns only when that fails. What is not there, or may not be executed, is passed over; of a
/// file that is found and does not start, nothing else is tried. Source: the behaviour of runit 2.1.2.
[[nodiscard]] Error execute(const char* file, char* const* argv, char* const* environment, const char* path);

}  // namespace runvisor::sys
