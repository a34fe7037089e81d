// The three stages: their order, and what their ends lead to. Every scenario needs root, for namespaces.
#include <catch2/catch.hpp>

#include "booted_machine.hpp"

using namespace runvisor::testing;
using Catch::Matchers::Contains;

SCENARIO_METHOD(BootedMachine, "runit runs its three stages in order and powers the machine off (root)") {
  stage(2, "");
  boot();
  REQUIRE(machine.called("power off"));
  CHECK(machine.content("trace") == "1\n2\n3\n");
  CHECK(said() ==
        entered("1") + left("1") + entered("2") + left("2") + entered("3") + left("3") + kPoweredOff);
  CHECK(machine.power_calls() == std::vector<std::string>{"ctrl-alt-del as a signal", "sync", "power off"});
  CHECK(machine.first().running());
}

SCENARIO_METHOD(BootedMachine, "runit leaves stage 2 out when stage 1 exits 100 (root)") {
  stage(1, "exit 100");
  boot();
  REQUIRE(machine.called("power off"));
  CHECK(machine.content("trace") == "1\n3\n");
  CHECK(said() == entered("1") + warned("child failed: /etc/runit/1") + left("1") +
                      warned("skipping stage 2...") + entered("3") + left("3") + kPoweredOff);
}

SCENARIO_METHOD(BootedMachine, "runit reports another exit code of stage 1 and goes on (root)") {
  stage(1, "exit " + std::to_string(GENERATE(1, 99, 111)));
  stage(2, "");
  boot();
  REQUIRE(machine.called("power off"));
  CHECK(machine.content("trace") == "1\n2\n3\n");
  CHECK_THAT(said(),
             Contains(entered("1") + warned("child failed: /etc/runit/1") + left("1") + entered("2")));
}

SCENARIO_METHOD(BootedMachine, "runit leaves stage 2 out when a signal ended stage 1 (root)", "[fixed]") {
  stage(1, "kill -SEGV $$");
  boot();
  REQUIRE(machine.called("power off"));
  CHECK(machine.content("trace") == "1\n3\n");
  CHECK_THAT(said(),
             Contains(warned("child crashed: /etc/runit/1") + left("1") + warned("skipping stage 2...")));
}

