#pragma once

#include <poll.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <utility>

namespace runvisor::testing {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

/// How long a test waits for what must happen: far longer than it takes, so that a slow machine passes. The
/// variable RUNVISOR_TEST_DEADLINE_MS shortens it for runs that are expected to fail.
inline const std::chrono::milliseconds kDeadline = [] {
  const char* shorter = std::getenv("RUNVISOR_TEST_DEADLINE_MS");
  return shorter != nullptr ? std::chrono::milliseconds(std::atoi(shorter)) : std::chrono::milliseconds(20s);
}();

/// How often a condition is looked at: often in the beginning, when most come true, and rarely later, so that
/// many tests may wait side by side.
inline constexpr std::chrono::milliseconds kFirstPollInterval = 1ms;
inline constexpr std::chrono::milliseconds kLastPollInterval = 10ms;

/// Looks at `predicate` until it holds or `deadline` has passed; says whether it held.
template <typename Predicate>
[[nodiscard]] bool eventually(Predicate&& predicate, std::chrono::milliseconds deadline = kDeadline) {
  const auto end = Clock::now() + deadline;
  auto interval = kFirstPollInterval;
  while (true) {
    if (predicate()) {
      return true;
    }
    if (Clock::now() >= end) {
      return predicate();
    }
    ::poll(nullptr, 0, static_cast<int>(interval.count()));
    interval = std::min(interval * 5 / 4 + 1ms, kLastPollInterval);
  }
}

/// Says whether `predicate` held each time it was looked at for `duration`. Only for what must *not* happen
/// and leaves no other trace; prefer to compare recorded times.
template <typename Predicate>
[[nodiscard]] bool stays(Predicate&& predicate, std::chrono::milliseconds duration) {
  return !eventually([&] { return !predicate(); }, duration);
}

}  // namespace runvisor::testing
