#pragma once

#include "core/limit.hpp"
#include "sys/call_failure.hpp"

namespace runvisor::sys {

/// Sets a resource's limits for this process; a soft limit above the hard one becomes the hard one.
[[nodiscard]] Outcome set_limit(core::Resource resource, const core::Limit& limit) noexcept;

}  // namespace runvisor::sys
