// runit-init, as process number 1 and as any other. Every scenario needs root, for namespaces.
#include <catch2/catch.hpp>

#include "booted_machine.hpp"

using namespace runvisor::testing;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

struct InitMachine : BootedMachine {
  /// Has a first process of the test's own run runit-init, and tell its exit code and the signals it gets.
  Finished init(const std::string& arguments) {
    machine.script("first", "trap 'echo CONT' CONT\n/sbin/runit-init " + arguments + "\necho $?");
    return machine.run({"/first"});
  }
};

}  // namespace

SCENARIO_METHOD(InitMachine, "runit-init as process number 1 becomes runit (root)") {
  stage(2, "");
  machine.boot({"/sbin/runit-init"});
  REQUIRE(machine.called("power off"));
  CHECK(machine.content("trace") == "1\n2\n3\n");
}

SCENARIO_METHOD(InitMachine, "runit-init as process number 1 fails if there is no runit (root)") {
  std::filesystem::remove(machine / "sbin/runit");
  const Finished result = machine.run({"/sbin/runit-init"});
  CHECK(result.ending == exited(111));
  CHECK(result.err == "init: fatal: unable to start runit: file does not exist\n");
}

SCENARIO_METHOD(InitMachine, "runit-init 0 ends stage 2 and powers the machine off (root)") {
  std::filesystem::permissions(restart_file(), std::filesystem::perms::owner_exec);
  stage(2, "(/sbin/runit-init 0; echo $? >/code) & exec sleep 1000");
  stage(3,
        "while [ ! -s /code ]; do sleep 0.05; done; stat -L -c %a /run/runit.stopit /run/runit.reboot "
        ">>/trace");
  boot();
  REQUIRE(machine.called("power off"));
  CHECK(machine.content("trace") == "1\n2\n3\n0\n0\n");
  CHECK(machine.content("code") == "0\n");
}

SCENARIO_METHOD(InitMachine, "runit-init 6 ends stage 2 and restarts the machine (root)") {
  stage(2, "(/sbin/runit-init 6; echo $? >/code) & exec sleep 1000");
  stage(3,
        "while [ ! -s /code ]; do sleep 0.05; done; stat -L -c %a /run/runit.stopit /run/runit.reboot "
        ">>/trace");
  boot();
  REQUIRE(machine.called("restart"));
  CHECK(machine.content("trace") == "1\n2\n3\n0\n100\n");
  CHECK(machine.content("code") == "0\n");
}

SCENARIO_METHOD(InitMachine, "runit-init makes its files executable and tells process number 1 (root)") {
  const std::string argument = GENERATE(std::string("0"), std::string("6"));
  const bool exist = GENERATE(true, false);
  if (!exist) {
    std::filesystem::remove(stop_file());
    std::filesystem::remove(restart_file());
  }
  const Finished result = init(argument);
  CHECK(result.out == "CONT\n0\n");
  CHECK(result.err.empty());
  CHECK(mode_of(stop_file()) == 0100);
  CHECK(std::filesystem::exists(restart_file()) == (exist || argument == "6"));
  if (std::filesystem::exists(restart_file())) {
    CHECK(mode_of(restart_file()) == (argument == "6" ? 0100U : 0U));
  }
}

SCENARIO_METHOD(InitMachine, "runit-init looks at the first character of its first argument (root)") {
  CHECK(init("60 1").out == "CONT\n0\n");
  CHECK(mode_of(restart_file()) == 0100);
  CHECK(init("0x").out == "CONT\n0\n");
  CHECK(mode_of(restart_file()) == 0);
}

SCENARIO_METHOD(InitMachine, "runit-init without 0 or 6 prints its usage and exits 0 (root)") {
  const std::string arguments =
      GENERATE(std::string(), std::string("1"), std::string("''"), std::string("-0"));
  const Finished result = init(arguments);
  CHECK(result.out == "0\n");
  CHECK(result.err == "usage: /sbin/runit-init 0|6\n\n");
  CHECK(mode_of(stop_file()) == 0);
}

SCENARIO_METHOD(InitMachine, "runit-init exits 111 when it cannot create its files (root)") {
  std::filesystem::remove(stop_file());
  std::filesystem::create_directory(stop_file());
  const Finished result = init(GENERATE(std::string("0"), std::string("6")));
  CHECK(result.out == "111\n");
  CHECK_THAT(result.err, StartsWith("init: fatal: unable to create /"));
}

SCENARIO_METHOD(InitMachine, "runit-init asks for nothing unless it can ask for all of it (root)",
                "[fixed]") {
  std::filesystem::remove(restart_file());
  std::filesystem::create_directory(restart_file());
  const Finished result = init("6");
  CHECK(result.out == "111\n");
  CHECK(result.err == "init: fatal: unable to create /etc/runit/reboot: is a directory\n");
  CHECK(mode_of(stop_file()) == 0);
}
