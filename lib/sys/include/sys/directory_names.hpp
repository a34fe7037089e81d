#pragma once

#include <string>
#include <vector>

#include "sys/result.hpp"

namespace runvisor::sys {

/// The names in a directory, whatever they are, in the order of their bytes; without `.` and `..`.
[[nodiscard]] Result<std::vector<std::string>> directory_names(const char* path);

}  // namespace runvisor::sys
