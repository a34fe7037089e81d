#pragma once

#include "cli/sv_command_line.hpp"
#include "printer.hpp"

namespace runvisor::sv {

/// Gives each service its commands, then waits for their effects if that is asked for.
void control(const cli::SvInvocation& invocation, Printer& printer);

}  // namespace runvisor::sv
