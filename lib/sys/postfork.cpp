// Everything that runs between fork and exec. The child borrows its parent's memory (vfork): it may call only
// async-signal-safe functions, and may change nothing but its own local variables. The one exception is
// Program::announce, which is meant to change what the parent sees: the parent has no other thread, all
// signals are blocked, and it goes on only when the child has left its memory.

#include "postfork.hpp"

#include <unistd.h>

#include <cerrno>
#include <climits>
#include <csignal>
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
bool become(int from, int to) noexcept { return from < 0 || ::dup2(from, to) != -1; }

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

}  // namespace

Result<pid_t> spawn_child(const Program& program) noexcept {
  // No signal reaches the parent's handlers from the child's side, and none comes between vfork and exec.
  sigset_t all;
  sigset_t previous;
  ::sigfillset(&all);
  ::sigprocmask(SIG_SETMASK, &all, &previous);
  const pid_t pid = ::vfork();
  // NOLINTNEXTLINE(clang-analyzer-unix.Vfork): run_child keeps to the rule at the top.
  if (pid == 0) run_child(program);
  const int error = errno;
  ::sigprocmask(SIG_SETMASK, &previous, nullptr);
  errno = error;
  if (pid == -1) return last_error();
  return pid;
}

}  // namespace runvisor::sys
