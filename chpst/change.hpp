#pragma once

#include "cli/chpst_command_line.hpp"

namespace runvisor::chpst {

/// Makes all the changes asked for, in the order documented in chpst(8), and becomes the program. When
/// something of it has not worked, ends with a message.
[[noreturn]] void change_and_run(const cli::ChpstInvocation& invocation);

}  // namespace runvisor::chpst
