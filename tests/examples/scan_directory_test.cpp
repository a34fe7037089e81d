// All example services in one scan directory.
#include <signal.h>

#include <sstream>

#include <catch2/catch.hpp>

#include "example_services.hpp"
#include "support/binaries.hpp"
#include "support/supervise_files.hpp"

using namespace runvisor::testing;
using Catch::Matchers::StartsWith;

namespace {

std::vector<std::string> all_examples() {
  std::vector<std::string> names{"memcached", "myapp", "nginx", "redis", "syslog-ng"};
  if (is_root()) {
    names.emplace_back("cron");
  }
  return names;
}

/// What /proc/PID/status tells under `key`, blanks squeezed.
std::string status_of(pid_t process, const std::string& key) {
  std::istringstream lines(read_file("/proc/" + std::to_string(process) + "/status"));
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(key + ":\t")) {
      return line.substr(key.size() + 2);
    }
  }
  return {};
}

}  // namespace

SCENARIO_METHOD(ExampleServices,
                "one scan directory keeps all examples up, and each recovers while the others stay") {
  const auto names = all_examples();
  REQUIRE(start(names));
  for (const std::string& killed : names) {
    std::map<std::string, pid_t> before;
    for (const std::string& name : names) {
      before[name] = pid(name);
    }
    REQUIRE(::kill(before.at(killed), SIGKILL) == 0);
    REQUIRE(came_back(killed, before.at(killed)));
    for (const std::string& name : names) {
      INFO("killed " << killed << ", looking at " << name);
      CHECK((pid(name) == before.at(name)) == (name != killed));
    }
  }
  const Finished status = sv("status", names);
  CHECK(status.ending == exited(0));
  CHECK(status.err.empty());
  CHECK_THAT(status.out, StartsWith("run: memcached: (pid " + std::to_string(pid("memcached")) + ") "));
  CHECK(leaves_nothing_behind());
}

SCENARIO_METHOD(ExampleServices, "one sv command stops all examples, and another starts them") {
  const auto names = all_examples();
  REQUIRE(start(names));
  std::vector<pid_t> pids;
  for (const std::string& name : names) {
    pids.push_back(pid(name));
  }
  CHECK(sv("force-stop", names).ending == exited(0));
  for (const pid_t process : pids) {
    CHECK_FALSE(alive(process));
  }
  CHECK(sv("start", names).ending == exited(0));
  CHECK(http_get(port("nginx"), "/"));
  CHECK(redis(port("redis"), {"PING"}) == "+PONG\r\n");
  CHECK(leaves_nothing_behind());
}

SCENARIO_METHOD(ExampleServices, "no example runs with all of root's privileges (root)") {
  if (!is_root()) {
    WARN("not root: there are no privileges to give up");
    return;
  }
  const auto names = all_examples();
  REQUIRE(start(names));
  for (const std::string& name : names) {
    INFO(name);
    const pid_t logger = run_pid(directory(name) / "log");
    CHECK(eventually([&] {
      return command_line(logger) == std::vector<std::string>{"svlogd", "-tt", "./main"};
    }));
    CHECK(status_of(logger, "Uid").find("0\t") != 0);
    CHECK(std::stoull(status_of(logger, "CapPrm"), nullptr, 16) == 0);
    std::vector<pid_t> processes = descendants_of(pid(name));
    processes.push_back(pid(name));
    for (const pid_t process : processes) {
      INFO("process " << process);
      if (name == "cron") {
        // chown, dac_override, fowner, kill, setgid, setuid and audit_write.
        CHECK(std::stoull(status_of(process, "CapBnd"), nullptr, 16) == 0x200000eb);
      } else {
        CHECK(status_of(process, "Uid").find("0\t") != 0);
        CHECK(std::stoull(status_of(process, "CapPrm"), nullptr, 16) == 0);
      }
    }
  }
  CHECK(leaves_nothing_behind());
}
