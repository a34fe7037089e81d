#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace runvisor::testing {

/// The path of a program under test: a file in the folder named by the variable RUNVISOR_BIN, or
/// for_all_users() of it. Throws std::runtime_error if the variable is not set or there is no such program.
[[nodiscard]] std::string program(std::string_view name);

/// `folder`, or a copy of it that lives as long as this process, if root has built it where no other user may
/// look into, as in root's home: tests run programs as other users, too.
[[nodiscard]] std::filesystem::path for_all_users(const std::filesystem::path& folder);

/// Whether the programs under test are the original runit (variable RUNVISOR_ORIGINAL=1). Scenarios that it
/// does not pass are tagged [fixed] or [2.3] and left out on the command line; this is for rare details only.
[[nodiscard]] bool running_as_original();

/// Whether the programs under test are built with sanitizers: such a program takes a hundred times the
/// memory, and its memory tells nothing.
[[nodiscard]] bool running_sanitized();

/// Whether the test may change user ids and ignore file modes.
[[nodiscard]] bool is_root();

/// An id without any privileges.
inline constexpr unsigned kNobody = 65534;

}  // namespace runvisor::testing
