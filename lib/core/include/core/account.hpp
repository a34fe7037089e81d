#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace runvisor::core {

/// A user's or a group's number, as the kernel takes it.
using Id = std::uint32_t;

/// What a process is to become: a user, a primary group and the other groups.
struct Account {
  Id uid = 0;
  /// The primary group first; never empty.
  std::vector<Id> gids;
};

/// One user of a passwd file.
struct User {
  Id uid = 0;
  Id gid = 0;
};

/// An account as it is named on a command line: `user[:group...]`, or in numbers `:uid:gid[:gid...]`.
struct AccountName {
  std::string_view user;
  /// The groups, still joined by colons; none if there is no colon after the user.
  std::optional<std::string_view> groups;
  bool numeric = false;
};

/// Takes a name apart.
[[nodiscard]] AccountName parse_account_name(std::string_view text) noexcept;

/// Removes the first of some groups joined by colons, and returns it. Nothing is left when `groups` is none.
[[nodiscard]] std::string_view take_group(std::optional<std::string_view>& groups) noexcept;

/// The number that `text` is; none if it is empty, no number, or no valid id. The largest one means "no
/// change" to the kernel and is no id.
[[nodiscard]] std::optional<Id> parse_id(std::string_view text) noexcept;

/// The account that a numeric name tells; none if it is not complete or not valid.
[[nodiscard]] std::optional<Account> numeric_account(const AccountName& name);

/// The user called `name` in the text of a passwd file; malformed lines are passed over. Source: passwd(5).
[[nodiscard]] std::optional<User> find_user(std::string_view passwd, std::string_view name) noexcept;

/// The home directory of the user called `name` in the text of a passwd file.
[[nodiscard]] std::optional<std::string> find_home(std::string_view passwd, std::string_view name);

/// The number of the group called `name` in the text of a group file. Source: group(5).
[[nodiscard]] std::optional<Id> find_group(std::string_view group, std::string_view name) noexcept;

/// Adds to `gids` the groups that have `user` as a member and are not among them yet.
void add_groups_of(std::string_view group, std::string_view user, std::vector<Id>& gids);

/// The same for a line of `getent initgroups`: the user's name, then the numbers of groups between blanks.
void add_group_numbers(std::string_view line, std::vector<Id>& gids);

}  // namespace runvisor::core
