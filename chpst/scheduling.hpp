#pragma once

#include "cli/chpst_command_line.hpp"

namespace runvisor::chpst {

/// Sets what the kernel weighs the process by: OOM score, input and output priority, scheduling policy. Ends
/// the program when something of it has not worked.
void set_scheduling(const cli::ChpstInvocation& invocation);

}  // namespace runvisor::chpst
