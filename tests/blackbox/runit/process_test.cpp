// What the stages find themselves in, and what becomes of other processes. Every scenario needs root, for
// namespaces.
#include <fcntl.h>
#include <sys/syscall.h>

#include <catch2/catch.hpp>

#include "booted_machine.hpp"
#include "support/process_state.hpp"

using namespace runvisor::testing;
using Catch::Matchers::Contains;

namespace {

struct ReportingMachine : BootedMachine {
  ReportingMachine() {
    std::filesystem::copy_file(test_program("probe-process"), machine / "probe");
    for (const int number : {1, 2, 3}) stage(number, report(std::to_string(number)));
    machine.script("etc/runit/ctrlaltdel", report("ctrlaltdel"));
  }
  static std::string report(const std::string& name) {
    return "echo \"$0 $#\" >>/names; exec /probe /" + name;
  }
  /// What a stage found once all have run.
  [[nodiscard]] ProcessState found(const std::string& name) const {
    return read_process_state(machine.content(name));
  }
};

/// As getty does to a terminal before somebody logs in.
const std::string kHangUp =
    "setsid --ctty --wait perl -e 'syscall(" + std::to_string(SYS_vhangup) + ")' <>/dev/console || exit 0";

int access_mode(const ProcessState& state, int fd) { return state.descriptor_flags.at(fd) & O_ACCMODE; }

}  // namespace

SCENARIO_METHOD(ReportingMachine, "the stages find themselves in a clean state (root)") {
  machine.boot({"/sbin/runit"}, {.environment = {{"COLOUR", "blue"}}, .umask = 027});
  REQUIRE(machine.called("power off"));
  CHECK(machine.content("names") == "/etc/runit/1 0\n/etc/runit/2 0\n/etc/runit/3 0\n");
  for (const char* name : {"1", "2", "3"}) {
    INFO(name);
    const ProcessState state = found(name);
    CHECK(state.parent == 1);
    CHECK(state.cwd == "/");
    CHECK(state.umask == 027);
    CHECK(state.environment.at("COLOUR") == "blue");
    CHECK(state.descriptors.size() == 3);
    CHECK(access_mode(state, 0) == (std::string(name) == "1" ? O_RDWR : O_WRONLY));
    CHECK(access_mode(state, 1) == O_WRONLY);
    CHECK(access_mode(state, 2) == O_WRONLY);
    // Stage 1 shares the session of runit; the others have their own.
    CHECK(state.session == (std::string(name) == "1" ? 1 : state.pid));
  }
}

SCENARIO_METHOD(ReportingMachine, "ctrlaltdel finds itself in a clean state (root)") {
  stage(2, kStays);
  REQUIRE(boot_to_stage_2());
  signal(SIGINT);
  REQUIRE(machine.shows(left("ctrlaltdel")));
  const ProcessState state = found("ctrlaltdel");
  CHECK(state.session == 1);
  CHECK(state.parent == 1);
  CHECK(state.descriptors.size() == 3);
}

SCENARIO_METHOD(ReportingMachine, "no signal is blocked or ignored in the stages and in ctrlaltdel (root)",
                "[fixed]") {
  stage(2, "/probe /2; " + std::string(kStays));
  // Whatever the first process has inherited.
  machine.boot({"/sbin/runit"},
               {.ignored_signals = {SIGPIPE, SIGUSR1}, .blocked_signals = {SIGUSR2, SIGTERM}});
  REQUIRE(eventually([&] { return !machine.content("2").empty(); }));
  signal(SIGINT);
  REQUIRE(machine.shows(left("ctrlaltdel")));
  ask_to_stop();
  REQUIRE(machine.called("power off"));
  for (const char* name : {"1", "2", "3", "ctrlaltdel"}) {
    INFO(name);
    CHECK(found(name).blocked == 0);
    CHECK(found(name).ignored == 0);
  }
}

SCENARIO_METHOD(ReportingMachine, "the stages are not told that the console is busy (root)", "[fixed]") {
  boot();
  REQUIRE(machine.called("power off"));
  for (const char* name : {"1", "2", "3"}) {
    for (const int fd : {0, 1, 2}) CHECK((found(name).descriptor_flags.at(fd) & O_NONBLOCK) == 0);
  }
}

SCENARIO_METHOD(BootedMachine, "what the stages write is shown on the console (root)") {
  stage(1, "echo one; echo two >&2");
  stage(2, "");
  boot();
  REQUIRE(machine.called("power off"));
  CHECK_THAT(machine.console(), Contains(entered("1") + "one\ntwo\n" + left("1")));
  CHECK(machine.first().out().empty());
  CHECK(machine.first().err().empty());
}

SCENARIO_METHOD(BootedMachine, "stage 1 can ask at the console (root)") {
  stage(1, "echo Name?; read name; echo \"$name\" >>/trace");
  stage(2, "");
  boot();
  REQUIRE(machine.shows("Name?\n"));
  machine.type("alice\n");
  REQUIRE(machine.called("power off"));
  CHECK(machine.content("trace") == "1\nalice\n2\n3\n");
}

SCENARIO_METHOD(BootedMachine, "what runit says is shown after the console was hung up (root)") {
  stage(1, kHangUp);
  stage(2, "");
  boot();
  REQUIRE(machine.called("power off"));
  CHECK_THAT(said(), Contains(left("1") + entered("2") + left("2") + entered("3") + left("3") + kPoweredOff));
}

SCENARIO_METHOD(BootedMachine, "what the stages write is shown after the console was hung up (root)",
                "[fixed]") {
  stage(1, kHangUp);
  stage(2, "echo two");
  boot();
  REQUIRE(machine.called("power off"));
  CHECK_THAT(machine.console(), Contains(entered("2") + "two\n" + left("2")));
}

SCENARIO_METHOD(BootedMachine, "without a console runit says so and uses what it was given (root)") {
  stage(1, "echo one; echo two >&2");
  stage(2, "");
  machine.without_console();
  boot();
  REQUIRE(machine.called("power off"));
  CHECK(machine.first().out() == "one\n");
  const std::string err = machine.first().err();
  CHECK_THAT(err, Contains("booting.\n" + warned("unable to open /dev/console: file does not exist") +
                           entered("1") + "two\n" + left("1")));
  CHECK(machine.content("trace") == "1\n2\n3\n");
}

SCENARIO_METHOD(BootedMachine, "runit collects the processes that have lost their parents (root)") {
  stage(2, "for i in 1 2 3 4 5; do (while [ ! -e /go ]; do sleep 0.05; done & ) ; done; exec sleep 1000");
  REQUIRE(boot_to_stage_2());
  const pid_t pid = machine.first().pid();
  REQUIRE(eventually([&] { return children_of(pid).size() == 6; }));
  machine.file("go");
  CHECK(eventually([&] { return children_of(pid).size() == 1; }));
}

SCENARIO_METHOD(BootedMachine, "runit refuses to be any process but number 1 (root)") {
  // The original is never run as anything else here.
  if (running_as_original()) return;
  machine.script("first", "/sbin/runit; echo $? >/code");
  const Finished result = machine.run({"/first"});
  CHECK(result.err == "- runit: fatal: must be run as process no 1.\n");
  CHECK(machine.content("code") == "111\n");
  CHECK(machine.content("trace").empty());
  CHECK(machine.power_calls().empty());
}
