#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <vector>

#include "world.hpp"

namespace runvisor::model {

/// What a walk over every reachable state has found.
struct Findings {
  std::size_t states = 0;
  std::size_t transitions = 0;
  /// The most actions that one event led to.
  std::size_t most_actions = 0;
  /// For each rule, the shortest way to break it; empty for one that was kept.
  std::array<std::string, kRules> broken;

  /// The broken rules with their ways, for a test's message; empty if all were kept.
  [[nodiscard]] std::string report() const;
};

/// Visits every state that can be reached from `roots` by the events that `bounds` allow, breadth first. A
/// broken rule ends its branch. If none was broken, the fair courses are looked at as well: a course is fair
/// if nothing that is awaited all along it (a child's end, an expiry, an answer) stays away for ever.
[[nodiscard]] Findings walk(const std::vector<World>& roots, const Bounds& bounds);

}  // namespace runvisor::model
