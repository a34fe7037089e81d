// What runsvdir makes of changes in its directory.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "scanned_directory.hpp"

using namespace runvisor::testing;

SCENARIO_METHOD(ScannedDirectory, "runsvdir starts what is linked into its directory") {
  service("one");
  start();
  REQUIRE(running(scan / "one") != 0);
  add("two");
  CHECK(running(scan / "two", at_once()) != 0);
}

SCENARIO_METHOD(ScannedDirectory, "runsvdir starts what is moved into its directory") {
  service("one");
  start();
  REQUIRE(running(scan / "one") != 0);
  prepared("two");
  std::filesystem::rename(scratch / "sv/two", scan / "two");
  CHECK(running(scan / "two", at_once()) != 0);
}

SCENARIO_METHOD(ScannedDirectory, "runsvdir starts what is made in its directory") {
  service("one");
  start();
  REQUIRE(running(scan / "one") != 0);
  service("two");
  CHECK(running(scan / "two", at_once()) != 0);
}

SCENARIO_METHOD(ScannedDirectory,
                "a service copied into the directory piece by piece is started when it is whole", "[fixed]") {
  service("one");
  start();
  REQUIRE(running(scan / "one") != 0);
  // As `cp -r` on a slow disk: run first, in two halves, made executable at the end; then down.
  ServiceDir slow(scan / "slow", scratch / "events-slow");
  const auto a_while = [] { ::poll(nullptr, 0, 60); };
  a_while();
  slow.file("run", "#!/bin/sh\n");
  a_while();
  slow.file("run", "#!/bin/sh\nexec >started sleep 1000\n");
  a_while();
  ::chmod((slow / "run").c_str(), 0755);
  a_while();
  slow.file("finish", "#!/bin/sh\n", 0755);
  a_while();
  slow.file("down");
  REQUIRE(eventually([&] { return published(slow.path(), "down"); }, at_once()));
  CHECK_FALSE(std::filesystem::exists(slow / "started"));
  CHECK(runsvdir->err().empty());
}

SCENARIO_METHOD(ScannedDirectory, "a rescan does not hurry a service that is being copied", "[fixed]") {
  service("one");
  start();
  REQUIRE(running(scan / "one") != 0);
  ServiceDir slow(scan / "slow", scratch / "events-slow");
  for (int i = 0; i < 10; ++i) {
    slow.file("piece" + std::to_string(i));
    runsvdir->signal(SIGALRM);
    ::poll(nullptr, 0, 40);
  }
  CHECK_FALSE(supervised(slow.path()));
  slow.file("down").probe("run", Probe());
  CHECK(eventually([&] { return published(slow.path(), "down"); }, at_once()));
}

SCENARIO_METHOD(ScannedDirectory, "a directory that stays without run gets its runsv all the same") {
  service("one");
  start();
  REQUIRE(running(scan / "one") != 0);
  std::filesystem::create_directory(scan / "empty");
  CHECK(complains("runsv empty: fatal: unable to start ./run: file does not exist\n"));
}

SCENARIO_METHOD(ScannedDirectory, "the runsv of a link that was removed is ended and not started again") {
  service("one");
  ServiceDir two = add("two");
  start();
  REQUIRE(two.saw("./run start"));
  const pid_t pid = running(scan / "two");
  std::filesystem::remove(scan / "two");
  CHECK(eventually([&] { return !alive(pid) && supervisor("two") == 0; }, at_once()));
  CHECK(two.count("./run signal TERM") == 1);
  CHECK(eventually([&] { return !supervised(two.path()); }));
  CHECK(stays([&] { return two.count("./run start") == 1; }, 1500ms));
  CHECK(supervisor("one") != 0);
}

SCENARIO_METHOD(ScannedDirectory, "the runsv of a directory that was removed is ended") {
  service("one");
  service("two");
  start();
  const pid_t pid = running(scan / "two");
  REQUIRE(pid != 0);
  REQUIRE(remove_tree(scan / "two"));
  CHECK(eventually([&] { return !alive(pid) && supervisor("two") == 0; }, at_once()));
  CHECK(supervisor("one") != 0);
}

SCENARIO_METHOD(ScannedDirectory, "a renamed service keeps its processes") {
  ServiceDir one = service("one");
  start();
  const pid_t pid = running(scan / "one");
  REQUIRE(pid != 0);
  const pid_t supervisor_pid = supervisor("one");
  std::filesystem::rename(scan / "one", scan / "renamed");
  add("other");
  REQUIRE(running(scan / "other", at_once()) != 0);
  CHECK(run_pid(scan / "renamed") == pid);
  CHECK(alive(pid));
  CHECK(supervisor("one") == supervisor_pid);
  CHECK(one.saw("./run start"));
  CHECK(one.count("./run start") == 1);
}

SCENARIO_METHOD(ScannedDirectory, "a renamed link keeps its processes") {
  ServiceDir one = add("one");
  start();
  const pid_t pid = running(scan / "one");
  REQUIRE(pid != 0);
  std::filesystem::rename(scan / "one", scan / "renamed");
  add("other");
  REQUIRE(running(scan / "other", at_once()) != 0);
  CHECK(alive(pid));
  CHECK(one.saw("./run start"));
  CHECK(one.count("./run start") == 1);
}

