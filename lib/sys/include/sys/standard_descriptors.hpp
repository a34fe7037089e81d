#pragma once

namespace runvisor::sys {

/// Opens `/dev/null` for each of the descriptors 0, 1 and 2 that is closed, so that nothing opened later
/// takes its place.
void open_standard_descriptors() noexcept;

}  // namespace runvisor::sys
