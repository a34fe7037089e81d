#include "getent.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <optional>

#include "sys/fd.hpp"
#include "sys/whole_file.hpp"

namespace runvisor::sys {
namespace {

/// Longer than any entry; a group may have many members.
constexpr std::size_t kMostOutput = std::size_t{16} << 20;

/// getent's exit status for a key that the database does not have.
constexpr int kNotFound = 2;

/// While it lives, ended children can be waited for: a caller's ignored SIGCHLD would throw their exit
/// statuses away.
class ChildrenCount {
 public:
  ChildrenCount() noexcept {
    struct sigaction standard {};
    standard.sa_handler = SIG_DFL;
    ::sigaction(SIGCHLD, &standard, &before_);
  }
  ChildrenCount(const ChildrenCount&) = delete;
  ChildrenCount& operator=(const ChildrenCount&) = delete;
  ~ChildrenCount() { ::sigaction(SIGCHLD, &before_, nullptr); }

 private:
  struct sigaction before_ {};
};

/// Starts getent with its standard output in `output` and an empty environment. Its places are fixed: PATH
/// does not matter where privileges do.
Result<pid_t> start(char* const* argv, int output) {
  posix_spawn_file_actions_t actions;
  if (const int error = ::posix_spawn_file_actions_init(&actions); error != 0) return Error{error};
  // There may be no /dev/null below the root directory of the moment. The pipe's end is a standard input that
  // nothing can be read from.
  int error = ::posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
  if (error == 0) error = ::posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDIN_FILENO);
  if (error == 0) error = ::posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
  pid_t pid = 0;
  if (error == 0) {
    char* const environment[] = {nullptr};
    error = ::posix_spawn(&pid, "/usr/bin/getent", &actions, nullptr, argv, environment);
    if (error == ENOENT) error = ::posix_spawn(&pid, "/bin/getent", &actions, nullptr, argv, environment);
  }
  ::posix_spawn_file_actions_destroy(&actions);
  if (error != 0) return Error{error};
  return pid;
}

/// Waits for a child; none if it did not exit.
std::optional<int> exit_status_of(pid_t pid) noexcept {
  int status = 0;
  while (::waitpid(pid, &status, 0) == -1) {
    if (errno != EINTR) return std::nullopt;
  }
  if (!WIFEXITED(status)) return std::nullopt;
  return WEXITSTATUS(status);
}

}  // namespace

Result<std::string> getent(const char* database, const std::string& key) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) == -1) return last_error();
  Fd out{ends[0]};
  Fd in{ends[1]};
  std::string words[] = {"getent", database, key};
  char* argv[] = {words[0].data(), words[1].data(), words[2].data(), nullptr};
  const ChildrenCount children_count;
  const auto pid = start(argv, in.get());
  if (!pid) return pid.error();
  in.reset();
  auto output = read_to_end(out.get(), kMostOutput);
  // One that writes on without end does end of that.
  out.reset();
  const auto status = exit_status_of(*pid);
  if (status == kNotFound) return std::string{};
  if (!output || status != 0) return Error{EIO};
  return output;
}

}  // namespace runvisor::sys
