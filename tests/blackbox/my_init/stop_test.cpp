// How a container ends. Every scenario needs root, for namespaces.
#include <sys/stat.h>

#include <catch2/catch.hpp>

#include "container.hpp"

using namespace runvisor::testing;

namespace {

constexpr const char* kTells = "echo TERM >>/trace";

/// The signals that a process blocks, as bits.
std::uint64_t blocked_by(pid_t pid) {
  const std::string status = read_file("/proc/" + std::to_string(pid) + "/status");
  constexpr std::string_view kLabel = "\nSigBlk:\t";
  return std::stoull(status.substr(status.find(kLabel) + kLabel.size(), 16), nullptr, 16);
}

}  // namespace

SCENARIO_METHOD(Container, "my_init stops everything in order when it is told to, and leaves with 2 (root)") {
  script("etc/my_init.pre_shutdown.d/pre");
  script("etc/my_init.post_shutdown.d/post");
  service_at_term("web", "echo last words; exit 0");
  finish("web", "sleep 0.2");
  machine.script("etc/service/web/log/run", "exec cat >>/log");
  const int number = GENERATE(SIGTERM, SIGINT);
  boot();
  REQUIRE(traced("web up"));
  REQUIRE(says("Runit started"));
  signal(number);
  CHECK(ended() == exited(2));
  CHECK(trace() ==
        "web up\n/etc/my_init.pre_shutdown.d/pre\nweb finish 0 0\n/etc/my_init.post_shutdown.d/post\n");
  CHECK(machine.content("log") == "last words\n");
  CHECK(said() == kBooted + "*** Running /etc/my_init.pre_shutdown.d/pre...\n" + kStopped +
                      "*** Running /etc/my_init.post_shutdown.d/post...\n" + kAborted + kKilling);
}

SCENARIO_METHOD(Container, "my_init stops COMMAND before the services (root)") {
  service("web");
  finish("web");
  machine.script("sbin/command",
                 "trap 'echo command TERM >>/trace; exit 0' TERM; echo ready >>/trace\n"
                 "while :; do sleep 1000 & wait; done");
  boot({"command"});
  REQUIRE(traced("ready"));
  REQUIRE(traced("web up"));
  signal(SIGTERM);
  CHECK(ended() == exited(2));
  CHECK(trace().ends_with("command TERM\nweb finish -1 15\n"));
  CHECK(said() == kBooted + "*** Running command...\n*** Shutting down command (PID N)...\n" + kStopped +
                      kAborted + kKilling);
}

SCENARIO_METHOD(Container,
                "my_init stops its services side by side, and leaves as soon as they are down (root)") {
  // Each ends only when all have been told to.
  for (const char* name : {"a", "b", "c", "d"}) {
    service_at_term(name,
                    "echo TERM >>/trace; until [ $(grep -c TERM /trace) = 4 ]; do sleep 0.01; done; exit 0");
    finish(name);
  }
  service("down");
  machine.file("etc/service/down/down");
  boot();
  for (const char* name : {"a", "b", "c", "d"}) REQUIRE(traced(std::string(name) + " up"));
  signal(SIGTERM);
  CHECK(ended() == exited(2));
  for (const char* name : {"a", "b", "c", "d"}) CHECK(traced(std::string(name) + " finish 0 0"));
  CHECK(said() == kBooted + kStopped + kAborted + kKilling);
}

SCENARIO_METHOD(Container,
                "my_init kills a service that does not stop in time, and still waits for finish (root)") {
  set("KILL_PROCESS_TIMEOUT", "1");
  service_at_term("web", kTells);
  finish("web");
  boot();
  REQUIRE(traced("web up"));
  signal(SIGTERM);
  CHECK(ended() == exited(2));
  CHECK(trace() == "web up\nTERM\nweb finish -1 9\n");
  CHECK(says("*** runit daemon (PID N) did not shut down in time. Forcing it to exit.\n"));
}

SCENARIO_METHOD(Container, "my_init kills a COMMAND that does not stop in time (root)") {
  set("KILL_PROCESS_TIMEOUT", "0.3");
  set("KILL_ALL_PROCESSES_TIMEOUT", "0.3");
  machine.script("sbin/command", "trap '' TERM; echo ready >>/trace; while :; do sleep 1000; done");
  boot({"command"});
  REQUIRE(traced("ready"));
  signal(SIGTERM);
  CHECK(ended() == exited(2));
  CHECK(says("*** command (PID N) did not shut down in time. Forcing it to exit.\n"));
}

