#pragma once

#include <span>
#include <string>
#include <string_view>

namespace runvisor::core {

/// Replaces in place, each by `?`, the bytes that could make a terminal do something: control characters (a
/// newline and a tab as well), and what is no UTF-8, since a terminal may take some of it for control
/// characters.
void make_printable(std::span<char> text) noexcept;

/// A copy of `text` made so.
[[nodiscard]] std::string printable(std::string_view text);

}  // namespace runvisor::core