SCENARIO_METHOD(BootedMachine, "runit starts a stage 2 that exits 111 again after five seconds (root)") {
  // The second time it tells what is left of the first, and stays.
  stage(2,
        "date +%s%N >>/times\n"
        "if [ -e /again ]; then\n"
        "  kill -0 $(cat /in-group) && echo in group >>/trace\n"
        "  kill -0 $(cat /out-of-group) && echo out of group >>/trace\n"
        "  exec sleep 1000\n"
        "fi\n"
        "touch /again; sleep 1000 & echo $! >/in-group\n"
        "setsid sh -c 'touch /ready; exec sleep 1000' & echo $! >/out-of-group\n"
        "while [ ! -e /ready ]; do sleep 0.05; done\n"
        "exit 111");
  boot();
  REQUIRE(ran("1\n2\n2\nout of group\n"));
  CHECK_THAT(said(),
             Contains(entered("2") + warned("child failed: /etc/runit/2") +
                      warned("killing all processes in stage 2...") + warned("restarting.") + entered("2")));
  const auto times = lines(machine.content("times"));
  CHECK(std::stoll(times[1]) - std::stoll(times[0]) >= 5'000'000'000);
  CHECK(std::stoll(times[1]) - std::stoll(times[0]) < 9'000'000'000);
}

SCENARIO_METHOD(BootedMachine, "runit starts a stage 2 that a signal ended again (root)", "[fixed]") {
  stage(2, "[ ! -e /again ] || exec sleep 1000; touch /again; kill -KILL $$");
  boot();
  REQUIRE(ran("1\n2\n2\n"));
  CHECK_THAT(said(), Contains(warned("child crashed: /etc/runit/2") +
                              warned("killing all processes in stage 2...") + warned("restarting.")));
}

SCENARIO_METHOD(BootedMachine, "runit goes on to stage 3 when stage 2 ends with another code (root)") {
  stage(2, "exit " + std::to_string(GENERATE(1, 100)));
  boot();
  REQUIRE(machine.called("power off"));
  CHECK(machine.content("trace") == "1\n2\n3\n");
  CHECK_THAT(said(),
             Contains(entered("2") + warned("child failed: /etc/runit/2") + left("2") + entered("3")));
}

SCENARIO_METHOD(BootedMachine, "runit reports a stage 3 that fails, and ends all the same (root)") {
  stage(2, "");
  stage(3, "exit " + std::to_string(GENERATE(1, 100, 111)));
  boot();
  REQUIRE(machine.called("power off"));
  CHECK(machine.content("trace") == "1\n2\n3\n");
  CHECK_THAT(said(), Contains(entered("3") + warned("child failed: /etc/runit/3") + left("3") + kPoweredOff));
}

SCENARIO_METHOD(BootedMachine, "runit takes a stage that cannot be executed for one that has ended (root)") {
  const std::string number = GENERATE(std::string("1"), std::string("2"), std::string("3"));
  const bool missing = GENERATE(true, false);
  stage(2, "");
  const std::filesystem::path file = machine / ("etc/runit/" + number);
  if (missing) {
    std::filesystem::remove(file);
  } else {
    std::filesystem::permissions(file, std::filesystem::perms::owner_read);
  }
  boot();
  REQUIRE(machine.called("power off"));
  std::string others = "1\n2\n3\n";
  others.erase(others.find(number), 2);
  CHECK(machine.content("trace") == others);
  CHECK_THAT(said(),
             Contains(entered(number) + "- runit: fatal: unable to start child: /etc/runit/" + number + ": " +
                      (missing ? "file does not exist" : "access denied") + "\n" + left(number)));
}

SCENARIO_METHOD(BootedMachine, "processes beside stage 2 live until stage 3 has ended (root)") {
  stage(1, "setsid sleep 1000 & echo $! >/beside");
  stage(2, "setsid sleep 1000 & echo $! >>/beside; sleep 1000 & echo $! >>/beside");
  stage(3, "for pid in $(cat /beside); do kill -0 $pid && echo alive >>/trace; done");
  boot();
  REQUIRE(machine.called("power off"));
  CHECK(machine.content("trace") == "1\n2\n3\nalive\nalive\nalive\n");
  // What is left is the one that asks for the power off.
  CHECK(eventually([&] { return descendants_of(machine.first().pid()).size() == 1; }));
}

SCENARIO_METHOD(BootedMachine,
                "runit restarts the machine if the file that asks for it is executable (root)") {
  stage(2, "");
  std::filesystem::permissions(restart_file(), std::filesystem::perms::owner_exec);
  boot();
  REQUIRE(machine.called("restart"));
  CHECK_THAT(said(), Contains("- runit: system reboot.\n") && !Contains("power off"));
  CHECK(machine.power_calls() == std::vector<std::string>{"ctrl-alt-del as a signal", "sync", "restart"});
}

SCENARIO_METHOD(BootedMachine, "runit powers off if others only may execute the file for a restart (root)") {
  stage(2, "");
  std::filesystem::permissions(restart_file(), static_cast<std::filesystem::perms>(0677));
  boot();
  CHECK(machine.called("power off"));
}

SCENARIO_METHOD(BootedMachine, "runit looks for a restart after stage 3, which may ask for it (root)") {
  stage(2, "");
  stage(3, "chmod 100 /run/runit.reboot");
  boot();
  CHECK(machine.called("restart"));
}

SCENARIO_METHOD(BootedMachine, "runit does not sync if there is a file nosync (root)") {
  stage(2, "");
  machine.file("etc/runit/nosync");
  boot();
  REQUIRE(machine.called("power off"));
  CHECK(machine.power_calls() == std::vector<std::string>{"ctrl-alt-del as a signal", "power off"});
}

SCENARIO_METHOD(BootedMachine, "runit halts a machine that cannot be powered off, and stays (root)") {
  stage(2, "");
  machine.without_power_off();
  boot();
  REQUIRE(machine.called("halt"));
  CHECK_THAT(said(), Contains(kPoweredOff + "- runit: system halt.\n"));
  CHECK(machine.power_calls() ==
        std::vector<std::string>{"ctrl-alt-del as a signal", "sync", "power off", "sync", "halt"});
  CHECK(eventually([&] { return descendants_of(machine.first().pid()).empty(); }));
  for (const int number : {SIGTERM, SIGINT, SIGCONT, SIGPWR, SIGHUP}) signal(number);
  CHECK(stays([&] { return machine.first().running(); }, 100ms));
}
