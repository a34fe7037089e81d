// setuser: becoming a user. Every scenario needs root, for namespaces.
#include <catch2/catch.hpp>

#include "container.hpp"

using namespace runvisor::testing;

SCENARIO_METHOD(Container, "setuser runs a program as another user (root)") {
  std::filesystem::copy_file(test_program("probe-process"), machine / "sbin/probe-process");
  set("HOME", "/root");
  set("KEPT", "value");
  machine.file("report", "", 0666);
  boot_with({"/sbin/setuser", "app", "probe-process", "/report", "0"});
  REQUIRE(ended() == exited(0));
  const ProcessState state = read_process_state(machine.content("report"));
  CHECK(state.argv == std::vector<std::string>{"probe-process", "/report", "0"});
  CHECK(state.uids == std::array<uid_t, 4>{1234, 1234, 1234, 1234});
  CHECK(state.gids == std::array<gid_t, 4>{1235, 1235, 1235, 1235});
  auto groups = state.groups;
  std::sort(groups.begin(), groups.end());
  CHECK(groups == std::vector<gid_t>{1235, 1236});
  CHECK(state.environment.at("USER") == "app");
  CHECK(state.environment.at("HOME") == "/home/app");
  CHECK(state.environment.at("UID") == "1234");
  CHECK(state.environment.at("KEPT") == "value");
  CHECK(state.effective == 0);
}

SCENARIO_METHOD(Container, "setuser tells of a user that there is not (root)") {
  boot_with({"/sbin/setuser", "nobody-else", "true"});
  CHECK(ended() == exited(1));
  CHECK(said() == "setuser: user nobody-else not found\n");
}

SCENARIO_METHOD(Container, "setuser tells of a program that cannot be executed (root)") {
  boot_with({"/sbin/setuser", "app", "/no/such/program"});
  CHECK(ended() == exited(1));
  CHECK(said() == "setuser: unable to run /no/such/program: file does not exist\n");
}

SCENARIO_METHOD(Container, "setuser tells how it is used (root)") {
  boot_with(
      GENERATE(std::vector<std::string>{"/sbin/setuser"}, std::vector<std::string>{"/sbin/setuser", "app"}));
  CHECK(ended() == exited(1));
  CHECK(said().starts_with("usage: setuser "));
}

SCENARIO_METHOD(Container, "setuser passes on the program's status (root)") {
  boot_with({"/sbin/setuser", "root", "sh", "-c", "exit 9"});
  CHECK(ended() == exited(9));
}

SCENARIO_METHOD(Container,
                "setuser without privileges runs programs as the user that one is, and no other (root)") {
  boot_with(
      {"/sbin/setuser", "app", "sh", "-c", "setuser app sh -c 'exit 4'; echo $? >&2; setuser nobody true"});
  CHECK(ended() == exited(1));
  CHECK(said().starts_with("4\nsetuser: unable to "));
}
