#pragma once

#include <sys/types.h>

#include <optional>

#include "sys/result.hpp"

namespace runvisor::sys {

/// A process that holds the lock of a service directory, and its parent of when it took it.
struct LockHolder {
  pid_t pid;
  pid_t parent;

  friend bool operator==(const LockHolder&, const LockHolder&) = default;
};

/// Lets others find out who holds a lock file, for as long as this process lives and has no descriptor of the
/// file closed: a record lock (fcntl(2)) on the byte whose number is the parent's pid. It gets in the way of
/// nobody, as runit uses flock(2).
[[nodiscard]] Result<void> mark_lock(int fd);

/// Who has marked the lock at `path`; none if nobody has, or if others than this process's user may write the
/// file.
[[nodiscard]] std::optional<LockHolder> find_lock_holder(int directory, const char* path);

}  // namespace runvisor::sys
