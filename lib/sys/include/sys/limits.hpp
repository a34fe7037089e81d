#pragma once

#include <cstdint>

#include "core/limit.hpp"
#include "sys/call_failure.hpp"

namespace runvisor::sys {

/// Raises a resource's hard limit for this process, if it is below `hard`. Only privileged processes may.
[[nodiscard]] Outcome raise_hard_limit(core::Resource resource, std::uint64_t hard) noexcept;

/// Sets a resource's limits for this process; a soft limit above the hard one becomes the hard one.
[[nodiscard]] Outcome set_limit(core::Resource resource, const core::Limit& limit) noexcept;

}  // namespace runvisor::sys
