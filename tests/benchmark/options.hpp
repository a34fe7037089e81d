#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

namespace runvisor::benchmark {

/// The groups of rows that are measured together because they share running services.
enum class Group { Commands, Control, PickUp, Status, Boot, Idle, Dying, Chpst, Logger };

inline constexpr Group kAllGroups[] = {Group::Commands, Group::Control, Group::PickUp,
                                       Group::Status,   Group::Boot,    Group::Idle,
                                       Group::Dying,    Group::Chpst,   Group::Logger};

/// The word that selects a group on the command line.
[[nodiscard]] const char* group_name(Group group) noexcept;

struct Options {
  std::filesystem::path ours;
  std::filesystem::path original;
  std::filesystem::path directory = "/var/tmp";
  std::filesystem::path json;
  /// Where the loggers write; should be a tmpfs.
  std::filesystem::path logs = "/dev/shm";
  /// More programs for the group `logger`; empty: left out.
  std::filesystem::path multilog;
  std::filesystem::path s6_log;
  std::filesystem::path busybox;
  std::vector<Group> groups;
  int rounds = 5;
  int services = 1000;
  std::chrono::seconds idle{30};
  std::chrono::seconds dying{10};
};

/// Reads the command line. Throws std::invalid_argument with a message for the user.
[[nodiscard]] Options parse_options(int argc, char** argv);

[[nodiscard]] std::string usage(const char* program);

}  // namespace runvisor::benchmark
