// How runsvdir restarts a runsv that has ended.
#include <fcntl.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "scanned_directory.hpp"

using namespace runvisor::testing;

namespace {

/// With a probe in the place of runsv.
struct ProbedRunsv : ScannedDirectory {
  ServiceDir bin{scratch / "bin", scratch / "events"};

  /// Starts runsvdir; each runsv that it starts does as `runsv` says.
  void start_probed(const Probe& runsv, const std::vector<std::string>& options = {}) {
    bin.probe("runsv", runsv);
    // The probe reads its orders in its working directory.
    std::filesystem::copy_file(bin / "runsv.probe", scan / "runsv.probe");
    std::vector<std::string> arguments{program("runsvdir")};
    arguments.insert(arguments.end(), options.begin(), options.end());
    arguments.push_back(scan.string());
    runsvdir.emplace(arguments, ProcessOptions{.environment = {{"PATH", bin.path().string()}}});
  }
};

}  // namespace

SCENARIO_METHOD(ScannedDirectory, "a runsv that was killed is started again") {
  service("one").file("down");
  start();
  REQUIRE(eventually([&] { return supervised(scan / "one"); }));
  const pid_t pid = supervisor("one");
  REQUIRE(::kill(pid, SIGKILL) == 0);
  CHECK(eventually([&] { return supervisor("one") != 0 && supervisor("one") != pid; }));
  CHECK(eventually([&] { return supervised(scan / "one"); }));
}

SCENARIO_METHOD(ScannedDirectory, "a runsv that was told to exit is started again") {
  ServiceDir one = service("one");
  start();
  REQUIRE(one.saw("./run start"));
  REQUIRE(one.control("x"));
  CHECK(one.saw("./run start", 2));
}

SCENARIO_METHOD(ProbedRunsv, "a runsv that ends at once is started once a second") {
  std::filesystem::create_directory(scan / "one");
  start_probed(Probe::exits(111));
  REQUIRE(bin.saw("runsv start one", 4));
  const std::vector<Event> starts = bin.events("runsv start one");
  // The recorded times are those of the children's first steps, which a busy machine may move.
  CHECK(starts[3].time - starts[0].time > 2900ms);
  CHECK(starts[3].time - starts[0].time < 12s);
}

SCENARIO_METHOD(ProbedRunsv, "many a runsv that ends at once is started once a second each") {
  for (int i = 0; i < 20; ++i) std::filesystem::create_directory(scan / std::to_string(i));
  start_probed(Probe::exits(111));
  REQUIRE(bin.saw("runsv start 19", 3));
  for (int i = 0; i < 20; ++i) {
    const auto starts = bin.events("runsv start " + std::to_string(i) + "\n");
    for (std::size_t at = 1; at < starts.size(); ++at) CHECK(starts[at].time - starts[at - 1].time > 900ms);
  }
  CHECK(bin.count("runsv start") <= 80);
}

SCENARIO_METHOD(ProbedRunsv, "a runsv that has lived for longer than a second is started again at once",
                "[fixed]") {
  std::filesystem::create_directory(scan / "one");
  start_probed(Probe());
  REQUIRE(bin.saw("runsv start one"));
  ::poll(nullptr, 0, 1100);
  const auto killed = monotonic_now();
  ::kill(bin.events("runsv start one").front().pid, SIGKILL);
  REQUIRE(bin.saw("runsv start one", 2));
  CHECK(bin.events("runsv start one").back().time - killed < 700ms);
}

SCENARIO_METHOD(ProbedRunsv, "a runsv that ends while another starts is not missed") {
  for (int i = 0; i < 50; ++i) std::filesystem::create_directory(scan / std::to_string(i));
  start_probed(Probe());
  REQUIRE(bin.saw("runsv start", 50));
  for (const Event& event : bin.events("runsv start")) ::kill(event.pid, SIGKILL);
  CHECK(bin.saw("runsv start", 100));
  CHECK(eventually([&] { return children_of(runsvdir->pid()).size() == 50; }));
}

