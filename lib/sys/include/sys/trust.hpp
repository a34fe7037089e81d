#pragma once

#include <sys/stat.h>

namespace runvisor::sys {

/// Whether somebody who is neither root nor this process's user may put files into a directory: its owner,
/// its group, or everybody. What lies there is then not what it seems: a symlink leads where that somebody
/// wants. Access lists need no look of their own, they show in the group's bits.
[[nodiscard]] bool is_untrusted(const struct stat& directory) noexcept;

/// Whether a file found in an untrusted directory may be read on behalf of those who may write there: a plain
/// file, and not one of root's or this process's that they have only moved or linked there and could not read
/// themselves.
[[nodiscard]] bool is_theirs(const struct stat& file, const struct stat& directory) noexcept;

/// Whether a file found in an untrusted directory is a plain file of this process's user that has no other
/// name.
[[nodiscard]] bool is_own(const struct stat& file) noexcept;

}  // namespace runvisor::sys
