#pragma once

#include <cstddef>
#include <string>

#include "sys/result.hpp"

namespace runvisor::sys {

/// Reads on from `fd` until its end, or until `limit` bytes have been read and there are more: E2BIG.
[[nodiscard]] Result<std::string> read_to_end(int fd, std::size_t limit);

/// Reads a file with at most `limit` bytes.
[[nodiscard]] Result<std::string> read_whole_file(const char* path, std::size_t limit);

}  // namespace runvisor::sys
