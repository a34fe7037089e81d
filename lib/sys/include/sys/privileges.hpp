#pragma once

#include "core/account.hpp"
#include "core/capability.hpp"
#include "sys/call_failure.hpp"

namespace runvisor::sys {

/// Makes the process that account, for good: groups, group and user, real, effective and saved. What the
/// kernel then says must be just that, or it fails with EPERM.
[[nodiscard]] Outcome become(const core::Account& account);

/// Whether the process would be root to the programs it executes.
[[nodiscard]] bool is_root() noexcept;

/// The capabilities that the process has, whether they are in effect or not.
[[nodiscard]] Result<core::CapabilitySet> permitted_capabilities() noexcept;

/// Whether a change of the user leaves the permitted capabilities as they are.
[[nodiscard]] Outcome keep_capabilities(bool keep) noexcept;

/// Leaves the process with the capabilities of `set` and no others, in effect and inherited by the programs
/// it executes. Fails if it lacks one of them, or the kernel then says otherwise.
[[nodiscard]] Outcome hold_capabilities(core::CapabilitySet set) noexcept;

/// Fails with EPERM if the process still has a capability.
[[nodiscard]] Outcome require_no_capabilities() noexcept;

/// Takes from the bounding set what is not in `keep`. Fails if the kernel then says otherwise.
[[nodiscard]] Outcome limit_bounding_set(core::CapabilitySet keep) noexcept;

/// No program executed from now on gains privileges by its file.
[[nodiscard]] Outcome refuse_new_privileges() noexcept;

}  // namespace runvisor::sys
