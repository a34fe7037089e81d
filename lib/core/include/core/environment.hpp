#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace runvisor::core {

/// What becomes of one variable: `NAME=value` sets it, `NAME` alone removes it.
using VariableChange = std::string;

/// The change that a file of a directory of variables asks for. `content` is the file's first line at least,
/// or all of it. Blanks and tabs at the line's end are cut and null bytes become newlines; an empty file
/// removes the variable. Source: envdir of daemontools, chpst(8).
[[nodiscard]] VariableChange variable_change(std::string_view file_name, std::string_view content);

/// `environment`, a list of `NAME=value` as a process gets it, after `changes` in their order. The result
/// refers to both, and is terminated by a null pointer as exec wants it.
[[nodiscard]] std::vector<char*> changed_environment(char* const* environment,
                                                     std::vector<VariableChange>& changes);

}  // namespace runvisor::core
