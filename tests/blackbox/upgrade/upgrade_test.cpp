// runvisor-upgrade on services that run. There is no such program among runit's.
#include <catch2/catch.hpp>

#include "runsvdir/scanned_directory.hpp"

using namespace runvisor::testing;

SCENARIO_METHOD(ScannedDirectory,
                "an upgrade puts a new runsv under each service and loses no line of a log") {
  const std::filesystem::path logged = scratch / "logged";
  ServiceDir loaded = make(scan / "loaded", Probe());
  loaded.script("run", "i=0\nwhile [ $i -lt 20000 ]; do echo line $i; i=$((i + 1)); done\nexec sleep 1000");
  loaded.script("log/run", "exec cat >>" + logged.string());
  ServiceDir quiet = service("quiet");
  ServiceDir stopped = service("stopped");
  stopped.file("down");
  start();
  REQUIRE(eventually(
      [&] { return std::filesystem::exists(logged) && std::filesystem::file_size(logged) > 100; }));
  REQUIRE(eventually([&] { return supervised(scan / "stopped"); }));
  const pid_t pid = running(scan / "loaded");
  const pid_t quiet_pid = running(scan / "quiet");
  const auto before = supervisors();
  REQUIRE(before.size() == 3);
  // Its end as an object would be that of all orphans, which the services are from now on.
  Process upgrade({program("runvisor-upgrade"), scan.string()});
  CHECK(upgrade.wait() == exited(0));
  CHECK(upgrade.out() == "ok: loaded: (pid " + std::to_string(pid) + ")\nok: quiet: (pid " +
                             std::to_string(quiet_pid) + ")\nok: stopped: (pid 0)\n");
  CHECK(upgrade.err().empty());
  const auto after = supervisors();
  for (const auto& [name, supervisor] : before) CHECK(after.at(name) != supervisor);
  CHECK(run_pid(scan / "loaded") == pid);
  CHECK(run_pid(scan / "quiet") == quiet_pid);
  CHECK(quiet.count("./run start") == 1);
  CHECK(stopped.count("./run start") == 0);
  std::string expected;
  for (int i = 0; i < 20000; ++i) expected += "line " + std::to_string(i) + "\n";
  CHECK(eventually([&] { return read_file(logged) == expected; }));
}

SCENARIO_METHOD(ScannedDirectory, "an upgrade leaves alone a runsv that nobody would start again") {
  ServiceDir one = service("one");
  std::filesystem::create_directory(scan / "unsupervised");
  Process runsv({program("runsv"), (scan / "one").string()});
  REQUIRE(one.saw("./run start"));
  REQUIRE(running(scan / "one") != 0);
  const Finished done = run({program("runvisor-upgrade"), scan.string()});
  CHECK(done.ending == exited(1));
  CHECK(done.out == "fail: one: its runsv is no child of a runsvdir\n");
  CHECK(runsv.running());
}

SCENARIO_METHOD(ScannedDirectory, "an upgrade tells how it is used, and what it cannot read") {
  const Finished bare = run({program("runvisor-upgrade")});
  CHECK(bare.ending == exited(100));
  CHECK(bare.err == "usage: runvisor-upgrade dir\n\n");
  const Finished missing = run({program("runvisor-upgrade"), (scratch / "missing").string()});
  CHECK(missing.ending == exited(100));
  CHECK(missing.err == "runvisor-upgrade: fatal: unable to open " + (scratch / "missing").string() + "\n");
}
