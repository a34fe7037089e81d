#include "support/namespaces.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace runvisor::testing {

namespace {

int checked(int returned, const char* what) {
  if (returned < 0) {
    throw std::system_error(errno, std::generic_category(), what);
  }
  return returned;
}

}  // namespace

void own_mounts() {
  checked(::unshare(CLONE_NEWNS), "unshare mounts");
  const int root = checked(::open("/", O_PATH | O_DIRECTORY | O_CLOEXEC), "/");
  const int directory = checked(::open(".", O_PATH | O_DIRECTORY | O_CLOEXEC), ".");
  // Only the root of a mount can be made private, and in a chroot there may be none in reach. Entering the
  // namespace one is in already leads to its own root.
  const int mounts = checked(::open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC), "/proc/self/ns/mnt");
  checked(::setns(mounts, CLONE_NEWNS), "setns");
  checked(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr), "make mounts private");
  checked(::fchdir(root), "fchdir");
  checked(::chroot("."), "chroot");
  checked(::fchdir(directory), "fchdir");
  ::close(mounts);
  ::close(directory);
  ::close(root);
}

}  // namespace runvisor::testing
