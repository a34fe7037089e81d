// Control of a service given to a group, as docs/security.md describes it.
#include <sys/stat.h>
#include <unistd.h>

#include <string>

#include <catch2/catch.hpp>

#include "neighbour.hpp"
#include "support/supervised_service.hpp"

using namespace runvisor::testing;

namespace {

struct Delegated : SupervisedService {
  Delegated() {
    service.probe("run", Probe());
    REQUIRE(start_and_run());
    allow("supervise", 0710);
    allow("supervise/ok", 0620);
    allow("supervise/control", 0620);
  }

  /// Gives something to the group.
  void allow(const std::string& name, unsigned mode) const {
    REQUIRE(::chown((service / name).c_str(), 0, Neighbour::id()) == 0);
    REQUIRE(::chmod((service / name).c_str(), mode) == 0);
  }
  /// As a member of the group.
  [[nodiscard]] Finished sv(const std::string& command) const {
    return run({program("sv"), "-w5", command, service.path().string()},
               {.cwd = "/", .uid = Neighbour::id()});
  }
};

}  // namespace

SCENARIO_METHOD(Delegated, "members of a group control a service that has been given to them (root)") {
  CHECK(sv("down").ending == exited(0));
  CHECK(sv("status").out.starts_with("down: " + service.path().string() + ": "));
  CHECK(sv("up").ending == exited(0));
  CHECK(eventually_stat("run"));
  const Finished status = sv("status");
  CHECK(status.ending == exited(0));
  CHECK(status.err.empty());
}

SCENARIO_METHOD(Delegated, "delegated control outlives runsv (root)") {
  REQUIRE(leave());
  REQUIRE(start_and_run());
  CHECK(mode_of(service / "supervise") == 0710);
  CHECK(mode_of(service / "supervise/control") == 0620);
  CHECK(sv("down").ending == exited(0));
}

SCENARIO_METHOD(Delegated,
                "members of the group may neither read commands nor change what is published (root)") {
  const auto may = [&](const std::string& command) {
    return run({"/bin/sh", "-c", command}, {.cwd = service.path(), .uid = Neighbour::id()}, 2s).ending ==
           exited(0);
  };
  CHECK(may("test -w supervise/control"));
  CHECK_FALSE(may("test -r supervise/control || test -r supervise/ok"));
  CHECK_FALSE(may("test -r supervise/lock || test -w supervise/lock"));
  CHECK_FALSE(may("test -w supervise/status || test -w supervise/stat || test -w supervise/pid"));
  CHECK_FALSE(may("rm -f supervise/status || mv supervise/control supervise/x || touch supervise/new"));
  CHECK_FALSE(may("kill -0 $(cat supervise/pid)"));
}

SCENARIO_METHOD(Delegated, "who is not in the group has no control (root)") {
  const Finished result =
      run({program("sv"), "down", service.path().string()}, {.cwd = "/", .uid = Neighbour::id() + 1});
  CHECK(result.ending == exited(1));
  CHECK(result.out ==
        "warning: " + service.path().string() + ": unable to open supervise/ok: access denied\n");
  CHECK(stat() == "run\n");
}
