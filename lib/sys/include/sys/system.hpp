#pragma once

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/process_machine.hpp"
#include "core/time.hpp"
#include "sys/fd.hpp"
#include "sys/result.hpp"

namespace runvisor::sys {

/// A pipe's two ends, both close-on-exec and blocking.
struct Pipe {
  Fd read_end;
  Fd write_end;
};

/// A descriptor of the parent's that the child gets under another number.
struct Handover {
  int from;
  int to;
};

/// A program to be started as a child.
struct Program {
  /// The child's complaint if the program cannot be started, in two parts: who complains, "runsv DIR: fatal:
  /// ", and of what, "unable to start ./run". The child adds the cause.
  const char* who;
  const char* failure;
  /// Path, relative to `directory`, and argument vector, both null-terminated.
  const char* path;
  const char* const* argv;
  /// The child's working directory: `directory`, and below it `subdirectory` if that is not null.
  int directory = AT_FDCWD;
  const char* subdirectory = nullptr;
  /// Descriptors that become the child's standard input and output, -1 to leave each as it is.
  int standard_input = -1;
  int standard_output = -1;
  /// Further descriptors for the child. Their own numbers lie above all that they get.
  std::span<const Handover> handovers = {};
  /// The child's signal mask.
  const sigset_t* signal_mask;
  /// Start it in a session of its own.
  bool new_session = false;
  /// Look `path` up in $PATH.
  bool search_path = false;
  /// If set, the child calls it with its own pid before anything else. The parent stands still meanwhile and
  /// sees what was changed in memory; descriptors that were opened stay the child's.
  const std::function<void(pid_t)>* announce = nullptr;
  /// The exit code of a child whose program cannot be started. Source: runsv(8).
  int cannot_start = 111;
};

/// Everything a supervisor asks of the operating system, so that a test can answer instead, turn the clock,
/// and let any call fail. Paths are relative to a directory descriptor (AT_FDCWD for the working directory);
/// every descriptor made is close-on-exec; a call that a signal interrupts is made again.
class System {
 public:
  System() = default;
  System(const System&) = delete;
  System& operator=(const System&) = delete;
  virtual ~System() = default;

  [[nodiscard]] virtual core::Now now() = 0;

  /// openat(2).
  [[nodiscard]] virtual Result<Fd> open(int directory, const char* path, int flags, mode_t mode) = 0;
  [[nodiscard]] virtual Result<void> make_directory(int directory, const char* path, mode_t mode) = 0;
  [[nodiscard]] virtual Result<void> make_fifo(int directory, const char* path, mode_t mode) = 0;
  /// fstatat(2); `flags` as there.
  [[nodiscard]] virtual Result<struct stat> status(int directory, const char* path, int flags) = 0;
  [[nodiscard]] virtual Result<struct stat> status(int fd) = 0;
  /// Whether a file is there and this process may read it; takes no descriptor to find out.
  [[nodiscard]] virtual bool readable(int directory, const char* path) = 0;
  [[nodiscard]] virtual Result<std::string> read_link(int directory, const char* path) = 0;
  /// The names in an open directory that may be directories or symlinks, without those that start with a dot.
  [[nodiscard]] virtual Result<std::vector<std::string>> list_directories(int fd) = 0;
  /// The names in an open directory that may be those of plain files, in no order.
  [[nodiscard]] virtual Result<std::vector<std::string>> list_files(int fd) = 0;
  [[nodiscard]] virtual Result<void> remove(int directory, const char* path) = 0;
  /// renameat2(2); `flags` as there.
  [[nodiscard]] virtual Result<void> rename(int directory, const char* from, const char* to,
                                            unsigned flags) = 0;
  [[nodiscard]] virtual Result<void> set_owner(int fd, uid_t owner, gid_t group) = 0;
  [[nodiscard]] virtual Result<void> set_mode(int fd, mode_t mode) = 0;
  /// flock(2), exclusive. Waits for another holder to go away if `waiting` is given, and has that signal mask
  /// in force for as long.
  [[nodiscard]] virtual Result<void> lock(int fd, const sigset_t* waiting) = 0;
  [[nodiscard]] virtual Result<std::size_t> read(int fd, std::span<char> buffer) = 0;
  [[nodiscard]] virtual Result<std::size_t> write(int fd, std::string_view text) = 0;
  /// pread(2) and pwrite(2).
  [[nodiscard]] virtual Result<std::size_t> read_at(int fd, std::span<char> buffer, off_t offset) = 0;
  [[nodiscard]] virtual Result<std::size_t> write_at(int fd, std::string_view text, off_t offset) = 0;
  /// fsync(2).
  [[nodiscard]] virtual Result<void> synchronize(int fd) = 0;
  [[nodiscard]] virtual Result<Pipe> make_pipe() = 0;
  /// Opens the pipe with this inode number which a process has as its descriptor `fd`. Another user's process
  /// needs CAP_SYS_PTRACE; ENOENT if the descriptor is something else.
  [[nodiscard]] virtual Result<Pipe> reopen_pipe(pid_t pid, int fd, std::uint64_t inode) = 0;
  /// Whether there is something to be read from a pipe.
  [[nodiscard]] virtual bool has_input(int fd) = 0;

  /// Starts a child; see postfork.cpp for its state. A program that cannot be executed is not an error here:
  /// its child says so on standard error and exits `cannot_start`.
  [[nodiscard]] virtual Result<pid_t> spawn(const Program& program) = 0;
  [[nodiscard]] virtual Result<void> send_signal(pid_t pid, int signal) = 0;
  /// Collects one child that has ended; none if none has.
  [[nodiscard]] virtual std::optional<core::ChildEnd> reap() = 0;

  // Processes that are nobody's children here.

  /// CLOCK_BOOTTIME: how long ago the machine was started.
  [[nodiscard]] virtual std::chrono::nanoseconds since_boot() = 0;
  /// The id that the kernel has given to this boot.
  [[nodiscard]] virtual Result<std::string> boot_id() = 0;
  /// When a process was started, on the clock of since_boot(), rounded down to core::kStartTick.
  [[nodiscard]] virtual Result<std::chrono::nanoseconds> process_start(pid_t pid) = 0;
  /// sys::mark_lock().
  [[nodiscard]] virtual Result<void> mark_lock(int fd) = 0;
  /// pidfd_open(2).
  [[nodiscard]] virtual Result<Fd> open_process(pid_t pid) = 0;
  /// pidfd_send_signal(2).
  [[nodiscard]] virtual Result<void> signal_process(int process, int signal) = 0;
  /// How a process has ended: none before it has been collected by its parent, an error if the kernel does
  /// not tell.
  [[nodiscard]] virtual Result<std::optional<core::ChildEnd>> process_end(int process) = 0;

  /// Writes a line of diagnostics to standard error, unless that would block.
  virtual void complain(std::string_view line) = 0;
};

/// The operating system itself.
[[nodiscard]] System& operating_system() noexcept;

}  // namespace runvisor::sys
