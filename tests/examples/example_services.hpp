#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "client.hpp"
#include "support/process.hpp"
#include "support/temp_dir.hpp"

namespace runvisor::testing {

/// The fixture of the scenarios with real daemons: a scan directory with copies of service-examples, each
/// with a `conf` that gives it a free port and a data directory of its own, and `runsvdir` on it. Use with
/// SCENARIO_METHOD. The Process object kills whatever is left of a failed scenario.
class ExampleServices {
 public:
  ExampleServices();

  /// Before start(): further lines for the `conf` of an example.
  void configure(const std::string& service, const std::string& lines) { lines_[service] += lines; }
  /// Before start(): called in the process that becomes runsvdir, as ProcessOptions::prepare.
  void prepare(std::function<void()> prepare) { prepare_ = std::move(prepare); }
  /// Adds these examples and waits until each is supervised, and up with its `check` passing unless it is
  /// down by default; false at the deadline.
  [[nodiscard]] bool start(const std::vector<std::string>& names);

  /// Runs `sv -w 20 COMMAND SERVICE...` on the scan directory.
  [[nodiscard]] Finished sv(const std::string& command, const std::vector<std::string>& services) const;
  /// Runs `sv COMMAND SERVICE`, which does not wait; says whether it succeeded.
  [[nodiscard]] bool tell(const std::string& command, const std::string& service) const;
  /// `sv check` succeeds for this service, which has another pid than `before`.
  [[nodiscard]] bool came_back(const std::string& service, pid_t before) const;
  /// Takes the running service through a kill, a restart and a stop; `use` uses it and makes its own checks.
  void check_life(const std::string& service, const std::function<void()>& use) const;
  /// Runs a program with the examples' $PATH.
  [[nodiscard]] Finished run_tool(const std::vector<std::string>& argv) const;
  /// The same, without waiting for its end.
  [[nodiscard]] Process start_tool(const std::vector<std::string>& argv) const;
  /// The process of `run`; 0 if there is none.
  [[nodiscard]] pid_t pid(const std::string& service) const;
  /// The TCP port that the service has, or is going to have.
  [[nodiscard]] std::uint16_t port(const std::string& service);
  [[nodiscard]] std::filesystem::path directory(const std::string& service) const;
  /// Where the service keeps what it writes.
  [[nodiscard]] std::filesystem::path data(const std::string& service) const;
  /// What the log service of `service` has written.
  [[nodiscard]] std::string log(const std::string& service) const;

  /// Ends the supervision tree (HUP to runsvdir) and waits until no process descends from this one any more.
  [[nodiscard]] bool leaves_nothing_behind();

 private:
  using Environment = std::vector<std::pair<std::string, std::optional<std::string>>>;

  /// $SVDIR, and $PATH and $LD_LIBRARY_PATH under which the programs under test and the daemons are found.
  [[nodiscard]] Environment environment() const;

  TempDir scratch_;
  Environment environment_;
  std::map<std::string, std::uint16_t> ports_;
  std::map<std::string, std::string> lines_;
  std::function<void()> prepare_;
  std::optional<Process> runsvdir_;
};

/// For ExampleServices::prepare, after own_mounts(): mount(2), which throws std::system_error.
void mount(const char* what, const std::filesystem::path& where, const char* type, unsigned long flags);

}  // namespace runvisor::testing
