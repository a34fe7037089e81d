#pragma once

#include "cli/sv_command_line.hpp"
#include "locator.hpp"
#include "printer.hpp"

namespace runvisor::sv {

/// Prints the state of each service and of its log. Almost all of the time goes into opening files, so many
/// services are divided among the processors. Returns the exit status for an init script, whose one service
/// it then is: there, the log's state does not matter.
[[nodiscard]] int print_status(const cli::SvInvocation& invocation, Printer& printer);

}  // namespace runvisor::sv
