// What signals ask of runit, and when. Every scenario needs root, for namespaces.
#include <sys/stat.h>

#include <catch2/catch.hpp>

#include "booted_machine.hpp"

using namespace runvisor::testing;
using Catch::Matchers::Contains;

namespace {

const std::string kRequested = "- runit: ctrl-alt-del request...\n" + entered("ctrlaltdel");
const std::string kOnlyInStage2 = warned("signals only work in stage 2.");

struct SignalledMachine : BootedMachine {
  void ctrl_alt_del(const std::string& body) const {
    machine.script("etc/runit/ctrlaltdel", "echo cad >>/trace\n" + body);
  }
  /// A stage 2 that does as told at a signal. It has begun only when it would.
  void stage_2_at(const std::string& signal, const std::string& commands, const std::string& body) const {
    machine.script("etc/runit/2", "trap '" + commands + "' " + signal + "; echo 2 >>/trace\n" + body);
  }
};

}  // namespace

SCENARIO_METHOD(SignalledMachine, "CONT ends stage 2 if the file that asks for it is executable (root)") {
  REQUIRE(boot_to_stage_2());
  ask_to_stop();
  REQUIRE(machine.called("power off"));
  CHECK(machine.content("trace") == "1\n2\n3\n");
  CHECK(said() ==
        entered("1") + left("1") + entered("2") + left("2") + entered("3") + left("3") + kPoweredOff);
  CHECK(mode_of(stop_file()) == 0);
}

SCENARIO_METHOD(SignalledMachine, "CONT alone does not end stage 2 (root)") {
  ctrl_alt_del("");
  REQUIRE(boot_to_stage_2());
  if (GENERATE(true, false)) {
    std::filesystem::permissions(stop_file(), static_cast<std::filesystem::perms>(0677));
  } else {
    std::filesystem::remove(stop_file());
  }
  signal(SIGCONT);
  // Afterwards it still serves stage 2.
  signal(SIGINT);
  REQUIRE(machine.shows(left("ctrlaltdel")));
  CHECK(said() == entered("1") + left("1") + entered("2") + kRequested + left("ctrlaltdel"));
  CHECK(machine.content("trace") == "1\n2\ncad\n");
}

SCENARIO_METHOD(SignalledMachine, "a stage 2 that is told to end gets TERM and may take its time (root)") {
  stage_2_at("TERM", "echo TERM >>/trace; sleep 1; exit 0", "sleep 1000 & wait; wait");
  REQUIRE(boot_to_stage_2());
  ask_to_stop();
  REQUIRE(machine.called("power off"));
  CHECK(machine.content("trace") == "1\n2\nTERM\n3\n");
  CHECK_THAT(said(), Contains(entered("2") + left("2") + entered("3")));
}

SCENARIO_METHOD(SignalledMachine, "a stage 2 that does not end is killed after five seconds (root)") {
  stage_2_at("TERM", "echo TERM >>/trace", "while :; do sleep 0.1; done");
  REQUIRE(boot_to_stage_2());
  const auto told = monotonic_now();
  ask_to_stop();
  REQUIRE(machine.shows(warned("stage 2 not terminated, sending sigkill...")));
  CHECK(monotonic_now() - told > 4s);
  REQUIRE(machine.called("power off"));
  CHECK(machine.content("trace") == "1\n2\nTERM\n3\n");
  CHECK_THAT(said(),
             Contains(warned("stage 2 not terminated, sending sigkill...") + left("2") + entered("3")));
}

SCENARIO_METHOD(SignalledMachine, "however stage 2 ends when told to, it is not started again (root)") {
  stage_2_at("TERM", "exit 111", "sleep 1000 & wait");
  REQUIRE(boot_to_stage_2());
  ask_to_stop();
  REQUIRE(machine.called("power off"));
  CHECK(machine.content("trace") == "1\n2\n3\n");
  CHECK_THAT(said(), Contains(entered("2") + left("2") + entered("3")));
}

SCENARIO_METHOD(SignalledMachine, "PWR ends stage 2 without any file (root)") {
  REQUIRE(boot_to_stage_2());
  signal(SIGPWR);
  REQUIRE(machine.called("power off"));
  CHECK(machine.content("trace") == "1\n2\n3\n");
}

SCENARIO_METHOD(SignalledMachine, "PWR gives no warning in stage 2 (root)", "[fixed]") {
  REQUIRE(boot_to_stage_2());
  signal(SIGPWR);
  REQUIRE(machine.called("power off"));
  CHECK(said() ==
        entered("1") + left("1") + entered("2") + left("2") + entered("3") + left("3") + kPoweredOff);
}

SCENARIO_METHOD(SignalledMachine, "ALRM is passed on to stage 2 (root)") {
  stage_2_at("ALRM", "echo ALRM >>/trace", "while :; do sleep 0.1; done");
  REQUIRE(boot_to_stage_2());
  signal(SIGALRM);
  CHECK(ran("1\n2\nALRM\n"));
}

