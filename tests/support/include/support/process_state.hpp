#pragma once

#include <sys/resource.h>
#include <sys/types.h>

#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace runvisor::testing {

/// A limit as getrlimit tells it.
struct Limit {
  rlim_t soft = 0;
  rlim_t hard = 0;

  friend bool operator==(const Limit&, const Limit&) = default;
};

/// What the program `probe-process` found when it was started.
struct ProcessState {
  std::vector<std::string> argv;
  /// The variables in their order, `NAME=VALUE`, and by name.
  std::vector<std::string> variables;
  std::map<std::string, std::string> environment;
  std::string cwd;
  /// Device and inode of the root directory.
  std::pair<dev_t, ino_t> root;
  /// Real, effective, saved and file system id.
  std::array<uid_t, 4> uids{};
  std::array<gid_t, 4> gids{};
  std::vector<gid_t> groups;
  /// Bit N stands for capability N.
  std::uint64_t effective = 0;
  std::uint64_t permitted = 0;
  std::uint64_t inheritable = 0;
  std::uint64_t bounding = 0;
  std::uint64_t ambient = 0;
  int securebits = 0;
  bool no_new_privileges = false;
  /// By resource: RLIMIT_NOFILE, …
  std::map<int, Limit> limits;
  int nice = 0;
  /// SCHED_OTHER, …, and the real-time priority.
  std::pair<int, int> scheduler;
  /// As ioprio_get tells it: class << 13 | level.
  int io_priority = 0;
  /// The content of oom_score_adj, empty where there is no /proc.
  std::string oom_score;
  pid_t pid = 0;
  pid_t parent = 0;
  pid_t process_group = 0;
  pid_t session = 0;
  mode_t umask = 0;
  /// Bit N-1 stands for signal N.
  std::uint64_t blocked = 0;
  std::uint64_t ignored = 0;
  /// Open descriptors and what they are, as /proc/self/fd tells, `?` where there is no /proc.
  std::map<int, std::string> descriptors;
  /// Their O_ flags.
  std::map<int, int> descriptor_flags;
};

/// The path of one of the tests' own static programs; each one's source, in support/probe, tells its usage.
[[nodiscard]] std::filesystem::path test_program(std::string_view name);

/// Reads what `probe-process` wrote. Throws std::runtime_error when that is nothing.
[[nodiscard]] ProcessState read_process_state(std::string_view text);

}  // namespace runvisor::testing
