#include "getent.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <optional>

#include "postfork.hpp"
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
  // Its places are fixed: PATH does not matter where privileges do.
  auto pid = spawn_apart("/usr/bin/getent", argv, in.get());
  if (!pid && pid.error() == Error{ENOENT}) pid = spawn_apart("/bin/getent", argv, in.get());
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
