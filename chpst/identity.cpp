#include "identity.hpp"

#include <optional>
#include <string>

#include "core/capability.hpp"
#include "diagnostics.hpp"
#include "sys/account_lookup.hpp"
#include "sys/limits.hpp"
#include "sys/privileges.hpp"

namespace runvisor::chpst {
namespace {

using core::CapabilitySet;

/// The capabilities to go on with, `permitted` being all there are.
CapabilitySet wanted(const cli::CapabilityArgument& argument, CapabilitySet permitted) {
  if (!argument.keeps) return permitted & ~argument.set;
  const CapabilitySet missing = argument.set & ~permitted;
  if (missing != 0) die_unable_to("keep capabilities", core::capability_names(missing), sys::Error{EPERM});
  return argument.set;
}

core::Account account_of(const cli::ChpstInvocation& invocation) {
  core::Account account = look_up(*invocation.account);
  if (invocation.all_groups) {
    const auto user = core::parse_account_name(invocation.account->text).user;
    const auto added = sys::add_all_groups(account, user);
    if (!added) die_unable_to("get password/group file entry", {}, added.error());
  }
  return account;
}

}  // namespace

core::Account look_up(const cli::AccountArgument& argument) {
  const bool is_plain = argument.is_plain_user;
  const auto name = core::parse_account_name(argument.text);
  auto account = is_plain ? sys::find_user_account(argument.text) : sys::find_account(name);
  if (!account) {
    die_unable_to(is_plain ? "get password file entry" : "get password/group file entry", {},
                  account.error());
  }
  if (*account) return std::move(**account);
  if (is_plain) die("unknown account", argument.text);
  if (name.numeric) die("invalid uid/gids", argument.text.substr(1));
  die("unknown user/group", argument.text);
}

void export_account(const core::Account& account, std::vector<core::VariableChange>& changes) {
  changes.push_back("GID=" + std::to_string(account.gids.front()));
  changes.push_back("UID=" + std::to_string(account.uid));
}

void take_identity(const cli::ChpstInvocation& invocation) {
  std::optional<core::Account> account;
  if (invocation.account) account = account_of(invocation);
  for (const core::Resource resource : core::kResources) {
    const auto hard = invocation.limits[resource].hard;
    if (hard) require(sys::raise_hard_limit(resource, *hard));
  }
  if (invocation.bounding_set) {
    const auto& [set, keeps] = *invocation.bounding_set;
    require(sys::limit_bounding_set(keeps ? set : ~set));
  }
  std::optional<CapabilitySet> capabilities;
  if (invocation.capabilities) {
    const auto permitted = sys::permitted_capabilities();
    if (!permitted) die_unable_to("get capabilities", {}, permitted.error());
    capabilities = wanted(*invocation.capabilities, *permitted);
    require(sys::keep_capabilities(true));
  }
  const bool was_root = sys::is_root();
  if (account) require(sys::become(*account));
  const bool is_root = account ? account->uid == 0 : was_root;
  if (capabilities) {
    require(sys::keep_capabilities(false));
    // To root, the kernel gives all that the bounding set allows.
    if (is_root) die("unable to limit capabilities", "the user is root");
    require(sys::hold_capabilities(*capabilities));
  } else if (account && was_root && !is_root) {
    require(sys::require_no_capabilities());
  }
}

}  // namespace runvisor::chpst
