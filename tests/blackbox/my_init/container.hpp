#pragma once

#include <algorithm>
#include <filesystem>
#include <optional>
#include <regex>
#include <string>
#include <utility>
#include <vector>

#include "support/binaries.hpp"
#include "support/machine.hpp"
#include "support/process_state.hpp"

namespace runvisor::testing {

/// The fixture of my_init's scenarios: a container with the programs in its /sbin, a scan directory and an
/// environment directory. Its scripts write lines into the file `trace`. Use with SCENARIO_METHOD.
struct Container {
  using Variables = std::vector<std::pair<std::string, std::optional<std::string>>>;

  Machine machine{{"my_init", "setuser", "runsvdir", "runsv", "sv"}};
  /// That the machine is slow is no reason to kill anything.
  Variables variables{{"PATH", "/sbin:/usr/sbin:/usr/bin:/bin"},
                      {"KILL_PROCESS_TIMEOUT", "20"},
                      {"KILL_ALL_PROCESSES_TIMEOUT", "20"}};

  Container() {
    machine.without_console();
    std::filesystem::create_directories(machine / "etc/service");
    std::filesystem::create_directories(machine / "etc/container_environment");
    machine.file("etc/passwd",
                 "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/bin/sh\n"
                 "app:x:1234:1235:App:/home/app:/bin/sh\n");
    machine.file("etc/group", "root:x:0:\nnogroup:x:65534:\napp:x:1235:\nextra:x:1236:app\n");
  }

  /// A script that writes its path and the word, and then does as told.
  void script(const std::string& path, const std::string& body = "") const {
    machine.script(path, "echo \"$0\" >>/trace\n" + body);
  }
  /// A service whose `run` writes `NAME up`, and then does as told.
  void service(const std::string& name, const std::string& body = "exec sleep 1000") const {
    machine.script("etc/service/" + name + "/run", "echo " + name + " up >>/trace\n" + body);
  }
  /// The same, but at TERM it does as told. It is up only when it would.
  void service_at_term(const std::string& name, const std::string& at_term) const {
    machine.script("etc/service/" + name + "/run", "trap '" + at_term + "' TERM; echo " + name +
                                                       " up >>/trace\nwhile :; do sleep 0.02 >&- 2>&-; done");
  }
  void finish(const std::string& name, const std::string& body = "") const {
    machine.script("etc/service/" + name + "/finish", body + "\necho " + name + " finish $1 $2 >>/trace");
  }

  void unset(const std::string& name) {
    std::erase_if(variables, [&name](const auto& variable) { return variable.first == name; });
  }
  void set(const std::string& name, const std::string& value) {
    unset(name);
    variables.emplace_back(name, value);
  }
  /// Lets my_init keep to its own time limits.
  void set_no_limits() {
    unset("KILL_PROCESS_TIMEOUT");
    unset("KILL_ALL_PROCESSES_TIMEOUT");
  }
  /// Starts the program with these words as process number 1.
  void boot_with(const std::vector<std::string>& argv) {
    ProcessOptions options;
    options.environment = variables;
    options.bare_environment = true;
    machine.boot(argv, options);
  }
  void boot(std::vector<std::string> words = {}) {
    words.insert(words.begin(), "/sbin/my_init");
    boot_with(words);
  }
  void signal(int number) { machine.first().signal(number); }
  /// Waits for the container's end.
  [[nodiscard]] Ending ended(std::chrono::milliseconds deadline = kDeadline) {
    return machine.first().wait(deadline).value_or(Ending{});
  }

  [[nodiscard]] std::string trace() const { return machine.content("trace"); }
  /// Waits until the trace has this line.
  [[nodiscard]] bool traced(const std::string& line) const {
    return eventually([&] { return ("\n" + trace()).find("\n" + line + "\n") != std::string::npos; });
  }
  /// What my_init has said, with every process id as PID.
  [[nodiscard]] std::string said() {
    static const std::regex ids("PID [0-9]+");
    return std::regex_replace(machine.first().err(), ids, "PID N");
  }
  [[nodiscard]] bool says(const std::string& text) {
    return eventually([&] { return said().find(text) != std::string::npos; });
  }
};

/// What is said when services are started, and when everything has been stopped.
inline const std::string kBooted = "*** Booting runit daemon...\n*** Runit started as PID N\n";
inline const std::string kStopped = "*** Shutting down runit daemon (PID N)...\n";
inline const std::string kKilling = "*** Killing all processes...\n";
inline const std::string kAborted = "*** Init system aborted.\n";

}  // namespace runvisor::testing
