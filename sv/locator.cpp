#include "locator.hpp"

#include <fcntl.h>

#include <cerrno>

#include "cli/sv_command_line.hpp"

namespace runvisor::sv {

sys::Reached<sys::SuperviseClient> Locator::open(const char* service) {
  if (cli::is_path(service)) return sys::SuperviseClient::open(AT_FDCWD, service);
  if (!descriptor_) {
    descriptor_.reset(::open(service_directory_.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!descriptor_) return core::Trouble{core::Step::change_directory, errno};
  }
  return sys::SuperviseClient::open(descriptor_.get(), service);
}

std::string Locator::supervise_path(const char* service) const {
  std::string path;
  if (!cli::is_path(service)) path = service_directory_ + '/';
  path += service;
  path += "/supervise";
  return path;
}

}  // namespace runvisor::sv
