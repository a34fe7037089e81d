#pragma once

#include <string_view>

namespace runvisor::sys {

/// Writes `text` to `fd`, whose description is shared and therefore blocking, unless nobody makes room for it
/// now: a supervisor must not hang on a reader of its messages. Safe between fork and exec. Text of up to
/// PIPE_BUF bytes is written whole or not at all.
void write_unless_blocked(int fd, std::string_view text) noexcept;

}  // namespace runvisor::sys