SCENARIO_METHOD(Container,
                "my_init stops a container where nothing obeys before an engine loses patience (root)") {
  set_no_limits();
  service("web", "trap '' TERM; echo stubborn >>/trace; while :; do sleep 1000; done");
  machine.script("etc/service/web/finish", "trap '' TERM; while :; do sleep 1000; done");
  machine.script("etc/my_init.pre_shutdown.d/hangs", "trap '' TERM; while :; do sleep 1000; done");
  machine.script("sbin/command", "trap '' TERM; echo ready >>/trace; while :; do sleep 1000; done");
  boot({"command"});
  REQUIRE(traced("ready"));
  REQUIRE(traced("stubborn"));
  const auto begin = Clock::now();
  signal(SIGTERM);
  CHECK(ended() == exited(2));
  CHECK(Clock::now() - begin < 10s);
  CHECK(says("*** The container did not shut down in time. Forcing it to exit.\n"));
}

SCENARIO_METHOD(Container, "my_init keeps to the bound on the whole stop that it is given (root)") {
  service("web", "trap '' TERM; echo stubborn >>/trace; while :; do sleep 1000; done");
  boot({"--stop-timeout=0.5"});
  REQUIRE(traced("stubborn"));
  const auto begin = Clock::now();
  signal(SIGTERM);
  CHECK(ended() == exited(2));
  CHECK(Clock::now() - begin < 3s);
}

SCENARIO_METHOD(Container, "my_init ends what is left besides, by KILL if need be (root)") {
  set("KILL_ALL_PROCESSES_TIMEOUT", "1");
  machine.script(
      "sbin/command",
      "(trap 'echo obeys >>/trace; exit' TERM; echo one >>/trace; while :; do sleep 1000 & wait; done) &\n"
      "(trap '' TERM; echo two >>/trace; while :; do sleep 1000; done) &\n"
      "until [ $(wc -l </trace) = 2 ]; do sleep 0.01; done; exit 3");
  machine.file("trace");
  boot({"command"});
  CHECK(ended() == exited(3));
  CHECK(traced("obeys"));
  CHECK(says("*** Not all processes have exited in time. Forcing them to exit.\n"));
}

SCENARIO_METHOD(Container, "my_init starts nothing when it is told to stop at a startup file (root)") {
  machine.script("etc/my_init.d/1",
                 "trap 'echo TERM >>/trace; exit 0' TERM; echo $0 >>/trace; while :; do sleep 0.02; done");
  script("etc/my_init.d/2");
  service("web");
  boot({"true"});
  REQUIRE(traced("/etc/my_init.d/1"));
  signal(SIGTERM);
  CHECK(ended() == exited(2));
  CHECK(trace() == "/etc/my_init.d/1\nTERM\n");
  CHECK(said() == "*** Running /etc/my_init.d/1...\n*** Shutting down /etc/my_init.d/1 (PID N)...\n" +
                      kAborted + kKilling);
}

SCENARIO_METHOD(Container, "my_init that was told to stop before it begins starts nothing (root)") {
  script("etc/my_init.d/1");
  script("etc/my_init.pre_shutdown.d/1");
  service("web");
  const std::string words = GENERATE("true", "--skip-startup-files true", "--skip-startup-files");
  ProcessOptions options;
  options.environment = variables;
  options.bare_environment = true;
  options.blocked_signals = {SIGTERM};
  machine.boot({"/bin/sh", "-c", "kill -TERM $$; exec /sbin/my_init " + words}, options);
  CHECK(ended() == exited(2));
  CHECK(trace().empty());
  CHECK(said().ends_with(kAborted + kKilling));
  CHECK(said().find("Runit started") == std::string::npos);
}

SCENARIO_METHOD(Container, "my_init blocks signals before it does anything else (root)") {
  REQUIRE(::mkfifo((machine / "full").c_str(), 0600) == 0);
  // Here it is held up by its output as soon as it has read the command line.
  boot_with(
      {"/bin/sh", "-c",
       "exec 3<>/full; dd if=/dev/zero bs=65536 count=1 >&3 2>/started; exec /sbin/my_init --help >&3"});
  for (const int number : {SIGTERM, SIGINT, SIGHUP, SIGCHLD}) {
    CHECK(eventually([&] { return (blocked_by(machine.first().pid()) >> (number - 1) & 1) == 1; }));
  }
}

