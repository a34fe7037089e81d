#pragma once

#include <filesystem>
#include <string>

#include "container.hpp"

namespace runvisor::testing {

/// Also has my_init's other programs, which must lie where they are installed: below this machine's own /usr,
/// which is not to be touched. So a file system of the container's own is mounted there.
struct ContainerWithLog : Container {
  ContainerWithLog() {
    std::filesystem::create_directories(machine / "log-programs");
    const auto built = std::filesystem::path{program("my_init")}.parent_path() / "../libexec/my_init-log";
    std::filesystem::copy_file(built, machine / "log-programs/my_init-log");
    std::filesystem::create_symlink("my_init-log", machine / "log-programs/runsv");
    std::filesystem::path there = RUNVISOR_LOG_DIR;
    while (!std::filesystem::is_directory(there)) there = there.parent_path();
    mount_ = there;
  }

  void boot_with_log(const std::string& words) {
    boot_with({"/bin/sh", "-c",
               "mount -t tmpfs tmpfs " + mount_ +
                   " && mkdir -p " RUNVISOR_LOG_DIR " && cp -a /log-programs/* " RUNVISOR_LOG_DIR
                   " && exec /sbin/my_init " +
                   words});
  }
  /// Waits until a line has been shown as a whole.
  [[nodiscard]] bool shows(const std::string& line) {
    return eventually(
        [&] { return ("\n" + machine.first().out()).find("\n" + line + "\n") != std::string::npos; });
  }

  std::string mount_;
};

}  // namespace runvisor::testing
