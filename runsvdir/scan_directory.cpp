#include "scan_directory.hpp"

#include <utility>

namespace runvisor::runsvdir {
namespace {

core::DirectoryIdentity identity_of(const struct stat& status) { return {status.st_dev, status.st_ino}; }

}  // namespace

std::variant<ScanDirectory::Content, Unreadable> ScanDirectory::read() {
  if (const auto found = system_.status(AT_FDCWD, path_.c_str(), 0); !found) {
    return Unreadable{"unable to stat", found.error()};
  }
  constexpr std::string_view kEnter = "unable to change directory to";
  auto directory = system_.open(AT_FDCWD, path_.c_str(), O_PATH | O_DIRECTORY, 0);
  if (!directory) return Unreadable{kEnter, directory.error()};
  // Without permission to search it, none of its entries could be looked at: they have not gone.
  if (const auto entered = system_.status(directory->get(), ".", 0); !entered) {
    return Unreadable{kEnter, entered.error()};
  }
  auto names = system_.list_directories(directory->get());
  if (!names) return Unreadable{"unable to open directory", names.error()};
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

sys::Result<std::optional<core::FoundDirectory>> ScanDirectory::look(const std::string& name) {
  const auto status = system_.status(directory_.get(), name.c_str(), 0);
  if (!status) return status.error();
  if (!S_ISDIR(status->st_mode)) return std::optional<core::FoundDirectory>();
  return std::optional(core::FoundDirectory{name, identity_of(*status)});
}

}  // namespace runvisor::runsvdir
