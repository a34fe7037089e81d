#pragma once

#include <linux/fs.h>
#include <linux/stat.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace runvisor::sys {

// System calls that musl has no function for, or one that always fails. Each sets errno and returns -1 on
// failure.

/// renameat2(2) with its RENAME_ flags, both names being relative to the same directory.
inline int rename_in(int directory, const char* from, const char* to, unsigned flags) noexcept {
  return static_cast<int>(::syscall(SYS_renameat2, directory, from, directory, to, flags));
}

/// statx(2).
inline int extended_status(int directory, const char* path, int flags, unsigned mask,
                           struct statx& found) noexcept {
  return static_cast<int>(::syscall(SYS_statx, directory, path, flags, mask, &found));
}

/// sched_setscheduler(2) of the calling thread, which need not be the whole process: musl refuses it
/// therefore.
inline int set_scheduler(int policy, const sched_param& parameter) noexcept {
  return static_cast<int>(::syscall(SYS_sched_setscheduler, 0, policy, &parameter));
}

/// ioctl(2). musl takes the request for an int, in which not all have room.
inline int io_control(int fd, unsigned long request, void* argument) noexcept {
  return static_cast<int>(::syscall(SYS_ioctl, fd, request, argument));
}

}  // namespace runvisor::sys
