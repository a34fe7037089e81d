// Everything that runs between fork and exec. The child borrows its parent's memory (vfork): it may call only
// async-signal-safe functions, and may change nothing but its own local variables. The exceptions
// are Program::announce and the failure of run_apart, which are meant to change what the parent sees: the
// parent has no other thread, all signals are blocked, and it goes on only when the child has left its
// memory.

#include "postfork.hpp"

#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdlib>
#include <cstring>

#include "core/error_words.hpp"
#include "sys/diagnostics.hpp"

namespace runvisor::sys {
namespace {

/// Puts `pieces` together and writes them at once, so that lines of several children do not mix. A line that
/// is too long for that is cut.
template <std::size_t N>
void complain(const std::string_view (&pieces)[N]) noexcept {
  char line[PIPE_BUF];
  std::size_t length = 0;
  for (const std::string_view piece : pieces) {
    const std::size_t count = std::min(piece.size(), sizeof line - length);
    std::memcpy(line + length, piece.data(), count);
    length += count;
  }
  line[length - 1] = '\n';
  write_unless_blocked(STDERR_FILENO, {line, length});
}

[[noreturn]] void give_up(const Program& program, std::string_view failure) noexcept {
  const int error = errno;
  complain({program.who, failure, ": ", core::error_words(error), "\n"});
  ::_exit(program.cannot_start);
}

/// Makes `from` the descriptor `to`, which exec then keeps.
bool become(int from, int to) noexcept {
  if (from < 0) return true;
  return from == to ? ::fcntl(to, F_SETFD, 0) != -1 : ::dup2(from, to) != -1;
}

/// An exception out of `announce` ends the child, not the parent.
[[noreturn]] void run_child(const Program& program) noexcept {
  if (program.announce != nullptr) (*program.announce)(::getpid());
  if (program.new_session) ::setsid();
  if (program.directory != AT_FDCWD && ::fchdir(program.directory) == -1) {
    give_up(program, "unable to change to directory");
  }
  if (program.subdirectory != nullptr && ::chdir(program.subdirectory) == -1) {
    give_up(program, "unable to change directory to ./log");
  }
  if (!become(program.standard_input, STDIN_FILENO) || !become(program.standard_output, STDOUT_FILENO)) {
    give_up(program, "unable to setup file descriptors");
  }
  for (const Handover& handover : program.handovers) {
    if (!become(handover.from, handover.to)) give_up(program, "unable to setup file descriptors");
  }
  struct sigaction defaults {};
  defaults.sa_handler = SIG_DFL;
  ::sigaction(SIGCHLD, &defaults, nullptr);
  ::sigaction(SIGTERM, &defaults, nullptr);
  ::sigprocmask(SIG_SETMASK, program.signal_mask, nullptr);
  // The kernel takes the vectors as they are and does not write to them.
  char* const* const argv = const_cast<char* const*>(program.argv);
  if (program.search_path) {
    ::execvpe(program.path, argv, environ);
  } else {
    ::execve(program.path, argv, environ);
  }
  give_up(program, program.failure);
}

/// Leaves its error in `failure`, which is the parent's.
[[noreturn]] void run_apart(const char* path, char* const* argv, int output, const sigset_t& mask,
                            volatile int& failure) noexcept {
  if (become(output, STDOUT_FILENO) && become(STDOUT_FILENO, STDIN_FILENO)) {
    ::syscall(SYS_close_range, STDERR_FILENO + 1, ~0U, 0);
    ::sigprocmask(SIG_SETMASK, &mask, nullptr);
    char* const environment[] = {nullptr};
    ::execve(path, argv, environment);
  }
  failure = errno;
  ::_exit(EXIT_FAILURE);
}

/// Calls `child` in a new process, with the signal mask of before. No signal reaches the parent's handlers
/// from the child's side, and none comes between vfork and exec.
template <typename Child>
Result<pid_t> spawn_blocked(const Child& child) noexcept {
  sigset_t all;
  sigset_t previous;
  ::sigfillset(&all);
  ::sigprocmask(SIG_SETMASK, &all, &previous);
  const pid_t pid = ::vfork();
  // NOLINTNEXTLINE(clang-analyzer-unix.Vfork): what is called keeps to the rule at the top.
  if (pid == 0) child(previous);
  const int error = errno;
  ::sigprocmask(SIG_SETMASK, &previous, nullptr);
  errno = error;
  if (pid == -1) return last_error();
  return pid;
}

}  // namespace

Result<pid_t> spawn_child(const Program& program) noexcept {
  return spawn_blocked([&program](const sigset_t&) { run_child(program); });
}

Result<pid_t> spawn_apart(const char* path, char* const* argv, int output) noexcept {
  volatile int failure = 0;
  const auto pid = spawn_blocked([&](const sigset_t& mask) { run_apart(path, argv, output, mask, failure); });
  if (!pid || failure == 0) return pid;
  while (::waitpid(*pid, nullptr, 0) == -1 && errno == EINTR) {
  }
  return Error{failure};
}

}  // namespace runvisor::sys
