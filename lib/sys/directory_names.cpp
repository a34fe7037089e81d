#include "sys/directory_names.hpp"

#include <dirent.h>

#include <algorithm>
#include <memory>
#include <string_view>

namespace runvisor::sys {

Result<std::vector<std::string>> directory_names(const char* path) {
  const std::unique_ptr<DIR, decltype([](DIR* open) { ::closedir(open); })> stream(::opendir(path));
  if (!stream) return last_error();
  std::vector<std::string> names;
  errno = 0;
  while (const dirent* entry = ::readdir(stream.get())) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
    errno = 0;
  }
  if (errno != 0) return last_error();
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace runvisor::sys
