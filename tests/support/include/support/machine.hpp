#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "support/process.hpp"
#include "support/temp_dir.hpp"

namespace runvisor::testing {

class PowerCalls;

/// A machine of the test's own: a file tree with programs in its `/sbin`, and a first process in namespaces
/// of its own for processes and mounts. Nothing done there reaches the machine the test runs on. In
/// particular reboot(2) and sync(2) never reach the kernel: a seccomp filter hands them to the test, which
/// keeps a record and answers in the kernel's place; and the right to make the call is given up as well.
/// Needs root.
class Machine {
 public:
  /// A tree with these programs under test in its `/sbin`.
  explicit Machine(const std::vector<std::string>& programs);
  ~Machine();

  /// Puts a program under test into `/sbin`.
  void install(const std::string& program_name) const;
  /// A file of the machine, as the test sees it: `machine / "etc/runit/1"`. For paths without symlinks only.
  [[nodiscard]] std::filesystem::path operator/(std::string_view name) const;
  /// Puts an executable /bin/sh script there.
  void script(std::string_view name, std::string_view body, unsigned mode = 0755) const;
  void file(std::string_view name, std::string_view content = "", unsigned mode = 0644) const;
  /// What a script has written to a file of the machine; empty if there is none.
  [[nodiscard]] std::string content(std::string_view name) const;

  /// Starts the first process, `argv[0]` being a path on the machine. Its standard descriptors are the
  /// test's, as for any Process; /dev/console is a terminal that console() reads.
  void boot(const std::vector<std::string>& argv, ProcessOptions options = {});
  /// The same for a program that ends.
  [[nodiscard]] Finished run(const std::vector<std::string>& argv, ProcessOptions options = {});
  /// Before boot(): leaves /dev/console out.
  void without_console() { has_console_ = false; }
  /// Before boot(): power requests fail, as they do where the hardware cannot. Otherwise they never return.
  void without_power_off() { powers_off_ = false; }

  [[nodiscard]] Process& first() { return *first_; }
  /// What has been written on the console so far.
  [[nodiscard]] std::string console();
  /// Waits until the console shows `text`.
  [[nodiscard]] bool shows(const std::string& text, std::chrono::milliseconds deadline = kDeadline);
  /// Types on the console.
  void type(std::string_view text) const;
  /// The calls that concern the whole machine so far, in order: "sync", "restart", "power off", "halt",
  /// "ctrl-alt-del as a signal", "ctrl-alt-del restarts".
  [[nodiscard]] std::vector<std::string> power_calls() const;
  /// Waits until there has been this call.
  [[nodiscard]] bool called(const std::string& call, std::chrono::milliseconds deadline = kDeadline) const;

 private:
  void enter(int socket) const;
  void make_tree(const std::vector<std::string>& programs) const;

  TempDir scratch_;
  std::filesystem::path root_ = scratch_ / "machine";
  bool has_console_ = true;
  bool powers_off_ = true;
  int console_ = -1;
  std::string shown_;
  std::unique_ptr<PowerCalls> power_calls_;
  std::optional<Process> first_;
};

}  // namespace runvisor::testing
