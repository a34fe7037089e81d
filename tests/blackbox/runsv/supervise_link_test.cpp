// supervise (and log/supervise) as a symlink to a writable place, as on a read-only file system.
#include <sys/stat.h>

#include <catch2/catch.hpp>

#include "support/supervised_service.hpp"

using namespace runvisor::testing;

namespace {

struct LinkedService : SupervisedService {
  /// Starts the service and checks that its files are in `place`.
  [[nodiscard]] bool works_in(const std::filesystem::path& place) {
    service.probe("run", Probe());
    return start_and_run() && std::filesystem::exists(place / "status") && supervised(service.path()) &&
           std::filesystem::is_symlink(service / "supervise") && leave();
  }
};

}  // namespace

SCENARIO_METHOD(LinkedService, "supervise may be a symlink to a directory") {
  std::filesystem::create_directory(scratch / "place");
  std::filesystem::create_symlink(scratch / "place", service / "supervise");
  CHECK(works_in(scratch / "place"));
}

SCENARIO_METHOD(LinkedService, "the directory that supervise dangles to is made") {
  std::filesystem::create_symlink(scratch / "place", service / "supervise");
  REQUIRE(works_in(scratch / "place"));
  CHECK(mode_of(scratch / "place") == 0700);
}

SCENARIO_METHOD(LinkedService, "a dangling relative supervise is made relative to the service directory") {
  std::filesystem::create_symlink("../place", service / "supervise");
  CHECK(works_in(scratch / "place"));
}

SCENARIO_METHOD(LinkedService, "a dangling supervise may lead to a name within the service directory") {
  std::filesystem::create_symlink("state", service / "supervise");
  CHECK(works_in(service / "state"));
}

SCENARIO_METHOD(LinkedService, "supervise may be a symlink to a symlink to a directory") {
  std::filesystem::create_directory(scratch / "place");
  std::filesystem::create_symlink(scratch / "place", scratch / "hop");
  std::filesystem::create_symlink("../hop", service / "supervise");
  CHECK(works_in(scratch / "place"));
}

SCENARIO_METHOD(LinkedService, "supervise that dangles below a missing directory is refused") {
  service.probe("run", Probe());
  std::filesystem::create_symlink("../missing/place", service / "supervise");
  const Finished result = run({program("runsv"), "svc"}, {.cwd = scratch.path()});
  CHECK(result.ending == exited(111));
  CHECK(result.err == "runsv svc: fatal: unable to open supervise/lock: file does not exist\n");
  CHECK(service.history().empty());
}

SCENARIO_METHOD(LinkedService, "log/supervise may be a dangling symlink, relative to log") {
  service.probe("log/run", Probe::copies_input_to(scratch / "out"));
  service.probe("run", Probe());
  std::filesystem::create_symlink("../../log-place", service.log() / "supervise");
  std::filesystem::create_symlink("../place", service / "supervise");
  REQUIRE(start_and_run());
  REQUIRE(eventually_log_stat("run"));
  CHECK(std::filesystem::exists(scratch / "log-place/status"));
  CHECK(std::filesystem::exists(scratch / "place/status"));
  CHECK(mode_of(scratch / "log-place") == 0700);
  CHECK(leave());
}

SCENARIO_METHOD(LinkedService, "log/supervise may be an absolute symlink") {
  service.probe("log/run", Probe::copies_input_to(scratch / "out"));
  service.probe("run", Probe());
  std::filesystem::create_symlink(scratch / "log-place", service.log() / "supervise");
  REQUIRE(start_and_run());
  REQUIRE(eventually_log_stat("run"));
  CHECK(std::filesystem::exists(scratch / "log-place/status"));
  CHECK(leave());
}
