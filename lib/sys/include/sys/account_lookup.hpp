#pragma once

#include <string>
#include <string_view>

#include "core/account.hpp"
#include "sys/result.hpp"

namespace runvisor::sys {

/// Looks an account up: in `/etc/passwd` and `/etc/group`, and for what they lack the programs' own root's
/// `getent`, through which a static program reaches the system's name service. A number, given in `name` or
/// met where a name is due, is never looked up.
/// Errors: ENOENT when there is no passwd file, or no group file, to look into, and no getent either; what
/// reading the files gave; EIO when getent went wrong. None in place of an account: there is no such user, or
/// no such group.
[[nodiscard]] Result<std::optional<core::Account>> find_account(const core::AccountName& name);

/// The same for a user and the user's own group.
[[nodiscard]] Result<std::optional<core::Account>> find_user_account(std::string_view user);

/// The same for a user's home directory.
[[nodiscard]] Result<std::optional<std::string>> find_home(std::string_view user);

/// Adds to an account all groups that have `user` as a member. Errors as above.
[[nodiscard]] Result<void> add_all_groups(core::Account& account, std::string_view user);

}  // namespace runvisor::sys
