// Where runit loses track of a service that is killed or paused, and runvisor does not.
#include <catch2/catch.hpp>

#include "support/supervised_service.hpp"

using namespace runvisor::testing;

SCENARIO_METHOD(SupervisedService, "kill and up never lead to a second copy", "[fixed]") {
  service.probe("run", Probe::stubborn()).probe("finish", Probe::exits(0));
  REQUIRE(start_and_run());
  REQUIRE(service.control("kukuku"));
  REQUIRE(service.saw("./run start", 2));
  REQUIRE(eventually_stat("run"));
  REQUIRE(service.control("d"));
  REQUIRE(service.saw("./run signal CONT"));
  CHECK(children_of(runsv->pid()).size() == 1);
  CHECK(service.count("./run start") == 2);
  CHECK(service.count("./finish start") == 1);
}

SCENARIO_METHOD(SupervisedService, "kill while finish runs does not run it twice", "[fixed]") {
  service.probe("run", Probe::exits(0)).probe("finish", Probe::exits(0).until(gate("finish")));
  start();
  REQUIRE(eventually_stat("finish"));
  REQUIRE(service.control("kd"));
  REQUIRE(eventually_stat("finish, want down"));
  open("finish");
  REQUIRE(eventually_stat("down"));
  REQUIRE(leave());
  CHECK(service.count("./finish start") == 1);
}

SCENARIO_METHOD(SupervisedService, "kill after exit lets finish run before runsv exits", "[fixed]") {
  service.probe("run", Probe::stubborn()).probe("finish", Probe::exits(0));
  REQUIRE(start_and_run());
  REQUIRE(service.control("xk"));
  CHECK(runsv->wait() == exited(0));
  CHECK(service.count("./finish end") == 1);
  CHECK(stat() == "down\n");
}

SCENARIO_METHOD(SupervisedService, "exit after a swallowed kill does not leave the service alive",
                "[fixed]") {
  service.probe("run", Probe::stubborn()).probe("control/k", Probe::exits(0));
  REQUIRE(start_and_run());
  const pid_t pid = run_pid(service.path());
  REQUIRE(service.control("kx"));
  REQUIRE(service.saw("./run signal CONT"));
  CHECK(runsv->running());
  CHECK(alive(pid));
  REQUIRE(end_run());
  CHECK(runsv->wait() == exited(0));
}

SCENARIO_METHOD(SupervisedService, "paused is shown no longer once down has continued the service",
                "[fixed]") {
  service.probe("run", Probe::stubborn());
  REQUIRE(start_and_run());
  REQUIRE(service.control("p"));
  REQUIRE(eventually_stat("run, paused"));
  REQUIRE(service.control("d"));
  REQUIRE(service.saw("./run signal CONT"));
  CHECK(eventually_stat("run, got TERM, want down"));
  CHECK(status()->paused == 0);
}

SCENARIO_METHOD(SupervisedService, "pause of a service that is down is not shown", "[fixed]") {
  service.probe("run", Probe()).file("down");
  start();
  REQUIRE(eventually_stat("down"));
  REQUIRE(service.control("po"));
  REQUIRE(service.saw("./run start"));
  CHECK(eventually_stat("run, want down"));
  REQUIRE(service.control("k"));
  REQUIRE(eventually_stat("down"));
  REQUIRE(service.control("px"));
  REQUIRE(runsv->wait() == exited(0));
  CHECK(stat() == "down\n");
}

SCENARIO_METHOD(SupervisedService, "pause while finish runs is not shown", "[fixed]") {
  service.probe("run", Probe::exits(0)).probe("finish", Probe::exits(0).until(gate("finish")));
  start();
  REQUIRE(eventually_stat("finish"));
  REQUIRE(service.control("pd"));
  CHECK(eventually_stat("finish, want down"));
  open("finish");
  CHECK(eventually_stat("down"));
}

SCENARIO_METHOD(SupervisedService, "paused is shown no longer once the paused service was killed",
                "[fixed]") {
  service.probe("run", Probe());
  REQUIRE(start_and_run());
  REQUIRE(service.control("p"));
  REQUIRE(eventually_stat("run, paused"));
  REQUIRE(service.control("ok"));
  REQUIRE(eventually_stat("down"));
  CHECK(status()->paused == 0);
}
