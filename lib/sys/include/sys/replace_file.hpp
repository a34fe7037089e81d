#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

#include "sys/result.hpp"

namespace runvisor::sys {

/// Whose a file is, and who may use it.
struct FileRights {
  mode_t mode;
  uid_t owner;
  gid_t group;
};

/// Gives the file `path` a new content in one step: whoever reads it sees the old one or the new one. A file
/// that is there keeps its rights, a new one gets `rights` as far as this process may give them. Where
/// nothing can take the file's place (a mount point, a directory that may not be written), it is overwritten
/// instead.
[[nodiscard]] Result<void> replace_file(const std::string& path, std::string_view content,
                                        const FileRights& rights);

}  // namespace runvisor::sys