SCENARIO_METHOD(ScannedDirectory, "runsvdir says that runsv is not in PATH and goes on") {
  service("one");
  std::filesystem::create_directory(scratch / "bin");
  runsvdir.emplace(std::vector<std::string>{program("runsvdir"), scan.string()},
                   ProcessOptions{.environment = {{"PATH", (scratch / "bin").string()}}});
  REQUIRE(
      complains("runsvdir " + scan.string() + ": fatal: unable to start runsv one: file does not exist\n"));
  std::filesystem::create_symlink(program("runsv"), scratch / "bin/runsv");
  CHECK(running(scan / "one") != 0);
}

SCENARIO_METHOD(ScannedDirectory, "runsvdir says that runsv may not be executed") {
  service("one");
  std::filesystem::create_directory(scratch / "bin");
  write_file(scratch / "bin/runsv", "", 0644);
  runsvdir.emplace(std::vector<std::string>{program("runsvdir"), scan.string()},
                   ProcessOptions{.environment = {{"PATH", (scratch / "bin").string()}}});
  CHECK(complains("runsvdir " + scan.string() + ": fatal: unable to start runsv one: access denied\n"));
}

SCENARIO_METHOD(ScannedDirectory, "two runsvdirs on one directory leave one runsv for each service") {
  ServiceDir one = service("one");
  start();
  REQUIRE(running(scan / "one") != 0);
  Process second({program("runsvdir"), scan.string()}, {.environment = {{"PATH", search_path()}}});
  REQUIRE(
      eventually([&] { return second.err().find("unable to lock supervise/lock") != std::string::npos; }));
  CHECK(one.saw("./run start"));
  CHECK(one.count("./run start") == 1);
  second.signal(SIGHUP);
  CHECK(second.wait() == exited(111));
  CHECK(one.count("./run signal TERM") == 0);
}

SCENARIO_METHOD(ProbedRunsv, "a runsv has the standard descriptors of runsvdir and no others") {
  std::filesystem::create_directory(scan / "one");
  start_probed(Probe().reports_to(scratch / "report"));
  REQUIRE(bin.saw("runsv start one"));
  const Report report = read_report(scratch / "report");
  CHECK(report.descriptors.size() == 3);
  CHECK(report.descriptors.at(0) == "/dev/null");
  CHECK(report.descriptors.at(1).find("stdout") != std::string::npos);
  CHECK(report.descriptors.at(2).find("stderr") != std::string::npos);
  for (const auto& [fd, flags] : report.descriptor_flags) CHECK((flags & O_NONBLOCK) == 0);
}

SCENARIO_METHOD(ProbedRunsv, "a runsv inherits environment, name and working directory from runsvdir") {
  std::filesystem::create_directory(scan / "one");
  bin.probe("runsv", Probe().reports_to(scratch / "report"));
  std::filesystem::copy_file(bin / "runsv.probe", scan / "runsv.probe");
  runsvdir.emplace(std::vector<std::string>{program("runsvdir"), scan.string()},
                   ProcessOptions{.environment = {{"PATH", bin.path().string()}, {"COLOUR", "blue"}},
                                  .bare_environment = true});
  REQUIRE(bin.saw("runsv start one"));
  const Report report = read_report(scratch / "report");
  CHECK(report.argv == std::vector<std::string>{"runsv", "one"});
  CHECK(report.environment ==
        std::map<std::string, std::string>{{"PATH", bin.path().string()}, {"COLOUR", "blue"}});
  CHECK(report.cwd == scan.string());
  CHECK(report.parent == runsvdir->pid());
}

SCENARIO_METHOD(ProbedRunsv, "a runsv stays in the session of runsvdir") {
  std::filesystem::create_directory(scan / "one");
  start_probed(Probe().reports_to(scratch / "report"));
  REQUIRE(bin.saw("runsv start one"));
  CHECK(read_report(scratch / "report").session == ::getsid(runsvdir->pid()));
  CHECK(read_report(scratch / "report").process_group == ::getpgid(runsvdir->pid()));
}

SCENARIO_METHOD(ProbedRunsv, "with -P each runsv has a session and a process group of its own") {
  std::filesystem::create_directory(scan / "one");
  start_probed(Probe().reports_to(scratch / "report"), {GENERATE(std::string("-P"), std::string("-Pv"))});
  REQUIRE(bin.saw("runsv start one"));
  const pid_t pid = bin.events("runsv start one").front().pid;
  CHECK(read_report(scratch / "report").session == pid);
  CHECK(read_report(scratch / "report").process_group == pid);
}
