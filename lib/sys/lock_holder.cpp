#include "sys/lock_holder.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys/fd.hpp"

namespace runvisor::sys {
namespace {

constexpr mode_t kWritableByOthers = 0022;

}  // namespace

Result<void> mark_lock(int fd) {
  struct flock mark {};
  mark.l_type = F_WRLCK;
  mark.l_whence = SEEK_SET;
  mark.l_start = ::getppid();
  mark.l_len = 1;
  return checked_void(::fcntl(fd, F_SETLK, &mark));
}

std::optional<LockHolder> find_lock_holder(int directory, const char* path) {
  const Fd fd{::openat(directory, path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC)};
  struct stat status {};
  if (!fd || ::fstat(fd.get(), &status) == -1) return std::nullopt;
  if (!S_ISREG(status.st_mode) || status.st_uid != ::geteuid() || (status.st_mode & kWritableByOthers) != 0) {
    return std::nullopt;
  }
  struct flock mark {};
  mark.l_type = F_WRLCK;
  mark.l_whence = SEEK_SET;
  if (::fcntl(fd.get(), F_GETLK, &mark) == -1 || mark.l_type == F_UNLCK) return std::nullopt;
  // Not of this PID namespace.
  if (mark.l_pid <= 0) return std::nullopt;
  return LockHolder{.pid = mark.l_pid, .parent = static_cast<pid_t>(mark.l_start)};
}

}  // namespace runvisor::sys
