#pragma once

#include <string>
#include <string_view>

namespace runvisor::testing {

/// The path of a program under test: a file in the folder named by the variable RUNVISOR_BIN.
/// Throws std::runtime_error if the variable is not set or there is no such program.
[[nodiscard]] std::string program(std::string_view name);

/// Whether the programs under test are the original runit (variable RUNVISOR_ORIGINAL=1). Scenarios that it
/// does not pass are tagged [fixed] or [2.3] and left out on the command line; this is for rare details only.
[[nodiscard]] bool running_as_original();

/// Whether the test may change user ids and ignore file modes.
[[nodiscard]] bool is_root();

/// An id without any privileges.
inline constexpr unsigned kNobody = 65534;

}  // namespace runvisor::testing