SCENARIO_METHOD(Container, "my_init stops whenever it is told to, however early (root)") {
  service("web");
  finish("web");
  const int delay = GENERATE(0, 1, 2, 3, 4, 6, 8, 12, 16, 24);
  ProcessOptions options;
  options.environment = variables;
  options.bare_environment = true;
  // Before a program is loaded, the kernel drops what process number 1 does not block.
  options.blocked_signals = {SIGTERM};
  machine.boot({"/sbin/my_init"}, options);
  (void)stays([] { return true; }, std::chrono::milliseconds(delay));
  const auto begin = Clock::now();
  signal(SIGTERM);
  CHECK(ended() == exited(2));
  CHECK(Clock::now() - begin < 10s);
  // Whatever was started has ended in order.
  const std::string lines = trace();
  CHECK((lines.empty() || lines == "web finish -1 15\n" || lines == "web up\nweb finish -1 15\n"));
}

SCENARIO_METHOD(Container, "my_init does not start over when it is told to stop again (root)") {
  service_at_term("web", "echo TERM >>/trace; until [ -e /go ]; do sleep 0.01; done; exit 0");
  boot();
  REQUIRE(traced("web up"));
  signal(SIGTERM);
  REQUIRE(traced("TERM"));
  signal(SIGTERM);
  signal(SIGINT);
  machine.file("go");
  CHECK(ended() == exited(2));
  CHECK(trace() == "web up\nTERM\n");
}

SCENARIO_METHOD(Container, "my_init stops the services even when a shutdown file fails (root)") {
  script("etc/my_init.pre_shutdown.d/1", "exit 9");
  script("etc/my_init.pre_shutdown.d/2");
  service("web");
  finish("web");
  boot();
  REQUIRE(traced("web up"));
  signal(SIGTERM);
  CHECK(ended() == exited(2));
  CHECK(trace() ==
        "web up\n/etc/my_init.pre_shutdown.d/1\n/etc/my_init.pre_shutdown.d/2\nweb finish -1 15\n");
  CHECK(says("*** /etc/my_init.pre_shutdown.d/1 failed with status 9\n"));
}

SCENARIO_METHOD(Container,
                "my_init leaves with the status of a runsvdir that ends, and stops its services (root)") {
  service("web");
  finish("web");
  boot();
  REQUIRE(traced("web up"));
  const auto supervisor = children_of(machine.first().pid());
  REQUIRE(supervisor.size() == 1);
  ::kill(supervisor.front(), SIGKILL);
  CHECK(ended() == exited(128 + SIGKILL));
  CHECK(trace() == "web up\nweb finish -1 15\n");
  CHECK(says("*** Runit exited with status 137\n"));
}

SCENARIO_METHOD(
    Container,
    "my_init goes on with its COMMAND when runsvdir is killed, and stops the services later (root)") {
  service("web");
  finish("web");
  boot({"--", "sh", "-c", "until [ -e /go ]; do sleep 0.01; done; exit 4"});
  REQUIRE(traced("web up"));
  REQUIRE(says("Running sh"));
  for (const pid_t pid : children_of(machine.first().pid())) {
    const auto words = command_line(pid);
    if (!words.empty() && words.front().find("runsvdir") != std::string::npos) ::kill(pid, SIGKILL);
  }
  REQUIRE(says("*** Runit exited with status 137\n"));
  machine.file("go");
  CHECK(ended() == exited(4));
  CHECK(trace() == "web up\nweb finish -1 15\n");
}

SCENARIO_METHOD(Container,
                "my_init ends what a service has left over that would hold up its log service (root)") {
  const bool obeys = GENERATE(true, false);
  script("etc/my_init.post_shutdown.d/post");
  service("web",
          std::string("(trap ") + (obeys ? "'echo rest; exit'" : "''") +
              " TERM; echo left over >>/trace; while :; do sleep 1000 & wait; done) & exec sleep 1000 >&-");
  machine.script("etc/service/web/log/run", "exec cat >>/log");
  if (!obeys) set("KILL_PROCESS_TIMEOUT", "1");
  boot();
  REQUIRE(traced("web up"));
  REQUIRE(traced("left over"));
  signal(SIGTERM);
  CHECK(ended() == exited(2));
  CHECK(traced("/etc/my_init.post_shutdown.d/post"));
  CHECK(machine.content("log") == (obeys ? "rest\n" : ""));
  const std::string overdue = "*** runit daemon (PID N) did not shut down in time. Forcing it to exit.\n";
  CHECK(said() == kBooted + kStopped + (obeys ? "" : overdue) +
                      "*** Running /etc/my_init.post_shutdown.d/post...\n" + kAborted + kKilling);
}

SCENARIO_METHOD(Container, "my_init stops services that were stopped with STOP (root)") {
  service("web", "echo $$ >/pid; kill -STOP $$; exec sleep 1000");
  finish("web");
  boot();
  REQUIRE(eventually([&] { return !machine.content("pid").empty(); }));
  signal(SIGTERM);
  CHECK(ended() == exited(2));
  CHECK(traced("web finish -1 15"));
}
