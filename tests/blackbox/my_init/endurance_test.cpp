// What a container outlives, and that nothing grows in it. Every scenario needs root, for namespaces.
#include <catch2/catch.hpp>

#include "container_with_log.hpp"
#include "support/supervise_files.hpp"

using namespace runvisor::testing;

namespace {

#ifdef RUNVISOR_SANITIZED
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

/// The pid of the only descendant of the first process with this name, 0 for none.
pid_t find(Machine& machine, const std::string& name) {
  for (const pid_t pid : descendants_of(machine.first().pid())) {
    const auto words = command_line(pid);
    if (!words.empty() && std::filesystem::path(words.front()).filename() == name) return pid;
  }
  return 0;
}

std::size_t descriptors_of(pid_t pid) {
  const std::filesystem::directory_iterator all("/proc/" + std::to_string(pid) + "/fd");
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

/// Private dirty memory in KiB.
long memory_of(pid_t pid) {
  const std::string rollup = read_file("/proc/" + std::to_string(pid) + "/smaps_rollup");
  constexpr std::string_view kLabel = "Private_Dirty:";
  return std::stol(rollup.substr(rollup.find(kLabel) + kLabel.size()));
}

}  // namespace

SCENARIO_METHOD(Container, "my_init lives on whichever process of a service is killed (root)") {
  service("web", "echo $$ >/pid; exec sleep 1000");
  finish("web");
  machine.script("etc/service/web/log/run", "echo log up >>/trace; exec cat >>/log");
  boot({"sleep", "1000"});
  REQUIRE(traced("web up"));
  REQUIRE(traced("log up"));
  const auto count = [this](const std::string& line) {
    const std::string all = trace();
    std::size_t times = 0;
    for (auto at = all.find(line); at != std::string::npos; at = all.find(line, at + 1)) ++times;
    return times;
  };
  ::kill(find(machine, "cat"), SIGKILL);
  REQUIRE(eventually([&] { return count("log up") == 2; }));
  for (const pid_t pid : children_of(find(machine, "runsv"))) {
    if (command_line(pid) == std::vector<std::string>{"sleep", "1000"}) ::kill(pid, SIGKILL);
  }
  REQUIRE(traced("web finish -1 9"));
  REQUIRE(eventually([&] { return count("web up") == 2; }));
  // Another one goes on with what is there.
  const pid_t supervisor = find(machine, "runsv");
  ::kill(supervisor, SIGKILL);
  REQUIRE(eventually([&] { return !alive(supervisor) && supervised(machine / "etc/service/web"); }));
  CHECK(machine.first().running());
  signal(SIGTERM);
  CHECK(ended() == exited(2));
  CHECK(says(kStopped + kAborted));
}

SCENARIO_METHOD(ContainerWithLog,
                "my_init replaces a collector that is killed, and nothing unread is lost (root)") {
  service("web",
          "echo $$; until [ -e /go ]; do sleep 0.01; done; i=0\n"
          "while [ $i -lt 100 ]; do echo line $i; i=$((i+1)); done; echo written >>/trace; exec sleep 1000");
  boot_with_log("--log=text --quiet");
  REQUIRE(traced("web up"));
  for (int times = 0; times < 2; ++times) {
    REQUIRE(eventually([&] { return machine.first().out().find("web: ") != std::string::npos; }));
    const pid_t collector = find(machine, "my_init-log");
    REQUIRE(collector != 0);
    // It has shown all there was, and does not read what comes now.
    ::kill(collector, SIGSTOP);
    REQUIRE(eventually([&] { return process_state(collector) == 'T'; }));
    machine.file("go");
    REQUIRE(traced("written"));
    if (times == 0) CHECK(machine.first().out().find("line") == std::string::npos);
    ::kill(collector, SIGKILL);
    REQUIRE(shows("web: line 99"));
  }
  for (int line = 0; line < 100; ++line) CHECK(shows("web: line " + std::to_string(line)));
  CHECK(trace() == "web up\nwritten\n");
  CHECK(said().empty());
  signal(SIGTERM);
  CHECK(ended() == exited(2));
}

SCENARIO_METHOD(ContainerWithLog, "my_init keeps nothing of services that have gone (root)") {
  service("stays", "echo here; exec sleep 1000");
  boot_with_log("--log=text --quiet");
  REQUIRE(shows("stays: here"));
  const pid_t first = machine.first().pid();
  const pid_t collector = find(machine, "my_init-log");
  const std::size_t before = descriptors_of(first);
  const std::size_t before_there = descriptors_of(collector);
  constexpr int kServices = 20;
  for (int number = 0; number < kServices; ++number)
    service("goes" + std::to_string(number), "echo up; exec sleep 1000");
  for (int number = 0; number < kServices; ++number) REQUIRE(shows("goes" + std::to_string(number) + ": up"));
  CHECK(descriptors_of(first) > before);
  for (int number = 0; number < kServices; ++number) {
    std::filesystem::rename(machine / ("etc/service/goes" + std::to_string(number)),
                            machine / ("gone" + std::to_string(number)));
  }
  CHECK(eventually([&] { return descriptors_of(first) == before; }));
  CHECK(eventually([&] { return descriptors_of(collector) == before_there; }));
  signal(SIGTERM);
  CHECK(ended() == exited(2));
}

SCENARIO_METHOD(Container, "my_init takes no more memory and descriptors for all that ends below it (root)") {
  service("web", "exit 1");
  machine.script(
      "sbin/command",
      "trap '' USR1\n"
      "flood() { i=0; while [ $i -lt $1 ]; do (exit 3 & exit 4); i=$((i+1)); done; echo $2 >>/trace; }\n"
      "flood 200 warm; until [ -e /go ]; do sleep 0.01; done; flood 1000 done\n"
      "until [ -e /end ]; do sleep 0.01; done");
  boot({"command"});
  const pid_t first = machine.first().pid();
  const auto has_settled = [&] {
    const auto children = children_of(first);
    return std::none_of(children.begin(), children.end(),
                        [](pid_t pid) { return process_state(pid) == 'Z'; });
  };
  REQUIRE(traced("warm"));
  signal(SIGUSR1);
  REQUIRE(eventually(has_settled));
  const std::size_t descriptors = descriptors_of(first);
  const long memory = memory_of(first);
  machine.file("go");
  for (int times = 0; times < 1000; ++times) signal(SIGUSR1);
  REQUIRE(eventually([this] { return trace().find("done\n") != std::string::npos; }, 4 * kDeadline));
  REQUIRE(eventually(has_settled));
  CHECK(descriptors_of(first) == descriptors);
  constexpr long kSlack = kSanitized ? 1024 : 4;
  CHECK(memory_of(first) <= memory + kSlack);
  machine.file("end");
  CHECK(ended() == exited(0));
}
