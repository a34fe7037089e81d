#pragma once

#include <vector>

#include "cli/chpst_command_line.hpp"
#include "core/account.hpp"
#include "core/environment.hpp"

namespace runvisor::chpst {

/// The account that an argument names, looked up below the root directory of the moment. Ends the program if
/// there is none.
[[nodiscard]] core::Account look_up(const cli::AccountArgument& argument);

/// Sets GID and UID to an account's numbers.
void export_account(const core::Account& account, std::vector<core::VariableChange>& changes);

/// Becomes the account that is asked for, with the capabilities that are. Before it gives up its privileges
/// it raises the hard limits that are to be raised, which needs them. Ends the program when something of it
/// has not worked.
void take_identity(const cli::ChpstInvocation& invocation);

}  // namespace runvisor::chpst
