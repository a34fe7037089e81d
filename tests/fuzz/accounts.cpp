// Fuzzes the reading of accounts' names and of passwd and group files. The input's first line is the account,
// the rest the file, read as either.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "core/account.hpp"
#include "require.hpp"

namespace runvisor::fuzz {
namespace {

using core::Id;

void require_id(Id id) { require(id != std::numeric_limits<Id>::max(), "no id means \"no change\""); }

/// Whether one of the file's lines begins with the name, and has the number, digits only, as a field.
bool says(std::string_view text, std::string_view name, Id id) {
  const std::string start = std::string{name} + ':';
  const std::string number = std::to_string(id);
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    if (line.starts_with(start) && line.find(number) != std::string_view::npos) return true;
    text.remove_prefix(std::min(text.size(), line.size() + 1));
  }
  return false;
}

void check_groups(std::string_view file, std::string_view user) {
  std::vector<Id> gids{7};
  core::add_groups_of(file, user, gids);
  core::add_group_numbers(file, gids);
  for (const Id gid : gids) {
    require_id(gid);
    require(std::count(gids.begin(), gids.end(), gid) == 1, "each group is there once");
  }
}

void read(std::string_view input) {
  const std::size_t end = input.find('\n');
  const std::string_view text = input.substr(0, end);
  const std::string_view file = end == std::string_view::npos ? std::string_view{} : input.substr(end + 1);
  const core::AccountName name = core::parse_account_name(text);

  std::string whole = name.numeric ? ":" : "";
  whole += name.user;
  std::size_t count = 0;
  for (auto groups = name.groups; groups; ++count) (whole += ':') += core::take_group(groups);
  require(whole == text, "a name is made of its parts");

  if (name.numeric) {
    if (const auto account = core::numeric_account(name)) {
      require(account->gids.size() == count && count > 0,
              "an account has all groups named, and one at least");
      require_id(account->uid);
      for (const Id gid : account->gids) require_id(gid);
    }
  }
  if (const auto user = core::find_user(file, name.user)) {
    require_id(user->uid);
    require_id(user->gid);
    require(!name.user.empty(), "nobody has no name");
    require(says(file, name.user, user->uid), "a user's number is in the file");
  }
  if (const auto gid = core::find_group(file, name.user)) {
    require_id(*gid);
    require(says(file, name.user, *gid), "a group's number is in the file");
  }
  check_groups(file, name.user);
}

}  // namespace
}  // namespace runvisor::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string input{data, data + size};
  runvisor::fuzz::read(input);
  return 0;
}
