#pragma once

#include <sys/resource.h>
#include <sys/types.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <functional>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/eventually.hpp"

namespace runvisor::testing {

/// How a process ended: by an exit code or by a signal.
struct Ending {
  std::optional<int> code{};
  std::optional<int> signal{};

  friend bool operator==(const Ending&, const Ending&) = default;
};
std::ostream& operator<<(std::ostream& stream, const Ending& ending);

[[nodiscard]] inline Ending exited(int code) { return {.code = code, .signal = std::nullopt}; }
[[nodiscard]] inline Ending killed_by(int signal) { return {.code = std::nullopt, .signal = signal}; }

/// How to start a program. What is not named is as in the test's own process.
struct ProcessOptions {
  /// Working directory.
  std::filesystem::path cwd{};
  /// Variables set (or, without a value, unset) on top of the test's environment.
  std::vector<std::pair<std::string, std::optional<std::string>>> environment{};
  /// Start with no other variables than those of `environment`.
  bool bare_environment = false;
  /// argv[0], when it is to differ from the program's path.
  std::optional<std::string> called_as{};
  /// File to be standard input; /dev/null when not named.
  std::filesystem::path stdin_file = "/dev/null";
  /// A descriptor of the test's own (a pipe, a socket, …) to be standard input in place of the file.
  int stdin_fd = -1;
  /// Standard descriptors (0, 1, 2) that are closed instead.
  std::vector<int> closed{};
  /// Signals that are ignored, and signals that are blocked, when the program starts.
  std::vector<int> ignored_signals{};
  std::vector<int> blocked_signals{};
  std::optional<mode_t> umask{};
  /// User and group id to run with; needs root.
  std::optional<uid_t> uid{};
  /// Resource limits (RLIMIT_NOFILE, …), soft and hard.
  std::vector<std::pair<int, rlim_t>> limits{};
  bool new_session = false;
  /// Called in the new process right before it becomes the program; what it throws ends the process.
  std::function<void()> prepare{};
  /// Make the program process number 1 of a PID namespace of its own; needs root.
  bool first_of_namespace = false;
};

/// A program started by a test. Its standard output and error are kept in memory. The destructor kills it and
/// everything that descends from it, so a failed test leaves no process behind: the test's own process is
/// made a subreaper (by the main of the black-box programs) and inherits what a killed supervisor leaves.
class Process {
 public:
  /// Starts `argv[0]` (a path, or a name looked up in $PATH) with the arguments `argv`.
  explicit Process(const std::vector<std::string>& argv, const ProcessOptions& options = {});
  ~Process();
  Process(Process&& other) noexcept;
  Process& operator=(Process&& other) noexcept;

  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] bool running();
  /// Waits for the end; nothing if the deadline passes first.
  [[nodiscard]] std::optional<Ending> wait(std::chrono::milliseconds deadline = kDeadline);
  void signal(int number) const;
  /// After its end: whether the kernel wrote a core file (the core bit of the wait status).
  [[nodiscard]] bool dumped_core() const { return dumped_core_; }
  /// What it (and its children, who share the descriptor) wrote so far.
  [[nodiscard]] std::string out() const;
  [[nodiscard]] std::string err() const;

 private:
  void end();

  pid_t pid_ = 0;
  int out_ = -1;
  int err_ = -1;
  std::optional<Ending> ending_;
  bool dumped_core_ = false;
};

/// A program run to its end, with what it wrote.
struct Finished {
  std::optional<Ending> ending;
  std::string out;
  std::string err;
};

/// Runs a program to its end; `ending` is nothing if it had to be killed at the deadline.
[[nodiscard]] Finished run(const std::vector<std::string>& argv, const ProcessOptions& options = {},
                           std::chrono::milliseconds deadline = kDeadline);

/// A process exists and is no zombie.
[[nodiscard]] bool alive(pid_t pid);
/// The state letter of /proc/PID/stat (`R`, `S`, `T`, `Z`, …), nothing if there is no such process.
[[nodiscard]] std::optional<char> process_state(pid_t pid);
/// All living processes that descend from `pid`.
[[nodiscard]] std::vector<pid_t> descendants_of(pid_t pid);
/// The direct children of `pid`, zombies included.
[[nodiscard]] std::vector<pid_t> children_of(pid_t pid);
/// The arguments in /proc/PID/cmdline; empty for none.
[[nodiscard]] std::vector<std::string> command_line(pid_t pid);

/// Makes this process inherit the orphans among its descendants. Called by the black-box programs' main.
void become_subreaper();
/// Kills and reaps every descendant that no living Process object answers for.
void end_orphans();

}  // namespace runvisor::testing
