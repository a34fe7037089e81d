#pragma once

#include <poll.h>

#include <chrono>
#include <utility>

namespace runvisor::testing {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

/// How long a test waits for what must happen: far longer than it takes, so that a slow machine passes.
inline constexpr std::chrono::milliseconds kDeadline = 20s;

/// How often a condition is looked at.
inline constexpr std::chrono::milliseconds kPollInterval = 2ms;

/// Looks at `predicate` until it holds or `deadline` has passed; says whether it held.
template <typename Predicate>
[[nodiscard]] bool eventually(Predicate&& predicate, std::chrono::milliseconds deadline = kDeadline) {
  const auto end = Clock::now() + deadline;
  while (true) {
    if (predicate()) {
      return true;
    }
    if (Clock::now() >= end) {
      return predicate();
    }
    ::poll(nullptr, 0, static_cast<int>(kPollInterval.count()));
  }
}

/// Says whether `predicate` held each time it was looked at for `duration`. Only for what must *not* happen
/// and leaves no other trace; prefer to compare recorded times.
template <typename Predicate>
[[nodiscard]] bool stays(Predicate&& predicate, std::chrono::milliseconds duration) {
  return !eventually([&] { return !predicate(); }, duration);
}

}  // namespace runvisor::testing
