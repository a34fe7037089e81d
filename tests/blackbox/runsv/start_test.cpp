#include <catch2/catch.hpp>

#include "support/supervised_service.hpp"

using namespace runvisor::testing;

SCENARIO("runsv without an argument prints its usage and exits 1") {
  const Finished result = run({program("runsv")}, {.called_as = "runsv"});
  CHECK(result.ending == exited(1));
  CHECK(result.err == "usage: runsv dir\n\n");
  CHECK(result.out.empty());
}

SCENARIO_METHOD(SupervisedService, "runsv starts run in the service directory") {
  service.probe("run", Probe().reports_to(scratch / "report"));
  REQUIRE(start_and_run());
  const Report report = read_report(scratch / "report");
  CHECK(report.argv == std::vector<std::string>{"./run"});
  CHECK(report.cwd == service.path());
}
