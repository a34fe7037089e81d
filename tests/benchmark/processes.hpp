#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace runvisor::benchmark {

using Clock = std::chrono::steady_clock;
using Microseconds = std::chrono::duration<double, std::micro>;

/// Thrown by every wait once SIGINT or SIGTERM has asked the benchmark to stop.
struct Interrupted {};

/// Makes this process adopt every orphan among its descendants, and notes SIGINT and SIGTERM instead of
/// dying.
void become_subreaper();

/// Throws Interrupted when a signal has asked for the end.
void check_interrupted();

/// Sleeps, but not past an interruption.
void rest(std::chrono::milliseconds duration);

/// Starts a program with standard input and output at /dev/null and standard error appended to `errors`.
/// PATH is `path` when that is not empty. Throws std::system_error.
[[nodiscard]] pid_t spawn(const std::vector<std::string>& arguments, const std::filesystem::path& errors,
                          const std::filesystem::path& path = {},
                          const std::filesystem::path& directory = {});

/// Waits for one child and returns its wait status.
int wait_for(pid_t child);

/// Reaps children, adopted ones included, until there is none. Throws std::runtime_error after `deadline`.
void reap_all(std::chrono::seconds deadline);

/// Kills and reaps all that is left, however deep.
void kill_descendants() noexcept;

/// The direct children of a process.
[[nodiscard]] std::vector<pid_t> children_of(pid_t parent);

/// Private dirty memory and proportional share of a process, in KiB.
struct Memory {
  double private_dirty;
  double proportional;
};
[[nodiscard]] Memory memory_of(pid_t process);

/// Voluntary and involuntary context switches so far: how often a process has been woken.
[[nodiscard]] std::int64_t switches_of(pid_t process);

/// Processor time used so far by the process itself (its children not counted).
[[nodiscard]] std::chrono::nanoseconds processor_time_of(pid_t process);

}  // namespace runvisor::benchmark
