#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace runvisor::core {

/// A set of the kernel's capabilities, the bit of each at its number.
using CapabilitySet = std::uint64_t;

/// Their names in lower case without `cap_`, at their numbers. Source: capabilities(7), linux/capability.h.
inline constexpr std::array<std::string_view, 41> kCapabilityNames{"chown",
                                                                   "dac_override",
                                                                   "dac_read_search",
                                                                   "fowner",
                                                                   "fsetid",
                                                                   "kill",
                                                                   "setgid",
                                                                   "setuid",
                                                                   "setpcap",
                                                                   "linux_immutable",
                                                                   "net_bind_service",
                                                                   "net_broadcast",
                                                                   "net_admin",
                                                                   "net_raw",
                                                                   "ipc_lock",
                                                                   "ipc_owner",
                                                                   "sys_module",
                                                                   "sys_rawio",
                                                                   "sys_chroot",
                                                                   "sys_ptrace",
                                                                   "sys_pacct",
                                                                   "sys_admin",
                                                                   "sys_boot",
                                                                   "sys_nice",
                                                                   "sys_resource",
                                                                   "sys_time",
                                                                   "sys_tty_config",
                                                                   "mknod",
                                                                   "lease",
                                                                   "audit_write",
                                                                   "audit_control",
                                                                   "setfcap",
                                                                   "mac_override",
                                                                   "mac_admin",
                                                                   "syslog",
                                                                   "wake_alarm",
                                                                   "block_suspend",
                                                                   "audit_read",
                                                                   "perfmon",
                                                                   "bpf",
                                                                   "checkpoint_restore"};

/// The set that `names`, joined by commas, tell: in either case, with or without `cap_` in front. None if one
/// of them is no capability. An empty text is the empty set.
[[nodiscard]] std::optional<CapabilitySet> parse_capabilities(std::string_view names);

/// The names of a set as parse_capabilities takes them; a capability without a name is told by its number.
[[nodiscard]] std::string capability_names(CapabilitySet set);

}  // namespace runvisor::core
