#pragma once

#include <cstdlib>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "support/binaries.hpp"
#include "support/eventually.hpp"
#include "support/namespaces.hpp"
#include "support/process.hpp"
#include "support/service_dir.hpp"
#include "support/temp_dir.hpp"

namespace runvisor::testing {

/// How long what runvisor does at once may take on a busy machine: less than the five seconds that the
/// original needs, which look at the directory from time to time.
[[nodiscard]] inline std::chrono::milliseconds at_once() { return running_as_original() ? kDeadline : 3s; }

/// The fixture of runsvdir's scenarios: a scan directory, and the `runsvdir` under test once `start` is
/// called. Use with SCENARIO_METHOD.
struct ScannedDirectory {
  TempDir scratch;
  std::filesystem::path scan = scratch / "service";
  std::optional<Process> runsvdir;

  ScannedDirectory() { std::filesystem::create_directory(scan); }

  /// A service in the scan directory that stays up, or does as `run` says.
  ServiceDir service(const std::string& name, const Probe& run = Probe()) { return make(scan / name, run); }
  /// The same outside of it, to be linked or moved there.
  ServiceDir prepared(const std::string& name, const Probe& run = Probe()) {
    return make(scratch / "sv" / name, run);
  }
  ServiceDir make(const std::filesystem::path& path, const Probe& run) {
    ServiceDir made(path, scratch / ("events-" + std::to_string(++services_)));
    made.probe("run", run);
    return made;
  }
  /// Links a prepared service into the scan directory, under its own name or another.
  void link(const std::string& name, const std::string& as = {}) const {
    std::filesystem::create_symlink(scratch / "sv" / name, scan / (as.empty() ? name : as));
  }

  /// Prepares a service and links it: it comes in one piece, whenever runsvdir looks.
  ServiceDir add(const std::string& name, const Probe& run = Probe()) {
    ServiceDir made = prepared(name, run);
    link(name);
    return made;
  }

  /// $PATH with the programs under test in front.
  [[nodiscard]] static std::string search_path() {
    const char* const path = std::getenv("PATH");
    return std::filesystem::path(program("runsv")).parent_path().string() + ":" +
           (path != nullptr ? path : "/usr/bin:/bin");
  }

  /// Starts runsvdir with these arguments.
  void start_with(const std::vector<std::string>& arguments, ProcessOptions options = {}) {
    std::vector<std::string> argv{program("runsvdir")};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    options.environment.emplace_back("PATH", search_path());
    runsvdir.emplace(argv, options);
  }
  /// Starts runsvdir on the scan directory.
  void start(const ProcessOptions& options = {}) { start_with({scan.string()}, options); }

  /// The name and pid of each runsv that is a child of runsvdir.
  [[nodiscard]] std::map<std::string, pid_t> supervisors() const {
    std::map<std::string, pid_t> found;
    for (const pid_t pid : children_of(runsvdir->pid())) {
      const std::vector<std::string> arguments = command_line(pid);
      if (arguments.size() == 2 && arguments[0] == "runsv") found.emplace(arguments[1], pid);
    }
    return found;
  }
  /// The pid of the runsv for this name, 0 for none.
  [[nodiscard]] pid_t supervisor(const std::string& name) const {
    const auto all = supervisors();
    const auto found = all.find(name);
    return found != all.end() ? found->second : 0;
  }
  /// Waits until a service of this directory runs and is published as running; its pid, 0 at the deadline.
  [[nodiscard]] static pid_t running(const std::filesystem::path& directory,
                                     std::chrono::milliseconds deadline = kDeadline) {
    return eventually([&] { return run_pid(directory) != 0 && alive(run_pid(directory)); }, deadline)
               ? run_pid(directory)
               : 0;
  }
  /// Removes a directory with all it holds, while a runsv may still write there.
  [[nodiscard]] static bool remove_tree(const std::filesystem::path& path) {
    return eventually([&] { return run({"rm", "-rf", path.string()}).ending == exited(0); });
  }
  /// Waits until runsvdir (or its children) has written `text` to standard error.
  [[nodiscard]] bool complains(const std::string& text,
                               std::chrono::milliseconds deadline = kDeadline) const {
    return eventually([&] { return runsvdir->err().find(text) != std::string::npos; }, deadline);
  }
  /// Runs a program in runsvdir's mount namespace, with its root directory; whether that went well.
  [[nodiscard]] bool beside_runsvdir(const std::vector<std::string>& command) const {
    std::vector<std::string> argv{"nsenter", "--target", std::to_string(runsvdir->pid()), "--mount",
                                  "--root"};
    argv.insert(argv.end(), command.begin(), command.end());
    return run(argv).ending == exited(0);
  }
  [[nodiscard]] std::string warning(const std::string& text) const {
    return "runsvdir " + scan.string() + ": warning: " + text + "\n";
  }

 private:
  int services_ = 0;
};

}  // namespace runvisor::testing
