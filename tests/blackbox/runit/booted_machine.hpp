#pragma once

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <string>
#include <vector>

#include "support/binaries.hpp"
#include "support/eventually.hpp"
#include "support/machine.hpp"
#include "support/probe.hpp"
#include "support/process.hpp"
#include "support/temp_dir.hpp"

namespace runvisor::testing {

/// The fixture of runit's scenarios: a machine whose stages write their numbers into the file `trace`. Stage
/// 2 stays until it is told to end. Use with SCENARIO_METHOD.
struct BootedMachine {
  Machine machine{{"runit", "runit-init"}};

  BootedMachine() {
    // The original as Debian builds it has these files in /run: with links, both find them in both places.
    for (const char* name : {"stopit", "reboot"}) {
      machine.file(std::string("run/runit.") + name, "", 0);
      std::filesystem::create_symlink(std::string("/run/runit.") + name,
                                      machine / (std::string("etc/runit/") + name));
    }
    stage(1, "");
    stage(2, kStays);
    stage(3, "");
  }

  /// Ends at TERM; what it starts in the background does not.
  static constexpr const char* kStays = "exec sleep 1000";

  /// Puts a stage there that writes its number and then does as told.
  void stage(int number, const std::string& body) const {
    const std::string name = std::to_string(number);
    machine.script("etc/runit/" + name, "echo " + name + " >>/trace\n" + body);
  }
  /// The file whose execute permission asks for the end of stage 2, or for a restart of the machine.
  [[nodiscard]] std::filesystem::path stop_file() const { return machine / "run/runit.stopit"; }
  [[nodiscard]] std::filesystem::path restart_file() const { return machine / "run/runit.reboot"; }

  void boot() { machine.boot({"/sbin/runit"}); }
  /// Boots, and waits until stage 2 has begun.
  [[nodiscard]] bool boot_to_stage_2() {
    boot();
    return ran("1\n2\n");
  }
  void signal(int number) { machine.first().signal(number); }
  void ask_to_stop() {
    std::filesystem::permissions(stop_file(), std::filesystem::perms::owner_exec);
    signal(SIGCONT);
  }

  /// Waits until exactly these lines have been traced.
  [[nodiscard]] bool ran(const std::string& trace, std::chrono::milliseconds deadline = kDeadline) const {
    return eventually([&] { return machine.content("trace") == trace; }, deadline);
  }
  /// What runit itself has said, less the greeting, which holds a version.
  [[nodiscard]] std::string said() {
    std::string lines;
    const std::string all = machine.console();
    for (std::size_t begin = 0; begin < all.size();) {
      const std::size_t end = std::min(all.find('\n', begin), all.size() - 1) + 1;
      const std::string line = all.substr(begin, end - begin);
      if (line.starts_with("- runit: ") && !line.ends_with(": booting.\n")) lines += line;
      begin = end;
    }
    return lines;
  }
};

/// The lines of runit about a stage.
[[nodiscard]] inline std::string entered(const std::string& name) {
  return "- runit: enter stage: /etc/runit/" + name + "\n";
}
[[nodiscard]] inline std::string left(const std::string& name) {
  return "- runit: leave stage: /etc/runit/" + name + "\n";
}
[[nodiscard]] inline std::string warned(const std::string& words) {
  return "- runit: warning: " + words + "\n";
}
[[nodiscard]] inline std::vector<std::string> lines(const std::string& text) {
  std::vector<std::string> found;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    found.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return found;
}
inline const std::string kPoweredOff =
    "- runit: sending KILL signal to all processes...\n- runit: power off...\n";

}  // namespace runvisor::testing
