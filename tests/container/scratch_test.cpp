// The image with nothing but static programs.
#include <catch2/catch.hpp>

#include "support/container.hpp"

using namespace runvisor::testing;
using Catch::Matchers::StartsWith;

SCENARIO("static programs are supervised in a container that holds nothing else (root)", "[container]") {
  const std::string probe = RUNVISOR_PROBE_SERVICE;
  Container scratch("scratch", {"--volume", probe + ":/etc/service/app/run:ro"});
  REQUIRE(eventually([&] { return scratch.exec({"sv", "-w", "5", "check", "app"}).ending == exited(0); }));
  CHECK_THAT(scratch.exec({"sv", "status", "/etc/service/app"}).out,
             StartsWith("run: /etc/service/app: (pid "));
  CHECK(scratch.exec({"sv", "restart", "app"}).ending == exited(0));
  CHECK(scratch.exec({"sv", "-w", "5", "down", "app"}).ending == exited(0));
  const auto stopped = scratch.stop();
  CHECK(stopped.ending == exited(2));
  CHECK(stopped.took < 5s);
}
