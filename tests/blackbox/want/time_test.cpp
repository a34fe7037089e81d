// Clocks that tell something else than one would think.
#include <chrono>
#include <string>

#include <catch2/catch.hpp>

#include "support/supervised_service.hpp"
#include "sv/scene.hpp"

using namespace runvisor::testing;

SCENARIO_METHOD(Scene, "no age is negative, whatever time the service was started at") {
  const auto years = std::chrono::hours{24 * 365 * 20};
  const FakeRunsv ahead(path() / "ahead", {.pid = 4242, .want = 'u', .state = kStateRun, .age = -years});
  const FakeRunsv behind(path() / "behind",
                         {.pid = 4242, .want = 'u', .state = kStateRun, .age = years + 100ms});
  const Finished result = sv({"status", "./ahead", "./behind"});
  CHECK(result.ending == exited(0));
  CHECK(result.out.starts_with("run: ./ahead: (pid 4242) 0s\nrun: ./behind: (pid 4242) 63072000"));
  CHECK(without_ages(result.out) == "run: ./ahead: (pid 4242) Ns\nrun: ./behind: (pid 4242) Ns\n");
}

SCENARIO_METHOD(SupervisedService,
                "the pause before a restart is one second, wherever the machine's clock began (root)") {
  const std::string offset = GENERATE(std::string("-3600"), std::string("315360000"));
  CAPTURE(offset);
  service.probe("run", Probe::exits(0));
  runsv.emplace(std::vector<std::string>{"unshare", "--time", "--fork", "--kill-child", "--monotonic", offset,
                                         "--boottime", offset, program("runsv"), service.path().string()});
  REQUIRE(service.saw("./run start", 3));
  const auto starts = service.events("./run start");
  CHECK(starts[2].time - starts[1].time > 900ms);
  CHECK(starts[2].time - starts[1].time < 5s);
  REQUIRE(service.control("x"));
  CHECK(runsv->wait() == exited(0));
}
