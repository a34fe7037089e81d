#pragma once

#include <filesystem>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace runvisor::benchmark {

/// Suites that are laid out, started and commanded in the same way.
enum class Family { Runvisor, Runit, Busybox, S6, S6Ready, Daemontools, Supervisord };

/// One of the suites that are compared.
struct Peer {
  std::string name;
  Family family;
  std::filesystem::path programs;  ///< the folder with its programs

  [[nodiscard]] std::string program(std::string_view name_of_program) const {
    return (programs / name_of_program).string();
  }
};

inline constexpr int kNoLimit = std::numeric_limits<int>::max();

/// What can be said of a family without starting it.
struct FamilyTraits {
  Family family;
  const char* word;                   ///< on the command line
  bool supervisor_per_service;        ///< a process for each service; otherwise one for all
  bool takes_bytes;                   ///< a FIFO `supervise/control` in each service directory takes commands
  bool polls;                         ///< sees a new service only when it looks, every five seconds
  int most_services;                  ///< as many as it holds, or shall be waited for
  std::vector<const char*> programs;  ///< what has to be there
};

[[nodiscard]] const FamilyTraits& traits_of(Family family);

/// Reads `NAME=DIR` or `NAME:FAMILY=DIR`; without a FAMILY, NAME is one. Throws std::invalid_argument.
[[nodiscard]] Peer parse_peer(std::string_view text);

/// Throws std::invalid_argument when a program is missing.
void require_programs(const Peer& peer);

}  // namespace runvisor::benchmark
