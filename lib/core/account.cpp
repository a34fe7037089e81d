#include "core/account.hpp"

#include <algorithm>
#include <limits>

#include "core/number.hpp"

namespace runvisor::core {
namespace {

/// Removes the first part of `text`, up to `separator`, and returns it.
std::string_view take(std::string_view& text, char separator) noexcept {
  const std::size_t end = text.find(separator);
  const std::string_view part = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return part;
}

/// The rest of the next line that begins with `name` and a colon, and moves `text` behind it; none at the
/// end.
std::optional<std::string_view> next_line_of(std::string_view& text, std::string_view name) noexcept {
  while (!text.empty()) {
    std::string_view line = take(text, '\n');
    if (line.size() > name.size() && line[name.size()] == ':' && line.starts_with(name)) {
      line.remove_prefix(name.size() + 1);
      return line;
    }
  }
  return std::nullopt;
}

void add(Id gid, std::vector<Id>& gids) {
  if (std::find(gids.begin(), gids.end(), gid) == gids.end()) gids.push_back(gid);
}

/// Whether a name can be one in a file of lines with fields.
bool is_possible(std::string_view name) noexcept {
  return !name.empty() && name.find_first_of(":\n") == std::string_view::npos;
}

}  // namespace

AccountName parse_account_name(std::string_view text) noexcept {
  AccountName name;
  name.numeric = text.starts_with(':');
  if (name.numeric) text.remove_prefix(1);
  const std::size_t colon = text.find(':');
  name.user = text.substr(0, colon);
  if (colon != std::string_view::npos) name.groups = text.substr(colon + 1);
  return name;
}

std::string_view take_group(std::optional<std::string_view>& groups) noexcept {
  const std::size_t colon = groups->find(':');
  const std::string_view group = groups->substr(0, colon);
  if (colon == std::string_view::npos) {
    groups.reset();
  } else {
    groups->remove_prefix(colon + 1);
  }
  return group;
}

std::optional<Id> parse_id(std::string_view text) noexcept {
  const auto number = parse_number(text);
  if (text.empty() || !number || *number >= std::numeric_limits<Id>::max()) return std::nullopt;
  return static_cast<Id>(*number);
}

std::optional<Account> numeric_account(const AccountName& name) {
  const auto uid = parse_id(name.user);
  std::optional<std::string_view> groups = name.groups;
  if (!uid || !groups) return std::nullopt;
  Account account{*uid, {}};
  while (groups) {
    const auto gid = parse_id(take_group(groups));
    if (!gid) return std::nullopt;
    account.gids.push_back(*gid);
  }
  return account;
}

std::optional<User> find_user(std::string_view passwd, std::string_view name) noexcept {
  if (!is_possible(name)) return std::nullopt;
  while (auto fields = next_line_of(passwd, name)) {
    take(*fields, ':');
    const auto uid = parse_id(take(*fields, ':'));
    const auto gid = parse_id(take(*fields, ':'));
    if (uid && gid) return User{*uid, *gid};
  }
  return std::nullopt;
}

std::optional<std::string> find_home(std::string_view passwd, std::string_view name) {
  if (!is_possible(name)) return std::nullopt;
  while (auto fields = next_line_of(passwd, name)) {
    take(*fields, ':');
    const auto uid = parse_id(take(*fields, ':'));
    const auto gid = parse_id(take(*fields, ':'));
    take(*fields, ':');
    if (uid && gid) return std::string(take(*fields, ':'));
  }
  return std::nullopt;
}

std::optional<Id> find_group(std::string_view group, std::string_view name) noexcept {
  if (!is_possible(name)) return std::nullopt;
  while (auto fields = next_line_of(group, name)) {
    take(*fields, ':');
    if (const auto gid = parse_id(take(*fields, ':'))) return gid;
  }
  return std::nullopt;
}

void add_groups_of(std::string_view group, std::string_view user, std::vector<Id>& gids) {
  if (user.empty()) return;
  while (!group.empty()) {
    std::string_view line = take(group, '\n');
    take(line, ':');
    take(line, ':');
    const auto gid = parse_id(take(line, ':'));
    while (gid && !line.empty()) {
      if (take(line, ',') == user) add(*gid, gids);
    }
  }
}

void add_group_numbers(std::string_view line, std::vector<Id>& gids) {
  line = line.substr(0, line.find('\n'));
  take(line, ' ');
  while (!line.empty()) {
    if (const auto gid = parse_id(take(line, ' '))) add(*gid, gids);
  }
}

}  // namespace runvisor::core
