// How soon a service is started again. The services' own records of monotonic time are compared; upper bounds
// are generous, they only have to tell "at once" from "after a second" and a second from several.
#include <catch2/catch.hpp>

#include "support/supervised_service.hpp"

using namespace runvisor::testing;

namespace {

constexpr auto kAtOnce = 700ms;
/// Clocks are read before and after the events they stand for.
constexpr auto kOneSecond = 990ms;

std::chrono::nanoseconds between(const Event& earlier, const Event& later) {
  return later.time - earlier.time;
}

}  // namespace

SCENARIO_METHOD(SupervisedService, "run that ends within a second is started a full second after its end") {
  service.probe("run", Probe::exits(0).lasts(200ms));
  start();
  REQUIRE(service.saw("./run start", 2));
  const auto pause = between(service.events("./run end")[0], service.events("./run start")[1]);
  CHECK(pause >= kOneSecond);
  CHECK(pause < kOneSecond + kAtOnce);
}

SCENARIO_METHOD(SupervisedService, "run that lasted more than a second is started again at once") {
  service.probe("run", Probe::exits(0).lasts(1100ms));
  start();
  REQUIRE(service.saw("./run start", 2));
  CHECK(between(service.events("./run end")[0], service.events("./run start")[1]) < kAtOnce);
}

SCENARIO_METHOD(SupervisedService, "a finish that makes the second full takes the pause away") {
  service.probe("run", Probe::exits(0).lasts(200ms)).probe("finish", Probe::exits(0).lasts(900ms));
  start();
  REQUIRE(service.saw("./run start", 2));
  CHECK(between(service.events("./finish end")[0], service.events("./run start")[1]) < kAtOnce);
}

SCENARIO_METHOD(SupervisedService, "the pause counts from the end of a short finish") {
  service.probe("run", Probe::exits(0)).probe("finish", Probe::exits(0).lasts(300ms));
  start();
  REQUIRE(service.saw("./run start", 2));
  CHECK(between(service.events("./finish end")[0], service.events("./run start")[1]) >= kOneSecond);
}

SCENARIO_METHOD(SupervisedService, "finish is started at the end of run without a pause") {
  service.probe("run", Probe::exits(0)).probe("finish", Probe::exits(0));
  start();
  REQUIRE(service.saw("./finish start"));
  CHECK(between(service.events("./run end")[0], service.events("./finish start")[0]) < kAtOnce);
}

SCENARIO_METHOD(SupervisedService, "run that cannot be started is tried once a second") {
  service.file("run", "", 0644);
  service.probe("finish", Probe::exits(0));
  start();
  REQUIRE(service.saw("./finish start", 2));
  const auto pause = between(service.events("./finish end")[0], service.events("./finish start")[1]);
  CHECK(pause >= kOneSecond);
  CHECK(pause < kOneSecond + kAtOnce);
}

SCENARIO_METHOD(SupervisedService, "up does not shorten the pause") {
  service.probe("run", Probe::exits(0));
  start();
  REQUIRE(service.saw("./run end"));
  REQUIRE(service.control("u"));
  REQUIRE(service.saw("./run start", 2));
  CHECK(between(service.events("./run end")[0], service.events("./run start")[1]) >= kOneSecond);
}

SCENARIO_METHOD(SupervisedService, "down and up do not shorten the pause") {
  service.probe("run", Probe());
  REQUIRE(start_and_run());
  REQUIRE(service.control("du"));
  REQUIRE(service.saw("./run start", 2));
  CHECK(between(service.events("./run signal TERM")[0], service.events("./run start")[1]) >= kOneSecond);
}

SCENARIO_METHOD(SupervisedService, "a service that has been down for a while is started at once") {
  service.probe("run", Probe());
  REQUIRE(start_and_run());
  REQUIRE(service.control("d"));
  REQUIRE(eventually_stat("down"));
  const auto down_since = monotonic_now();
  REQUIRE(eventually([&] { return monotonic_now() - down_since > 1050ms; }));
  const auto told = monotonic_now();
  REQUIRE(service.control("u"));
  REQUIRE(service.saw("./run start", 2));
  CHECK(service.events("./run start")[1].time - told < kAtOnce);
}

SCENARIO_METHOD(SupervisedService, "a log service that ends at once is started again after a second") {
  service.probe("run", Probe()).probe("log/run", Probe::exits(0));
  start();
  REQUIRE(service.saw("log:./run start", 2));
  const auto pause = between(service.events("log:./run end")[0], service.events("log:./run start")[1]);
  CHECK(pause >= kOneSecond);
}

SCENARIO_METHOD(SupervisedService, "down is obeyed at once during the pause", "[fixed]") {
  service.probe("run", Probe::exits(0));
  start();
  REQUIRE(service.saw("./run end"));
  REQUIRE(eventually_stat("down"));
  const auto ended = service.events("./run end")[0].time;
  REQUIRE(service.control("d"));
  REQUIRE(eventually_status([](const Status& s) { return s.want == 'd'; }));
  CHECK(monotonic_now() - ended < kAtOnce);
  CHECK(stat() == "down\n");
}

SCENARIO_METHOD(SupervisedService, "exit is obeyed at once during the pause", "[fixed]") {
  service.probe("run", Probe::exits(0));
  start();
  REQUIRE(service.saw("./run end"));
  REQUIRE(eventually_stat("down"));
  const auto ended = service.events("./run end")[0].time;
  REQUIRE(leave());
  CHECK(monotonic_now() - ended < kAtOnce);
  CHECK(service.count("./run start") == 1);
}

SCENARIO_METHOD(SupervisedService, "the log service's pause does not hold up the service", "[fixed]") {
  service.probe("run", Probe()).probe("log/run", Probe::exits(0));
  REQUIRE(start_and_run());
  REQUIRE(service.saw("log:./run end", 2));
  const auto ended = service.events("log:./run end")[1].time;
  REQUIRE(service.control("1"));
  REQUIRE(service.saw("./run signal USR1"));
  CHECK(service.events("./run signal USR1")[0].time - ended < kAtOnce);
}

SCENARIO_METHOD(SupervisedService, "the service's pause does not hold up its log service", "[fixed]") {
  service.probe("run", Probe::exits(0)).probe("log/run", Probe::copies_input_to(scratch / "out"));
  start();
  REQUIRE(service.saw("log:./run start"));
  REQUIRE(service.saw("./run end"));
  REQUIRE(eventually_stat("down"));
  const auto ended = service.events("./run end").back().time;
  REQUIRE(service.log_control("1"));
  REQUIRE(service.saw("log:./run signal USR1"));
  CHECK(service.events("log:./run signal USR1")[0].time - ended < kAtOnce);
}
