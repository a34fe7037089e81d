#pragma once

#include <string_view>

#include "sys/result.hpp"

namespace runvisor::sys {

/// Writes all of `text`, waiting for room as long as it takes.
[[nodiscard]] Result<void> write_all(int fd, std::string_view text) noexcept;

}  // namespace runvisor::sys
