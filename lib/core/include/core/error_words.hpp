#pragma once

#include <string_view>

namespace runvisor::core {

/// The words runit's programs print for an errno value, which are not strerror's.
/// Scripts match on them. A value without words of its own gives "unknown error".
/// Source: messages of Debian's runit 2.1.2.
[[nodiscard]] std::string_view error_words(int error_number) noexcept;

}  // namespace runvisor::core
