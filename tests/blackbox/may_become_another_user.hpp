#pragma once

#include <catch2/catch.hpp>

#include "support/binaries.hpp"

/// Whether this test may run programs with an id without privileges. If not, the test's report says so.
[[nodiscard]] inline bool may_become_another_user() {
  if (!runvisor::testing::is_root()) {
    WARN("not root: what another user may not do is left out");
    return false;
  }
  return true;
}