SCENARIO_METHOD(SignalledMachine, "in stages 1 and 3 signals only give a warning (root)") {
  const int number = GENERATE(SIGCONT, SIGINT, SIGPWR);
  const int in_stage = GENERATE(1, 3);
  ctrl_alt_del("");
  stage(2, "");
  stage(in_stage, "while [ ! -e /go ]; do sleep 0.05; done");
  std::filesystem::permissions(stop_file(), std::filesystem::perms::owner_exec);
  boot();
  REQUIRE(ran(in_stage == 1 ? "1\n" : "1\n2\n3\n"));
  REQUIRE(machine.shows(entered(std::to_string(in_stage))));
  signal(number);
  REQUIRE(machine.shows(kOnlyInStage2));
  machine.file("go");
  REQUIRE(machine.called("power off"));
  CHECK(machine.content("trace") == "1\n2\n3\n");
  CHECK(mode_of(stop_file()) == 0100);
}

SCENARIO_METHOD(SignalledMachine, "other signals are ignored in every stage (root)") {
  const int in_stage = GENERATE(1, 2, 3);
  ctrl_alt_del("");
  if (in_stage == 3) stage(2, "");
  if (in_stage != 2) stage(in_stage, "while [ ! -e /go ]; do sleep 0.05; done");
  boot();
  REQUIRE(ran(std::string("1\n2\n3\n").substr(0, static_cast<std::size_t>(in_stage) * 2)));
  for (const int number :
       {SIGTERM, SIGHUP, SIGPIPE, SIGUSR1, SIGUSR2, SIGWINCH, SIGQUIT, SIGTSTP, SIGVTALRM}) {
    signal(number);
  }
  // It is as it was.
  signal(SIGINT);
  if (in_stage == 2) {
    CHECK(ran("1\n2\ncad\n"));
  } else {
    CHECK(machine.shows(kOnlyInStage2));
  }
  CHECK(machine.first().running());
}

SCENARIO_METHOD(SignalledMachine, "INT runs ctrlaltdel, after which the stop file is looked at (root)") {
  ctrl_alt_del("chmod 100 /run/runit.stopit");
  REQUIRE(boot_to_stage_2());
  signal(SIGINT);
  REQUIRE(machine.called("power off"));
  CHECK(machine.content("trace") == "1\n2\ncad\n3\n");
  CHECK_THAT(said(), Contains(entered("2") + kRequested + left("ctrlaltdel") + left("2") + entered("3")));
  CHECK(mode_of(stop_file()) == 0);
}

SCENARIO_METHOD(SignalledMachine, "INT does nothing if its owner may not execute ctrlaltdel (root)") {
  REQUIRE(boot_to_stage_2());
  if (GENERATE(true, false)) {
    ctrl_alt_del("");
    std::filesystem::permissions(machine / "etc/runit/ctrlaltdel", static_cast<std::filesystem::perms>(0655));
  }
  std::filesystem::permissions(stop_file(), std::filesystem::perms::owner_exec);
  signal(SIGINT);
  CHECK(stays([&] { return mode_of(stop_file()) == 0100; }, 100ms));
  signal(SIGCONT);
  REQUIRE(machine.called("power off"));
  CHECK_THAT(said(), !Contains("ctrl-alt-del"));
}

SCENARIO_METHOD(SignalledMachine, "a second INT is served after the first (root)") {
  ctrl_alt_del("while [ ! -e /go ]; do sleep 0.05; done; echo done >>/trace");
  REQUIRE(boot_to_stage_2());
  signal(SIGINT);
  REQUIRE(ran("1\n2\ncad\n"));
  signal(SIGINT);
  machine.file("go");
  REQUIRE(ran("1\n2\ncad\ndone\ncad\ndone\n"));
  REQUIRE(eventually([&] { return said().ends_with(left("ctrlaltdel")); }));
  CHECK_THAT(said(), Contains(kRequested + left("ctrlaltdel") + kRequested + left("ctrlaltdel")));
}

SCENARIO_METHOD(SignalledMachine,
                "a ctrlaltdel that fails has done its work, one that crashed is reported (root)") {
  const bool crashes = GENERATE(true, false);
  ctrl_alt_del(std::string("chmod 100 /run/runit.stopit; ") + (crashes ? "kill -KILL $$" : "exit 7"));
  REQUIRE(boot_to_stage_2());
  signal(SIGINT);
  REQUIRE(machine.called("power off"));
  CHECK_THAT(said(), Contains(kRequested + (crashes ? warned("child crashed: /etc/runit/ctrlaltdel") : "") +
                              left("ctrlaltdel") + left("2")));
}

SCENARIO_METHOD(SignalledMachine, "a stop is obeyed while ctrlaltdel runs (root)", "[fixed]") {
  ctrl_alt_del("exec sleep 1000");
  REQUIRE(boot_to_stage_2());
  signal(SIGINT);
  REQUIRE(ran("1\n2\ncad\n"));
  if (GENERATE(true, false)) {
    ask_to_stop();
  } else {
    signal(SIGPWR);
  }
  REQUIRE(machine.called("power off"));
  CHECK(machine.content("trace") == "1\n2\ncad\n3\n");
}

SCENARIO_METHOD(SignalledMachine, "a stop is obeyed while stage 2 waits for its restart (root)", "[fixed]") {
  stage(2, "exit 111");
  boot();
  REQUIRE(machine.shows(warned("killing all processes in stage 2...")));
  const auto told = monotonic_now();
  ask_to_stop();
  REQUIRE(machine.called("power off"));
  CHECK(monotonic_now() - told < 4s);
  CHECK(machine.content("trace") == "1\n2\n3\n");
}
