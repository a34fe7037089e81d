// Signals to runsvdir, and what its children inherit of them.
#include <unistd.h>

#include <catch2/catch.hpp>

#include "scanned_directory.hpp"

using namespace runvisor::testing;

namespace {

constexpr std::uint64_t bit(int signal) { return std::uint64_t{1} << static_cast<unsigned>(signal - 1); }

}  // namespace

SCENARIO_METHOD(ScannedDirectory, "TERM ends runsvdir at once and leaves every runsv running") {
  ServiceDir one = service("one");
  start();
  const pid_t pid = running(scan / "one");
  REQUIRE(pid != 0);
  runsvdir->signal(SIGTERM);
  CHECK(runsvdir->wait() == exited(0));
  CHECK(alive(pid));
  CHECK(supervised(scan / "one"));
  CHECK(one.count("./run signal TERM") == 0);
  REQUIRE(one.control("x"));
  CHECK(eventually([&] { return !supervised(scan / "one"); }));
}

SCENARIO_METHOD(ScannedDirectory, "HUP ends every runsv and then runsvdir with 111") {
  ServiceDir one = service("one");
  ServiceDir two = service("two").file("down");
  ServiceDir three = add("three");
  start();
  const pid_t pid = running(scan / "one");
  REQUIRE(pid != 0);
  REQUIRE(one.saw("./run start"));
  REQUIRE(three.saw("./run start"));
  REQUIRE(eventually([&] { return supervised(two.path()); }));
  runsvdir->signal(SIGHUP);
  CHECK(runsvdir->wait() == exited(111));
  CHECK(one.saw("./run signal TERM"));
  CHECK(three.saw("./run signal TERM"));
  for (const ServiceDir* each : {&one, &two, &three}) {
    CHECK(eventually([&] { return !supervised(each->path()); }));
  }
  CHECK_FALSE(alive(pid));
}

SCENARIO_METHOD(ScannedDirectory, "a runsvdir that got HUP before its first look starts nothing", "[fixed]") {
  const ServiceDir one = service("one");
  ProcessOptions options;
  options.blocked_signals = {SIGHUP};
  options.prepare = [] { ::raise(SIGHUP); };
  start(options);
  CHECK(runsvdir->wait() == exited(111));
  CHECK_FALSE(std::filesystem::exists(scan / "one/supervise"));
  CHECK(one.history().empty());
}

SCENARIO_METHOD(ScannedDirectory, "HUP does not wait for a service that takes its time") {
  ServiceDir one = service("one", Probe().on("TERM", Probe::On::ignore));
  start();
  REQUIRE(one.saw("./run start"));
  const pid_t pid = running(scan / "one");
  runsvdir->signal(SIGHUP);
  CHECK(runsvdir->wait() == exited(111));
  CHECK(one.saw("./run signal TERM"));
  CHECK(alive(pid));
}

SCENARIO_METHOD(ScannedDirectory, "TERM and HUP end a runsvdir that waits for its directory") {
  const int number = GENERATE(SIGTERM, SIGHUP);
  std::filesystem::remove(scan);
  start();
  REQUIRE(complains("unable to stat"));
  runsvdir->signal(number);
  CHECK(runsvdir->wait() == exited(number == SIGHUP ? 111 : 0));
}

SCENARIO_METHOD(ScannedDirectory, "ALRM to runsvdir is harmless") {
  ServiceDir one = service("one");
  start();
  const pid_t pid = running(scan / "one");
  REQUIRE(pid != 0);
  for (int i = 0; i < 5; ++i) runsvdir->signal(SIGALRM);
  add("two");
  CHECK(running(scan / "two") != 0);
  CHECK(runsvdir->running());
  CHECK(one.saw("./run start"));
  CHECK(one.count("./run start") == 1);
}

SCENARIO_METHOD(ScannedDirectory, "signals that runsvdir knows nothing of end it as usual") {
  const int number = GENERATE(SIGINT, SIGQUIT, SIGUSR1, SIGUSR2);
  service("one");
  start();
  const pid_t pid = running(scan / "one");
  REQUIRE(pid != 0);
  runsvdir->signal(number);
  CHECK(runsvdir->wait() == killed_by(number));
  CHECK(alive(pid));
}

