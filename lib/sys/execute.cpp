#include "sys/execute.hpp"

#include <unistd.h>

#include <cstring>
#include <string>
#include <string_view>

namespace runvisor::sys {

Error execute(const char* file, char* const* argv, char* const* environment, const char* path) {
  if (std::strchr(file, '/') != nullptr) {
    ::execve(file, argv, environment);
    return last_error();
  }
  Error error{ENOENT};
  std::string_view folders{path};
  std::string candidate;
  for (;;) {
    const std::size_t end = folders.find(':');
    const std::string_view folder = folders.substr(0, end);
    candidate = folder.empty() ? "." : folder;
    candidate += '/';
    candidate += file;
    ::execve(candidate.c_str(), argv, environment);
    const int why = errno;
    if (why != ENOENT) {
      error = Error{why};
      if (why != EACCES && why != EPERM && why != EISDIR) return error;
    }
    if (end == std::string_view::npos) return error;
    folders.remove_prefix(end + 1);
  }
}

}  // namespace runvisor::sys
