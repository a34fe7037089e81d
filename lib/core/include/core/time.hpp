#pragma once

#include <chrono>

namespace runvisor::core {

/// Time of day: nanoseconds since the Unix epoch. Only for what is published; it may jump.
using WallTime = std::chrono::sys_time<std::chrono::nanoseconds>;

/// The clock that delays are measured on; it never jumps. The core never reads it.
using SteadyTime = std::chrono::steady_clock::time_point;

/// One moment on both clocks.
struct Now {
  SteadyTime steady{};
  WallTime wall{};
};

}  // namespace runvisor::core
