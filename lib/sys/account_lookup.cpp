#include "sys/account_lookup.hpp"

#include <optional>
#include <string>

#include "getent.hpp"
#include "sys/whole_file.hpp"

namespace runvisor::sys {
namespace {

using core::Account;
using core::Id;

/// Longer than any sensible passwd or group file.
constexpr std::size_t kMostText = std::size_t{64} << 20;

/// Whether getent would take `name` for a number, or for an option. Those it is not asked for.
bool means_something_else(const std::string& name) noexcept {
  constexpr std::string_view kBlanks = " \t\n\v\f\r";
  if (name.empty()) return true;
  if (name.front() == '-' || kBlanks.find(name.front()) != std::string_view::npos) return true;
  return name.find_first_not_of("+0123456789") == std::string::npos;
}

/// What one database has about a name: first its file is asked, by `find`, then getent, whose one line is
/// read like the file.
template <typename Find>
auto look_up(const char* file, const char* database, std::string_view name, Find find)
    -> Result<decltype(find(std::string_view{}, name))> {
  const auto text = read_whole_file(file, kMostText);
  if (!text && number(text.error()) != ENOENT) return text.error();
  if (text) {
    if (const auto found = find(*text, name)) return found;
  }
  const std::string key{name};
  const bool is_special = means_something_else(key);
  const auto line = is_special ? Result<std::string>{Error{ENOENT}} : getent(database, key);
  if (line) {
    // The name service may write the name in another way; whom it means is its business.
    return find(*line, std::string_view{*line}.substr(0, line->find(':')));
  }
  if (number(line.error()) != ENOENT) return line.error();
  if (!text) return text.error();
  return std::nullopt;
}

Result<std::optional<core::User>> find_user(std::string_view name) {
  return look_up("/etc/passwd", "passwd", name, core::find_user);
}

Result<std::optional<Id>> find_group(std::string_view name) {
  return look_up("/etc/group", "group", name, core::find_group);
}

}  // namespace

Result<std::optional<Account>> find_account(const core::AccountName& name) {
  if (name.numeric) return core::numeric_account(name);
  if (!name.groups) return find_user_account(name.user);
  const auto user = find_user(name.user);
  if (!user) return user.error();
  if (!*user) return std::nullopt;
  Account account{(*user)->uid, {}};
  for (auto groups = name.groups; groups;) {
    const auto gid = find_group(core::take_group(groups));
    if (!gid) return gid.error();
    if (!*gid) return std::nullopt;
    account.gids.push_back(**gid);
  }
  return account;
}

Result<std::optional<Account>> find_user_account(std::string_view user) {
  const auto found = find_user(user);
  if (!found) return found.error();
  if (!*found) return std::nullopt;
  return Account{(*found)->uid, {(*found)->gid}};
}

Result<std::optional<std::string>> find_home(std::string_view user) {
  return look_up("/etc/passwd", "passwd", user, core::find_home);
}

Result<void> add_all_groups(Account& account, std::string_view user) {
  const auto file = read_whole_file("/etc/group", kMostText);
  if (!file && number(file.error()) != ENOENT) return file.error();
  if (file) core::add_groups_of(*file, user, account.gids);
  const std::string key{user};
  if (means_something_else(key)) return {};
  const auto line = getent("initgroups", key);
  if (line) {
    core::add_group_numbers(*line, account.gids);
    return {};
  }
  // A getent without that database leaves it with the file; without both, nothing is known.
  if (!file && number(line.error()) == ENOENT) return line.error();
  return {};
}

}  // namespace runvisor::sys
