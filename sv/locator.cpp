#include "locator.hpp"

#include <fcntl.h>

#include <cerrno>

#include "cli/sv_command_line.hpp"

namespace runvisor::sv {

sys::Reached<sys::SuperviseClient> Locator::find(std::string_view service) {
  if (!cli::is_path(service)) return find_in(service_directory_, service);
  const std::size_t slash = service.rfind('/');
  if (slash == std::string_view::npos || slash + 1 == service.size()) {
    return sys::SuperviseClient{AT_FDCWD, service};
  }
  return find_in(service.substr(0, slash + 1), service.substr(slash + 1));
}

sys::Reached<sys::SuperviseClient> Locator::find_in(std::string_view folder, std::string_view name) {
  if (!descriptor_ || folder_ != folder) {
    folder_ = folder;
    descriptor_.reset(::open(folder_.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!descriptor_) return core::Trouble{core::Step::change_directory, errno};
  }
  return sys::SuperviseClient{descriptor_.get(), name};
}

std::string Locator::supervise_path(std::string_view service) const {
  std::string path;
  if (!cli::is_path(service)) path = service_directory_ + '/';
  path += service;
  path += "/supervise";
  return path;
}

}  // namespace runvisor::sv
