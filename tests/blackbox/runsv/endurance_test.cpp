// runsv under want: no descriptors, no processes, a read-only file system; and over time.
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>

#include <catch2/catch.hpp>

#include "may_become_another_user.hpp"
#include "support/namespaces.hpp"
#include "support/supervised_service.hpp"

using namespace runvisor::testing;

namespace {

std::size_t open_descriptors(pid_t pid) {
  const std::filesystem::directory_iterator entries("/proc/" + std::to_string(pid) + "/fd");
  return static_cast<std::size_t>(std::distance(begin(entries), end(entries)));
}

/// How often a process has gone to sleep or been put aside: unchanged as long as it does nothing at all.
std::string context_switches(pid_t pid) {
  const std::string status = read_file("/proc/" + std::to_string(pid) + "/status");
  return status.substr(status.find("voluntary_ctxt_switches"));
}

}  // namespace

SCENARIO_METHOD(SupervisedService, "runsv opens no more descriptors as time goes by") {
  service.probe("run", Probe()).probe("finish", Probe::exits(0)).probe("control/h", Probe::exits(0));
  service.probe("log/run", Probe::copies_input_to(scratch / "out"));
  REQUIRE(start_and_run());
  REQUIRE(service.saw("log:./run start"));
  REQUIRE(eventually_log_stat("run"));
  const std::size_t before = open_descriptors(runsv->pid());
  for (std::size_t round = 1; round <= 20; ++round) {
    REQUIRE(service.control("hpc1z"));
    REQUIRE(service.log_control("pc"));
    REQUIRE(service.saw("control/h end", round));
  }
  REQUIRE(service.control("t"));
  REQUIRE(service.saw("./run start", 2));
  REQUIRE(eventually_stat("run"));
  CHECK(eventually([&] { return open_descriptors(runsv->pid()) == before; }));
}

SCENARIO_METHOD(SupervisedService, "runsv sleeps as long as nothing happens") {
  service.probe("run", Probe()).probe("log/run", Probe::copies_input_to(scratch / "out"));
  REQUIRE(start_and_run());
  REQUIRE(eventually_log_stat("run"));
  REQUIRE(service.control("1"));
  REQUIRE(service.saw("./run signal USR1"));
  // The writer has gone: were runsv not a writer itself, it would now see the end of the FIFO again and
  // again.
  std::string before = context_switches(runsv->pid());
  REQUIRE(eventually([&] { return before == std::exchange(before, context_switches(runsv->pid())); }));
  CHECK(stays([&] { return context_switches(runsv->pid()) == before; }, 300ms));
}

SCENARIO_METHOD(SupervisedService, "runsv without descriptors to open says so and exits 111") {
  service.probe("run", Probe());
  const Finished result =
      run({program("runsv"), "svc"}, {.cwd = scratch.path(), .limits = {{RLIMIT_NOFILE, 4}}});
  CHECK(result.ending == exited(111));
  CHECK(result.err.starts_with("runsv svc: fatal: unable to "));
  CHECK(result.err.ends_with(": process cannot open more files\n"));
  CHECK(service.history().empty());
}

SCENARIO_METHOD(SupervisedService, "runsv that cannot fork says so and tries again") {
  if (!may_become_another_user()) return;
  // A user id of this test's own, with as many processes as it may have.
  const uid_t alone = 100000 + static_cast<uid_t>(::getpid());
  Process other({"sleep", "1000"}, {.uid = alone});
  service.probe("run", Probe());
  REQUIRE(::chown(service.path().c_str(), alone, alone) == 0);
  write_file(scratch / "events", "", 0666);
  runsv.emplace(std::vector<std::string>{program("runsv"), "svc"},
                ProcessOptions{.cwd = scratch.path(), .uid = alone, .limits = {{RLIMIT_NPROC, 2}}});
  REQUIRE(eventually([&] { return !runsv->err().empty(); }));
  CHECK(runsv->err().starts_with("runsv svc: warning: unable to fork, sleeping: temporary failure\n"));
  other.signal(SIGKILL);
  REQUIRE(other.wait() == killed_by(SIGKILL));
  CHECK(service.saw("./run start"));
  CHECK(leave());
}

SCENARIO_METHOD(SupervisedService, "a service on a read-only file system runs if supervise leads out of it") {
  const std::string read_only = "mount --bind svc svc && mount -o remount,ro,bind svc svc";
  if (run({"/bin/sh", "-c", read_only}, {.cwd = scratch.path(), .prepare = own_mounts}).ending != exited(0)) {
    WARN("not allowed to mount: read-only file systems are left out");
    return;
  }
  service.probe("run", Probe()).probe("log/run", Probe::copies_input_to(scratch / "out"));
  std::filesystem::create_symlink(scratch / "place", service / "supervise");
  std::filesystem::create_symlink(scratch / "log-place", service.log() / "supervise");
  runsv.emplace(
      std::vector<std::string>{"/bin/sh", "-c", read_only + " && exec '" + program("runsv") + "' svc"},
      ProcessOptions{.cwd = scratch.path(), .prepare = own_mounts});
  REQUIRE(service.saw("./run start"));
  REQUIRE(service.saw("log:./run start"));
  REQUIRE(eventually_stat("run"));
  CHECK(runsv->err().empty());
  CHECK(leave());
}

SCENARIO_METHOD(SupervisedService, "many restarts of both services leave no trace") {
  service.probe("run", Probe::exits(0).prints("x")).probe("log/run", Probe());
  REQUIRE((start(), service.saw("./run start", 3)));
  CHECK(eventually([&] {
    const std::vector<pid_t> children = children_of(runsv->pid());
    return children.size() <= 2 && std::all_of(children.begin(), children.end(), alive);
  }));
}
