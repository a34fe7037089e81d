#pragma once

#include <string>

#include "sys/result.hpp"

namespace runvisor::sys {

/// What `getent DATABASE KEY` prints; empty if there is no such entry. ENOENT: there is no getent here.
/// EIO: it has failed.
[[nodiscard]] Result<std::string> getent(const char* database, const std::string& key);

}  // namespace runvisor::sys