SCENARIO_METHOD(ScannedDirectory, "the runsv of a renamed service is restarted under its new name") {
  service("one");
  start();
  REQUIRE(running(scan / "one") != 0);
  std::filesystem::rename(scan / "one", scan / "renamed");
  add("other");
  REQUIRE(running(scan / "other", at_once()) != 0);
  ServiceDir renamed(scan / "renamed", scratch / "events-1");
  REQUIRE(renamed.control("x"));
  CHECK(eventually([&] { return supervisor("renamed") != 0; }));
  CHECK(running(scan / "renamed") != 0);
}

SCENARIO_METHOD(ScannedDirectory, "a directory replaced under its name gets a runsv of its own") {
  service("one");
  ServiceDir replacement = make(scratch / "replacement", Probe());
  start();
  const pid_t pid = running(scan / "one");
  REQUIRE(pid != 0);
  std::filesystem::rename(scan / "one", scratch / "old");
  std::filesystem::rename(scratch / "replacement", scan / "one");
  REQUIRE(replacement.saw("./run start"));
  CHECK(eventually([&] { return !alive(pid); }));
  CHECK(eventually([&] { return supervisors().size() == 1; }));
}

SCENARIO_METHOD(ScannedDirectory, "two services that exchange their names go on") {
  service("one");
  service("two");
  start();
  const pid_t first = running(scan / "one");
  const pid_t second = running(scan / "two");
  REQUIRE(::renameat2(AT_FDCWD, (scan / "one").c_str(), AT_FDCWD, (scan / "two").c_str(), RENAME_EXCHANGE) ==
          0);
  add("other");
  REQUIRE(running(scan / "other", at_once()) != 0);
  CHECK(run_pid(scan / "one") == second);
  CHECK(run_pid(scan / "two") == first);
}

SCENARIO_METHOD(ScannedDirectory, "a link switched to another service switches the processes") {
  prepared("one");
  prepared("two");
  link("one", "svc");
  start();
  const pid_t pid = running(scratch / "sv/one");
  REQUIRE(pid != 0);
  std::filesystem::create_symlink(scratch / "sv/two", scratch / "switched");
  std::filesystem::rename(scratch / "switched", scan / "svc");
  CHECK(running(scratch / "sv/two", at_once()) != 0);
  CHECK(eventually([&] { return !alive(pid); }));
}

SCENARIO_METHOD(ScannedDirectory,
                "a service that comes back while its runsv still ends does not get a second one", "[fixed]") {
  ServiceDir one = add("one", Probe().on("TERM", Probe::On::ignore));
  start();
  REQUIRE(one.saw("./run start"));
  const pid_t pid = running(scan / "one");
  std::filesystem::remove(scan / "one");
  REQUIRE(one.saw("./run signal TERM"));
  link("one");
  CHECK(stays([&] { return supervisors().size() == 1 && alive(pid); }, 1500ms));
  REQUIRE(one.count("./run start") == 1);
  ::kill(pid, SIGKILL);
  CHECK(one.saw("./run start", 2));
  CHECK(runsvdir->err().empty());
}

SCENARIO_METHOD(ScannedDirectory, "a service removed and made anew behind its link is taken up") {
  add("one");
  start();
  const pid_t pid = running(scan / "one");
  REQUIRE(pid != 0);
  REQUIRE(remove_tree(scratch / "sv/one"));
  REQUIRE(eventually([&] { return !alive(pid); }, at_once()));
  make(scratch / "built", Probe());
  std::filesystem::rename(scratch / "built", scratch / "sv/one");
  CHECK(running(scan / "one", at_once()) != 0);
}

SCENARIO_METHOD(ScannedDirectory, "a service behind a chain of links follows each of them") {
  prepared("one");
  prepared("two");
  std::filesystem::create_symlink(scratch / "hop", scan / "svc");
  std::filesystem::create_symlink("link-to-sv/one", scratch / "hop");
  std::filesystem::create_symlink("sv", scratch / "link-to-sv");
  start();
  const pid_t pid = running(scratch / "sv/one");
  REQUIRE(pid != 0);
  WHEN("the hop leads elsewhere") {
    std::filesystem::create_symlink("sv/two", scratch / "new");
    std::filesystem::rename(scratch / "new", scratch / "hop");
    CHECK(running(scratch / "sv/two", at_once()) != 0);
    CHECK(eventually([&] { return !alive(pid); }));
  }
  WHEN("a folder on the way leads elsewhere") {
    make(scratch / "other-sv/one", Probe());
    std::filesystem::create_symlink("other-sv", scratch / "new");
    std::filesystem::rename(scratch / "new", scratch / "link-to-sv");
    CHECK(running(scratch / "other-sv/one", at_once()) != 0);
    CHECK(eventually([&] { return !alive(pid); }));
  }
}

SCENARIO_METHOD(ScannedDirectory, "a storm of links leaves what is there in the end") {
  service("one");
  for (int i = 0; i < 40; ++i) prepared(std::to_string(i)).file("down");
  start();
  const pid_t pid = running(scan / "one");
  REQUIRE(pid != 0);
  for (int round = 0; round < 25; ++round) {
    for (int i = 0; i < 40; ++i) link(std::to_string(i));
    for (int i = 0; i < 40; ++i) std::filesystem::remove(scan / std::to_string(i));
  }
  link("7");
  CHECK(eventually([&] { return supervisors().size() == 2 && supervisor("7") != 0; }));
  CHECK(eventually([&] { return supervised(scan / "7") && !supervised(scratch / "sv/8"); }));
  CHECK(run_pid(scan / "one") == pid);
}
