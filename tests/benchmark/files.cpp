#include "files.hpp"

#include <fcntl.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "processes.hpp"

namespace runvisor::benchmark {
namespace {

/// Asks ext4 to put every subfolder into a region of its own, so that no round creates its files among the
/// inodes that another one, or the last run, has deleted. Other file systems may refuse; then nothing is
/// lost.
void spread_subfolders(const std::filesystem::path& path) {
  const int folder = open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  int flags = 0;
  if (folder >= 0 && ioctl(folder, FS_IOC_GETFLAGS, &flags) == 0) {
    flags |= FS_TOPDIR_FL;
    ioctl(folder, FS_IOC_SETFLAGS, &flags);
  }
  close(folder);
}

}  // namespace

void write_file(const std::filesystem::path& path, std::string_view content) {
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  if (file < 0 || write(file, content.data(), content.size()) != static_cast<ssize_t>(content.size())) {
    throw std::system_error(errno, std::generic_category(), path.string());
  }
  close(file);
}

WorkingFolder::WorkingFolder(const std::filesystem::path& parent) {
  std::string name = (std::filesystem::absolute(parent) / "runvisor-benchmark-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) {
    throw std::system_error(errno, std::generic_category(), name);
  }
  path_ = name;
  spread_subfolders(path_);
}

WorkingFolder::~WorkingFolder() {
  kill_descendants();
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace runvisor::benchmark
