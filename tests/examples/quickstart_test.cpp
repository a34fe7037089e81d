// The command on the README's first screen, with programs that are built already.
#include <signal.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "example_services.hpp"
#include "support/binaries.hpp"

using namespace runvisor::testing;
using Catch::Matchers::Contains;
namespace fs = std::filesystem;

namespace {

constexpr auto kDemonstration = 120s;

fs::path folder_of_programs() { return fs::path(program("runsv")).parent_path(); }

/// All that quickstart needs, the daemons and the programs included.
void make_clone(const fs::path& clone) {
  fs::create_directories(clone / "build");
  for (const char* part : {"quickstart", "tools", "service-examples"}) {
    fs::copy(fs::path(RUNVISOR_SOURCE_DIR) / part, clone / part, fs::copy_options::recursive);
  }
  fs::copy(RUNVISOR_DAEMONS, clone / "build/daemons",
           fs::copy_options::recursive | fs::copy_options::copy_symlinks);
  fs::copy(folder_of_programs(), clone / "bin",
           fs::copy_options::recursive | fs::copy_options::copy_symlinks);
}

bool no_process_left() {
  return eventually([] { return descendants_of(::getpid()).empty(); });
}

void check_demonstration(const std::string& out) {
  CHECK_THAT(out, Contains("run: nginx: (pid "));
  CHECK_THAT(out, Contains("nginx: nginx, supervised"));
  CHECK_THAT(out, Contains("redis: hello from redis"));
  CHECK_THAT(out, Contains("memcached: hello from memcached"));
  CHECK_THAT(out, Contains("myapp: APP_GREETING=Hello from a supervised application"));
  CHECK_THAT(out, Contains("All services have ended; nothing is left behind."));
}

}  // namespace

SCENARIO("quickstart shows every service and leaves nothing behind, and does so again") {
  const TempDir scratch;
  for (int time = 1; time <= 2; ++time) {
    const Finished shown = run(
        {fs::path(RUNVISOR_SOURCE_DIR) / "quickstart", "--bin", folder_of_programs(), "--exit-after-demo"},
        {.environment = {{"TMPDIR", scratch.path()}}}, kDemonstration);
    INFO(shown.out << shown.err);
    CHECK(shown.ending == exited(0));
    check_demonstration(shown.out);
    if (is_root()) {
      CHECK_THAT(shown.out, Contains("cron has started"));
    }
    CHECK(no_process_left());
    CHECK(fs::is_empty(scratch.path()));
  }
}

SCENARIO("quickstart keeps the services up until INT, TERM or HUP") {
  const int signal = GENERATE(SIGINT, SIGTERM, SIGHUP);
  const TempDir scratch;
  Process quickstart({fs::path(RUNVISOR_SOURCE_DIR) / "quickstart", "--bin", folder_of_programs()},
                     {.environment = {{"TMPDIR", scratch.path()}}});
  REQUIRE(eventually([&] { return quickstart.out().find("All are up until Ctrl-C") != std::string::npos; },
                     kDemonstration));
  quickstart.signal(signal);
  CHECK(quickstart.wait(kDemonstration) == exited(0));
  INFO(quickstart.out() << quickstart.err());
  check_demonstration(quickstart.out());
  CHECK(no_process_left());
  CHECK(fs::is_empty(scratch.path()));
}

SCENARIO("quickstart works without root in a clone elsewhere, and says that it leaves out cron (root)") {
  const TempDir scratch;
  const fs::path clone = scratch / "a clone";
  make_clone(clone);
  fs::create_directory(scratch / "tmp");
  fs::permissions(scratch / "tmp", fs::perms::all);

  const Finished shown = run({clone / "quickstart", "--bin", clone / "bin", "--exit-after-demo"},
                             {.environment = {{"TMPDIR", scratch / "tmp"}}, .uid = kNobody}, kDemonstration);
  INFO(shown.out << shown.err);
  CHECK(shown.ending == exited(0));
  check_demonstration(shown.out);
  CHECK_THAT(shown.out, Contains("Left out: cron"));
  CHECK(no_process_left());
  CHECK(fs::is_empty(scratch / "tmp"));
}

SCENARIO(
    "quickstart works in a clone that only root may look into, though the services are not root (root)") {
  const TempDir scratch;
  const fs::path clone = scratch / "home/clone";
  make_clone(clone);
  fs::permissions(scratch / "home", fs::perms::owner_all);
  fs::create_directory(scratch / "tmp");

  const Finished shown = run({clone / "quickstart", "--bin", clone / "bin", "--exit-after-demo"},
                             {.environment = {{"TMPDIR", scratch / "tmp"}}}, kDemonstration);
  INFO(shown.out << shown.err);
  CHECK(shown.ending == exited(0));
  check_demonstration(shown.out);
  CHECK(no_process_left());
  CHECK(fs::is_empty(scratch / "tmp"));
}

SCENARIO("quickstart refuses what it does not know") {
  const Finished refused = run({fs::path(RUNVISOR_SOURCE_DIR) / "quickstart", "--what"});
  CHECK(refused.ending == exited(2));
  CHECK_THAT(refused.err, Contains("usage: ./quickstart"));
}