SCENARIO_METHOD(ScannedDirectory, "TERM and HUP end a runsvdir while it starts its services") {
  const int number = GENERATE(SIGTERM, SIGHUP);
  // A sanitized runsv takes the processor for so long that 200 of them would outlast the deadline.
  const int services = running_sanitized() ? 30 : 200;
  for (int i = 0; i < services; ++i) {
    std::filesystem::create_directory(scan / std::to_string(i));
    write_file(scan / std::to_string(i) / "down", "");
  }
  start();
  REQUIRE(eventually([&] { return children_of(runsvdir->pid()).size() > 5; }));
  runsvdir->signal(number);
  CHECK(runsvdir->wait() == exited(number == SIGHUP ? 111 : 0));
  if (number == SIGHUP) {
    CHECK(eventually([&] { return descendants_of(::getpid()).empty(); }, 60s));
  }
}

SCENARIO_METHOD(ScannedDirectory, "a stopped runsvdir catches up when it is continued") {
  service("one");
  add("two");
  start();
  const pid_t pid = running(scan / "two");
  REQUIRE(running(scan / "one") != 0);
  runsvdir->signal(SIGSTOP);
  REQUIRE(eventually([&] { return process_state(runsvdir->pid()) == 'T'; }));
  add("three");
  std::filesystem::remove(scan / "two");
  runsvdir->signal(SIGCONT);
  CHECK(running(scan / "three") != 0);
  CHECK(eventually([&] { return !alive(pid); }));
}

SCENARIO_METHOD(ScannedDirectory, "services below runsvdir start with clean signals") {
  ServiceDir one = service("one", Probe().reports_to(scratch / "report"));
  start();
  REQUIRE(one.saw("./run start"));
  CHECK(read_report(scratch / "report").blocked == 0);
  CHECK(read_report(scratch / "report").ignored == 0);
}

SCENARIO_METHOD(ScannedDirectory, "signals that runsvdir does not use reach its services as it got them") {
  ServiceDir one = service("one", Probe().reports_to(scratch / "report"));
  start({.ignored_signals = {SIGUSR1, SIGPIPE}, .blocked_signals = {SIGUSR2, SIGINT}});
  REQUIRE(one.saw("./run start"));
  CHECK(read_report(scratch / "report").ignored == (bit(SIGUSR1) | bit(SIGPIPE)));
  CHECK(read_report(scratch / "report").blocked == (bit(SIGUSR2) | bit(SIGINT)));
}

SCENARIO_METHOD(ScannedDirectory, "runsvdir obeys signals that its parent ignored or blocked", "[fixed]") {
  const int number = GENERATE(SIGTERM, SIGHUP, SIGALRM);
  ServiceDir one = service("one", Probe().reports_to(scratch / "report"));
  start({.ignored_signals = {SIGCHLD, number}, .blocked_signals = {SIGCHLD, number}});
  REQUIRE(one.saw("./run start"));
  CHECK((read_report(scratch / "report").blocked & (bit(SIGCHLD) | bit(number))) == 0);
  CHECK((read_report(scratch / "report").ignored & (bit(SIGCHLD) | bit(number))) == 0);
  one.file("down");
  const pid_t pid = supervisor("one");
  ::kill(pid, SIGKILL);
  CHECK(eventually([&] { return supervisor("one") != 0 && supervisor("one") != pid; }));
  runsvdir->signal(number);
  if (number != SIGALRM) CHECK(runsvdir->wait() == exited(number == SIGHUP ? 111 : 0));
}

SCENARIO_METHOD(ScannedDirectory, "runsvdir as the first process of a namespace collects orphans (root)") {
  const std::string gate = scratch / "gate";
  service("one").script("run", "(for i in 1 2 3; do (while ! test -e " + gate +
                                   "; do sleep 0.1; done) & done)\nexec sleep 1000");
  runsvdir.emplace(std::vector<std::string>{"unshare", "--pid", "--fork", "--kill-child", program("runsvdir"),
                                            scan.string()},
                   ProcessOptions{.environment = {{"PATH", search_path()}}});
  REQUIRE(eventually([&] { return supervised(scan / "one"); }));
  const auto first = [&] {
    const auto children = children_of(runsvdir->pid());
    return children.empty() ? pid_t{0} : children.front();
  };
  const pid_t pid = first();
  REQUIRE(pid != 0);
  // The three orphans become its children and go; the runsv stays.
  CHECK(eventually([&] { return children_of(pid).size() == 4; }));
  write_file(gate, "");
  CHECK(eventually([&] { return children_of(pid).size() == 1; }));
  const int number = GENERATE(SIGTERM, SIGHUP);
  ::kill(pid, number);
  CHECK(runsvdir->wait() == exited(number == SIGHUP ? 111 : 0));
}
