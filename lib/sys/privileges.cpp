#include "sys/privileges.hpp"

#include <grp.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <vector>

namespace runvisor::sys {
namespace {

using core::CapabilitySet;
using core::Id;

constexpr std::string_view kVerifyUser = "verify the user and groups";
constexpr std::string_view kVerifyCapabilities = "verify the capabilities";
constexpr unsigned kMostCapabilities = 64;

Outcome wrong(std::string_view what) noexcept { return CallFailure{what, Error{EPERM}}; }

constexpr CapabilitySet bit(unsigned capability) noexcept { return CapabilitySet{1} << capability; }

/// Whether the process has just these groups. The kernel keeps them sorted.
bool has_groups(std::vector<Id> gids) {
  std::vector<Id> actual(gids.size());
  const int count = ::getgroups(static_cast<int>(actual.size()), actual.data());
  if (count < 0 || static_cast<std::size_t>(count) != gids.size()) return false;
  std::sort(gids.begin(), gids.end());
  std::sort(actual.begin(), actual.end());
  return gids == actual;
}

struct Capabilities {
  CapabilitySet effective = 0;
  CapabilitySet permitted = 0;
  CapabilitySet inheritable = 0;

  friend bool operator==(const Capabilities&, const Capabilities&) = default;
};

using Halves = std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3>;

Result<Capabilities> get_capabilities() noexcept {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  Halves halves{};
  if (::syscall(SYS_capget, &header, halves.data()) == -1) return last_error();
  const auto join = [](std::uint32_t low, std::uint32_t high) { return CapabilitySet{high} << 32 | low; };
  return Capabilities{join(halves[0].effective, halves[1].effective),
                      join(halves[0].permitted, halves[1].permitted),
                      join(halves[0].inheritable, halves[1].inheritable)};
}

Outcome set_capabilities(CapabilitySet set) noexcept {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  const auto low = static_cast<std::uint32_t>(set);
  const auto high = static_cast<std::uint32_t>(set >> 32);
  const Halves halves{{{low, low, low}, {high, high, high}}};
  return outcome("set capabilities", ::syscall(SYS_capset, &header, halves.data()));
}

bool has_ambient(CapabilitySet set) noexcept {
  for (unsigned capability = 0; capability < kMostCapabilities; ++capability) {
    const int is_set = ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, capability, 0, 0);
    if (is_set == -1) return (set >> capability) == 0;
    if ((is_set == 1) != ((set & bit(capability)) != 0)) return false;
  }
  return true;
}

}  // namespace

Outcome become(const core::Account& account) {
  const Id gid = account.gids.front();
  if (auto failure = outcome("setgroups", ::setgroups(account.gids.size(), account.gids.data()))) {
    return failure;
  }
  if (auto failure = outcome("setgid", ::setgid(gid))) return failure;
  if (auto failure = outcome("setuid", ::setuid(account.uid))) return failure;
  Id real = 0;
  Id effective = 0;
  Id saved = 0;
  if (auto failure = outcome(kVerifyUser, ::getresuid(&real, &effective, &saved))) return failure;
  if (real != account.uid || effective != account.uid || saved != account.uid) return wrong(kVerifyUser);
  if (auto failure = outcome(kVerifyUser, ::getresgid(&real, &effective, &saved))) return failure;
  if (real != gid || effective != gid || saved != gid) return wrong(kVerifyUser);
  if (!has_groups(account.gids)) return wrong(kVerifyUser);
  return std::nullopt;
}

bool is_root() noexcept { return ::getuid() == 0 || ::geteuid() == 0; }

Result<CapabilitySet> permitted_capabilities() noexcept {
  const auto capabilities = get_capabilities();
  if (!capabilities) return capabilities.error();
  return capabilities->permitted;
}

Outcome keep_capabilities(bool keep) noexcept {
  return outcome("keep capabilities", ::prctl(PR_SET_KEEPCAPS, keep ? 1 : 0, 0, 0, 0));
}

Outcome hold_capabilities(CapabilitySet set) noexcept {
  if (auto failure =
          outcome("clear ambient capabilities", ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0))) {
    return failure;
  }
  if (auto failure = set_capabilities(set)) return failure;
  for (unsigned capability = 0; capability < kMostCapabilities; ++capability) {
    if ((set & bit(capability)) == 0) continue;
    if (auto failure = outcome("raise ambient capabilities",
                               ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0))) {
      return failure;
    }
  }
  const auto capabilities = get_capabilities();
  if (!capabilities) return CallFailure{kVerifyCapabilities, capabilities.error()};
  if (*capabilities != Capabilities{set, set, set} || !has_ambient(set)) return wrong(kVerifyCapabilities);
  return std::nullopt;
}

Outcome require_no_capabilities() noexcept {
  const auto capabilities = get_capabilities();
  if (!capabilities) return CallFailure{kVerifyCapabilities, capabilities.error()};
  if (capabilities->permitted != 0 || capabilities->effective != 0) return wrong(kVerifyCapabilities);
  return std::nullopt;
}

Outcome limit_bounding_set(CapabilitySet keep) noexcept {
  constexpr std::string_view kCall = "limit the bounding set";
  for (unsigned capability = 0; capability < kMostCapabilities; ++capability) {
    const int is_set = ::prctl(PR_CAPBSET_READ, capability, 0, 0, 0);
    // The first one that the kernel does not know.
    if (is_set == -1) break;
    if (is_set == 0 || (keep & bit(capability)) != 0) continue;
    if (auto failure = outcome(kCall, ::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0))) return failure;
    if (::prctl(PR_CAPBSET_READ, capability, 0, 0, 0) != 0) return wrong(kCall);
  }
  return std::nullopt;
}

Outcome refuse_new_privileges() noexcept {
  constexpr std::string_view kCall = "refuse new privileges";
  if (auto failure = outcome(kCall, ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))) return failure;
  return ::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? std::nullopt : wrong(kCall);
}

}  // namespace runvisor::sys
