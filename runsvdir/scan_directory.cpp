#include "scan_directory.hpp"

#include <utility>

namespace runvisor::runsvdir {
namespace {

core::DirectoryIdentity identity_of(const struct stat& status) { return {status.st_dev, status.st_ino}; }

}  // namespace

sys::Result<ScanDirectory::Content> ScanDirectory::read() {
  auto directory = system_.open(AT_FDCWD, path_.c_str(), O_RDONLY | O_DIRECTORY, 0);
  if (!directory) return directory.error();
  auto names = system_.list_directories(directory->get());
  if (!names) return names.error();
  directory_ = std::move(*directory);

  Content content;
  for (std::string& name : *names) {
    const auto status = system_.status(directory_.get(), name.c_str(), 0);
    if (!status) {
      content.unusable.push_back({std::move(name), status.error()});
    } else if (S_ISDIR(status->st_mode)) {
      content.found.push_back({std::move(name), identity_of(*status)});
    }
  }
  return content;
}

std::optional<core::FoundDirectory> ScanDirectory::look(const std::string& name) {
  const auto status = system_.status(directory_.get(), name.c_str(), 0);
  if (!status || !S_ISDIR(status->st_mode)) return std::nullopt;
  return core::FoundDirectory{name, identity_of(*status)};
}

}  // namespace runvisor::runsvdir
