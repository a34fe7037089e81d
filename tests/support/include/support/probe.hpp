#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace runvisor::testing {

/// What a probe (the tests' own service program, put in the place of `run`, `finish`, a hook, …) is to do.
/// On its start a probe first takes its report, if asked for, then catches signals, then records `start` with
/// its arguments in the events file; then come its text, its waiting, and its end. Meanwhile each caught
/// signal is recorded as `signal NAME`, and an end of its own as `end`.
class Probe {
 public:
  /// What follows a signal once it is recorded.
  enum class On { ignore, die, exit0 };

  /// Waits for ever, dies of TERM, INT, QUIT, HUP and the like as if it had not caught them: the default for
  /// a `run`. Only CONT, WINCH, USR1, USR2 and ALRM are merely recorded.
  Probe() = default;
  /// A probe that ends with `code` at once, or after its other waiting.
  [[nodiscard]] static Probe exits(int code);
  /// A probe that waits for ever and dies of KILL only.
  [[nodiscard]] static Probe stubborn();
  /// A probe that copies standard input to `file` until it ends, then exits 0. Signals are ignored, TERM too.
  [[nodiscard]] static Probe copies_input_to(const std::filesystem::path& file);

  /// Reaction to a signal ("TERM", "USR1", …).
  Probe& on(std::string_view signal, On reaction);
  /// Ends by this signal instead of an exit code.
  Probe& dies_of(std::string_view signal);
  /// Waits before the end until `file` exists; catches signals all the while.
  Probe& until(const std::filesystem::path& file);
  /// Stays for this long before the end.
  Probe& lasts(std::chrono::milliseconds time);
  /// Writes to standard output once it has started.
  Probe& prints(std::string_view text);
  /// Writes to standard output right before its end.
  Probe& prints_at_end(std::string_view text);
  /// Writes `bytes` into `fifo` once it has started, as `sv` would.
  Probe& commands(std::string_view bytes, const std::filesystem::path& fifo);
  /// Takes a report of its surroundings into `file` at its start.
  Probe& reports_to(const std::filesystem::path& file);

  [[nodiscard]] const std::string& configuration() const { return configuration_; }

 private:
  Probe& line(std::string_view directive, std::string_view value);

  std::string configuration_;
};

/// What a probe found at its start.
struct Report {
  std::vector<std::string> argv;
  std::string cwd;
  std::map<std::string, std::string> environment;
  /// Open descriptors and what they are, as /proc/self/fd tells.
  std::map<int, std::string> descriptors;
  /// The O_ flags of descriptors 0, 1 and 2.
  std::map<int, int> descriptor_flags;
  /// Bit N-1 stands for signal N, as in /proc/self/status.
  std::uint64_t blocked = 0;
  std::uint64_t ignored = 0;
  pid_t parent = 0;
  pid_t session = 0;
  pid_t process_group = 0;
};
[[nodiscard]] Report read_report(const std::filesystem::path& file);

/// One line of an events file.
struct Event {
  /// Monotonic time since boot.
  std::chrono::nanoseconds time{};
  pid_t pid = 0;
  /// argv[0] of the probe: "./run", "./finish", "control/t", …, for the log service "log:./run".
  std::string who;
  /// "start ARGUMENTS…", "signal NAME", "end".
  std::string what;

  /// "WHO WHAT".
  [[nodiscard]] std::string text() const { return who + " " + what; }
};

/// All events recorded so far in `file`, in order; none if there is no such file.
[[nodiscard]] std::vector<Event> read_events(const std::filesystem::path& file);

/// Monotonic time as events carry it.
[[nodiscard]] std::chrono::nanoseconds monotonic_now();

}  // namespace runvisor::testing
