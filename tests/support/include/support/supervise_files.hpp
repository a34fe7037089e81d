#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace runvisor::testing {

/// `supervise/status`, decoded by the tests' own reader.
struct Status {
  std::uint64_t tai_seconds = 0;
  std::uint32_t nanoseconds = 0;
  pid_t pid = 0;
  std::uint8_t paused = 0;
  char want = '?';
  std::uint8_t got_term = 0;
  std::uint8_t state = 0;

  /// The time as Unix time: the label less 2^62 + 10.
  [[nodiscard]] std::chrono::sys_time<std::chrono::nanoseconds> since() const;

  friend bool operator==(const Status&, const Status&) = default;
};

inline constexpr std::uint8_t kStateDown = 0;
inline constexpr std::uint8_t kStateRun = 1;
inline constexpr std::uint8_t kStateFinish = 2;

/// Reads the status of the service (or log service) in `directory`; nothing if it is missing or has not
/// exactly 20 bytes.
[[nodiscard]] std::optional<Status> read_status(const std::filesystem::path& directory);

/// The contents of `supervise/stat` and `supervise/pid`; "<missing>" if there is no such file.
[[nodiscard]] std::string read_stat(const std::filesystem::path& directory);
[[nodiscard]] std::string read_pid_file(const std::filesystem::path& directory);

/// Whether `supervise/stat` is `line` (without its newline) and `status` and `pid` agree with it.
[[nodiscard]] bool published(const std::filesystem::path& directory, const std::string& line);

/// The pid of `run` while the service in `directory` is in state run, else 0.
[[nodiscard]] pid_t run_pid(const std::filesystem::path& directory);

/// Whether a runsv holds the other end of `supervise/ok`.
[[nodiscard]] bool supervised(const std::filesystem::path& directory);

}  // namespace runvisor::testing
