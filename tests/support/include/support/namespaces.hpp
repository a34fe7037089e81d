#pragma once

namespace runvisor::testing {

/// For ProcessOptions::prepare; needs root. Gives the program a mount namespace of its own, in which no mount
/// is shared with others: what it mounts is seen by it and its descendants only, and is gone with them. Works
/// in a plain chroot too, whose root is no mount point. Throws std::system_error.
void own_mounts();

}  // namespace runvisor::testing
