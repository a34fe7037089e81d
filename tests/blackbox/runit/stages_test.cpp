// The three stages: their order, and what their ends lead to. Every scenario needs root, for namespaces.
#include <catch2/catch.hpp>

#include "booted_machine.hpp"

using namespace runvisor::testing;

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
