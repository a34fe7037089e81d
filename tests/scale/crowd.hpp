#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "support/binaries.hpp"
#include "support/eventually.hpp"
#include "support/process.hpp"
#include "support/service_dir.hpp"
#include "support/temp_dir.hpp"

namespace runvisor::testing {

/// Many small services below one runsvdir.
struct Crowd {
  TempDir scratch;
  std::filesystem::path scan = scratch / "service";
  std::vector<ServiceDir> services;
  std::optional<Process> runsvdir;

  /// Makes services named 0, 1, … that stay up until they are told otherwise.
  void make(int count) {
    std::filesystem::create_directory(scan);
    for (int i = 0; i < count; ++i) {
      services.emplace_back(scan / std::to_string(i), scratch / "events").probe("run", Probe());
    }
  }
  void start() {
    const std::string path =
        std::filesystem::path(program("runsv")).parent_path().string() + ":/usr/bin:/bin";
    runsvdir.emplace(std::vector<std::string>{program("runsvdir"), scan.string()},
                     ProcessOptions{.environment = {{"PATH", path}}});
  }
  /// Waits until every service is published as running.
  [[nodiscard]] bool all_run(std::chrono::milliseconds deadline) const {
    std::size_t up = 0;
    return eventually(
        [&] {
          while (up < services.size() && run_pid(services[up].path()) != 0) ++up;
          return up == services.size();
        },
        deadline);
  }
  /// Hangs up, and waits until nothing is left.
  [[nodiscard]] bool hang_up(std::chrono::milliseconds deadline) {
    runsvdir->signal(SIGHUP);
    return runsvdir->wait(deadline) == exited(111) &&
           eventually([] { return descendants_of(::getpid()).empty(); }, deadline);
  }
};

}  // namespace runvisor::testing
