// What a new runsvdir makes of the runsv's that a killed one has left.
#include <catch2/catch.hpp>

#include "scanned_directory.hpp"

using namespace runvisor::testing;

namespace {

struct AbandonedDirectory : ScannedDirectory {
  /// Kills runsvdir and starts another, which finds every runsv there.
  void replace_runsvdir(std::size_t services) {
    killed_.push_back(std::move(*runsvdir));
    killed_.back().signal(SIGKILL);
    REQUIRE(killed_.back().wait() == killed_by(SIGKILL));
    start();
    const bool found_all = eventually([&] { return count_of("unable to lock supervise/lock") == services; });
    INFO(runsvdir->err());
    REQUIRE(found_all);
    REQUIRE(eventually([&] { return supervisors().empty(); }));
  }

  [[nodiscard]] std::size_t count_of(const std::string& text) const {
    const std::string all = runsvdir->err();
    std::size_t count = 0;
    for (auto at = all.find(text); at != std::string::npos; at = all.find(text, at + 1)) ++count;
    return count;
  }

  /// The pid of the runsv that holds a service, which is not runsvdir's child.
  [[nodiscard]] pid_t left_runsv(const std::string& name) const {
    for (const pid_t pid : children_of(::getpid())) {
      if (command_line(pid) == std::vector<std::string>{"runsv", name}) return pid;
    }
    return 0;
  }

 private:
  std::vector<Process> killed_;
};

}  // namespace

SCENARIO_METHOD(AbandonedDirectory, "a new runsvdir waits for the runsv's that a killed one has left",
                "[fixed]") {
  ServiceDir one = service("one");
  ServiceDir two = service("two");
  start();
  const pid_t pid = running(scan / "one");
  REQUIRE(pid != 0);
  REQUIRE(running(scan / "two") != 0);
  replace_runsvdir(2);
  // Where runit starts one a second.
  CHECK(stays([&] { return count_of("unable to lock") == 2; }, 1500ms));

  WHEN("one of them is killed") {
    REQUIRE(::kill(left_runsv("one"), SIGKILL) == 0);
    THEN("its successor adopts the service") {
      CHECK(eventually([&] { return supervisor("one") != 0; }));
      CHECK(eventually([&] { return supervised(scan / "one"); }));
      CHECK(one.control("h"));
      CHECK(one.saw("./run signal HUP"));
      CHECK(run_pid(scan / "one") == pid);
      CHECK(one.count("./run start") == 1);
    }
  }
  WHEN("one of them is told to exit") {
    REQUIRE(one.control("x"));
    THEN("the service is started anew") {
      CHECK(one.saw("./run start", 2));
      CHECK(eventually([&] { return supervisor("one") != 0; }));
    }
  }
  WHEN("a directory goes") {
    std::filesystem::rename(scan / "two", scratch / "two");
    THEN("its runsv is told to exit") {
      CHECK(two.saw("./run signal TERM"));
      CHECK(one.count("./run signal TERM") == 0);
    }
  }
  WHEN("runsvdir is told to end all") {
    runsvdir->signal(SIGHUP);
    THEN("they are told to exit") {
      CHECK(runsvdir->wait() == exited(111));
      CHECK(one.saw("./run signal TERM"));
      CHECK(two.saw("./run signal TERM"));
    }
  }
}

SCENARIO_METHOD(ScannedDirectory, "two runsvdirs on one directory do not try for its runsv's all the time",
                "[fixed]") {
  ServiceDir one = service("one");
  start();
  REQUIRE(running(scan / "one") != 0);
  Process second({program("runsvdir"), scan.string()}, {.environment = {{"PATH", search_path()}}});
  REQUIRE(eventually([&] { return !second.err().empty(); }));
  const std::string complaint = second.err();
  CHECK(stays([&] { return second.err() == complaint; }, 1500ms));
  // It is not the second one's to end, as long as the first one lives.
  std::filesystem::rename(scan / "one", scratch / "one");
  REQUIRE(one.saw("./run signal TERM"));
  CHECK(one.count("./run signal TERM") == 1);
  second.signal(SIGHUP);
  CHECK(second.wait() == exited(111));
}

SCENARIO_METHOD(AbandonedDirectory, "whenever runsvdir and runsv are killed, there is one of each service",
                "[fixed]") {
  std::vector<ServiceDir> services;
  for (const char* name : {"one", "two", "three"}) services.push_back(service(name));
  start();
  std::vector<pid_t> pids;
  for (const ServiceDir& each : services) pids.push_back(running(each.path()));
  std::vector<Process> killed;
  for (int i = 0; i < 10; ++i) {
    for (const char* name : {"one", "two", "three"}) {
      pid_t pid = supervisor(name);
      if (pid == 0) pid = left_runsv(name);
      if (pid != 0 && i % 3 != 0) ::kill(pid, SIGKILL);
    }
    if (i % 2 == 0) {
      killed.push_back(std::move(*runsvdir));
      killed.back().signal(SIGKILL);
      REQUIRE(killed.back().wait() == killed_by(SIGKILL));
      start();
    }
    REQUIRE(eventually(
        [&] { return supervised(scan / "one") && supervised(scan / "two") && supervised(scan / "three"); }));
  }
  for (std::size_t i = 0; i < services.size(); ++i) {
    CHECK(run_pid(services[i].path()) == pids[i]);
    CHECK(services[i].count("./run start") == 1);
  }
}
