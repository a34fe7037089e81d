// All example services in one scan directory.
#include <signal.h>
#include <sys/mount.h>

#include <algorithm>
#include <sstream>

#include <catch2/catch.hpp>

#include "example_services.hpp"
#include "support/binaries.hpp"
#include "support/namespaces.hpp"
#include "support/supervise_files.hpp"

using namespace runvisor::testing;
namespace fs = std::filesystem;
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

SCENARIO("each example says when a container of its own is better, and logs as the others do") {
  const fs::path examples = fs::path(RUNVISOR_SOURCE_DIR) / "service-examples";
  const std::string list = read_file(examples / "README.md");
  int found = 0;
  for (const auto& example : fs::directory_iterator(examples)) {
    if (!example.is_directory()) {
      continue;
    }
    const std::string name = example.path().filename();
    INFO(name);
    ++found;
    CHECK(list.find("| [`" + name + "`](" + name + "/README.md) |") != std::string::npos);
    const std::string read_me = read_file(example.path() / "README.md");
    CHECK((read_me.find("**A container of its own") != std::string::npos ||
           read_me.find("**Containers of their own") != std::string::npos));
    if (fs::exists(example.path() / "run")) {
      CHECK(read_file(example.path() / "log/run") == read_file(examples / "redis/log/run"));
    }
  }
  CHECK(found >= 13);
}

SCENARIO_METHOD(ExampleServices,
                "an example may lie on a read-only file system, with links to where it writes (root)") {
  const fs::path service = directory("syslog-ng");
  fs::create_directories(service / "log");
  for (const char* place : {"supervise", "log/supervise", "log/main"}) {
    std::string target = place;
    std::replace(target.begin(), target.end(), '/', '.');
    fs::create_directory_symlink(data(target), service / place);
  }
  prepare([&] {
    own_mounts();
    const fs::path root = service.parent_path();
    mount(root.c_str(), root, nullptr, MS_BIND);
    mount(root.c_str(), root, nullptr, MS_BIND | MS_REMOUNT | MS_RDONLY);
  });
  REQUIRE(start({"syslog-ng"}));
  REQUIRE(run_tool({"logger", "-u", data("syslog-ng") / "socket", "message"}).ending == exited(0));
  CHECK(eventually(
      [&] { return read_file(data("syslog-ng") / "syslog").find(": message\n") != std::string::npos; }));
  CHECK(eventually([&] { return fs::exists(data("log.main") / "current"); }));
  CHECK(leaves_nothing_behind());
}

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
