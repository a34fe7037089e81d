// The file `down`, and a service that is down.
#include <catch2/catch.hpp>

#include "support/supervised_service.hpp"

using namespace runvisor::testing;
using Texts = std::vector<std::string>;

SCENARIO_METHOD(SupervisedService, "a service with a down file is not started") {
  service.probe("run", Probe()).probe("finish", Probe::exits(0)).file("down");
  start();
  REQUIRE(eventually_status([](const Status& s) { return s.want == 'd'; }));
  CHECK(stat() == "down\n");
  CHECK(read_pid_file(service.path()).empty());
  REQUIRE(leave());
  CHECK(service.history().empty());
}

SCENARIO_METHOD(SupervisedService, "down may be anything that exists") {
  service.probe("run", Probe());
  std::filesystem::create_directory(service / "down");
  start();
  REQUIRE(eventually_status([](const Status& s) { return s.want == 'd'; }));
  REQUIRE(leave());
  CHECK(service.history().empty());
}

SCENARIO_METHOD(SupervisedService, "up starts a service that has a down file, and keeps it up") {
  service.probe("run", Probe()).file("down");
  start();
  REQUIRE(eventually_stat("down"));
  REQUIRE(service.control("u"));
  REQUIRE(service.saw("./run start"));
  REQUIRE(eventually_stat("run"));
  REQUIRE(service.control("t"));
  CHECK(service.saw("./run start", 2));
}

SCENARIO_METHOD(SupervisedService, "down is read when runsv starts, and not again") {
  service.probe("run", Probe());
  REQUIRE(start_and_run());
  service.file("down");
  REQUIRE(service.control("t"));
  CHECK(service.saw("./run start", 2));
}

SCENARIO_METHOD(SupervisedService, "down has been read before ok opens") {
  service.probe("run", Probe()).file("down");
  start();
  REQUIRE(eventually([&] { return supervised(service.path()); }));
  std::filesystem::remove(service / "down");
  REQUIRE(eventually_stat("down"));
  REQUIRE(leave());
  CHECK(service.history().empty());
}

SCENARIO_METHOD(SupervisedService, "signals and hooks do not concern a service that is down") {
  service.probe("run", Probe()).file("down");
  for (const char* hook : {"t", "k", "p", "c", "h", "a", "i", "q", "1", "2", "d", "x"}) {
    service.probe(std::string("control/") + hook, Probe::exits(0));
  }
  start();
  REQUIRE(eventually_stat("down"));
  REQUIRE(service.control("tkchaiq12d"));
  REQUIRE(leave());
  CHECK(service.history().empty());
}

SCENARIO_METHOD(SupervisedService, "a service that is down can be told to exit") {
  service.probe("run", Probe()).file("down");
  start();
  REQUIRE(eventually_stat("down"));
  REQUIRE(service.control("x"));
  CHECK(runsv->wait() == exited(0));
  CHECK(stat() == "down\n");
  CHECK_FALSE(supervised(service.path()));
}

SCENARIO_METHOD(SupervisedService, "a log service with a down file is not started") {
  service.probe("run", Probe()).probe("log/run", Probe()).file("log/down");
  REQUIRE(start_and_run());
  REQUIRE(eventually_log_stat("down"));
  CHECK(log_status()->want == 'd');
  CHECK(read_pid_file(service.log()) == "<missing>");
  REQUIRE(service.log_control("u"));
  REQUIRE(service.saw("log:./run start"));
  CHECK(eventually_log_stat("run"));
  REQUIRE(service.log_control("d"));
  CHECK(eventually_log_stat("down"));
}

SCENARIO_METHOD(SupervisedService, "down of the service does not concern its log service, nor the reverse") {
  service.probe("run", Probe()).probe("log/run", Probe::copies_input_to(scratch / "out")).file("down");
  start();
  REQUIRE(service.saw("log:./run start"));
  REQUIRE(eventually_log_stat("run"));
  CHECK(eventually_stat("down"));
  CHECK(service.count("./run start") == 0);
}
