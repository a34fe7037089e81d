#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "peer.hpp"

namespace runvisor::benchmark {

/// The groups of rows that are measured together because they share running services.
enum class Group {
  Floors,
  Commands,
  Control,
  PickUp,
  Status,
  Growth,
  Idle,
  Dying,
  Chpst,
  Logger,
  Container,
  Size
};

/// All of them, in the order in which they are measured.
[[nodiscard]] const std::vector<Group>& all_groups();

/// The word that selects a group on the command line.
[[nodiscard]] const char* group_name(Group group) noexcept;

/// The two reports of --compare.
struct Reports {
  std::filesystem::path before;
  std::filesystem::path after;
};

struct Options {
  std::filesystem::path ours;  ///< empty: the programs of the same build
  std::vector<Peer> peers;     ///< without ours
  std::filesystem::path directory = "/var/tmp";
  std::filesystem::path logs = "/dev/shm";  ///< where the loggers write; should be a tmpfs
  std::filesystem::path json;
  std::filesystem::path curves;
  /// More first processes for the group `container`; empty: left out.
  std::filesystem::path tini;
  std::filesystem::path dumb_init;
  std::filesystem::path phusion;
  std::vector<Group> groups;
  int rounds = 4;
  std::vector<int> sizes{10, 100, 500, 1000, 5000};  ///< ascending
  std::chrono::seconds idle{30};
  std::chrono::seconds dying{10};
  std::optional<Reports> compared;  ///< nothing is measured then
  double tolerance = 1.25;
};

/// Reads the command line. Throws std::invalid_argument with a message for the user.
[[nodiscard]] Options parse_options(int argc, char** argv);

[[nodiscard]] std::string usage(const char* program);

}  // namespace runvisor::benchmark
