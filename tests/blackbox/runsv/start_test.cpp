// What runsv needs in order to start, and what it says when it does not get it.
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "may_become_another_user.hpp"
#include "support/supervised_service.hpp"

using namespace runvisor::testing;

namespace {

Finished runsv_on(const std::string& directory, ProcessOptions options = {}) {
  return run({program("runsv"), directory}, options);
}

}  // namespace

SCENARIO("runsv called without a directory prints its usage and exits 1") {
  const Finished result = run({program("runsv")}, {.called_as = "some-name"});
  CHECK(result.ending == exited(1));
  CHECK(result.err == "usage: some-name dir\n\n");
  CHECK(result.out.empty());
}

SCENARIO("runsv called with two arguments prints its usage and exits 1") {
  const Finished result = run({program("runsv"), "one", "two"}, {.called_as = "runsv"});
  CHECK(result.ending == exited(1));
  CHECK(result.err == "usage: runsv dir\n\n");
}

SCENARIO_METHOD(TempDir, "runsv refuses a directory that does not exist") {
  const Finished result = runsv_on("no-such-service", {.cwd = path()});
  CHECK(result.ending == exited(111));
  CHECK(result.err == "runsv no-such-service: fatal: unable to change to directory: file does not exist\n");
}

SCENARIO_METHOD(TempDir, "runsv refuses a plain file as its directory") {
  write_file(path() / "svc", "");
  const Finished result = runsv_on("svc", {.cwd = path()});
  CHECK(result.ending == exited(111));
  CHECK(result.err == "runsv svc: fatal: unable to change to directory: not a directory\n");
}

SCENARIO_METHOD(TempDir, "runsv refuses an empty name") {
  const Finished result = runsv_on("", {.cwd = path()});
  CHECK(result.ending == exited(111));
  CHECK(result.err == "runsv : fatal: unable to change to directory: file does not exist\n");
}

SCENARIO_METHOD(TempDir, "runsv refuses a directory whose name is too long") {
  const std::string name(300, 'n');
  const Finished result = runsv_on(name, {.cwd = path()});
  CHECK(result.ending == exited(111));
  CHECK(result.err == "runsv " + name + ": fatal: unable to change to directory: file name too long\n");
}

SCENARIO_METHOD(TempDir, "runsv refuses a symlink that leads to itself") {
  std::filesystem::create_symlink("svc", path() / "svc");
  const Finished result = runsv_on("svc", {.cwd = path()});
  CHECK(result.ending == exited(111));
  CHECK(result.err == "runsv svc: fatal: unable to change to directory: symbolic link loop\n");
}

SCENARIO_METHOD(TempDir, "runsv takes an argument with a leading dash for a directory") {
  const Finished result = runsv_on("--help", {.cwd = path()});
  CHECK(result.ending == exited(111));
  CHECK(result.err == "runsv --help: fatal: unable to change to directory: file does not exist\n");
}

SCENARIO_METHOD(SupervisedService, "runsv supervises directories with unusual names") {
  const std::string name =
      GENERATE(std::string("with space"), std::string("with\nnewline"), std::string("-n"), std::string("--"),
               std::string(255, 'l'), std::string("\xff\xfe'\"$(x)"));
  ServiceDir odd(scratch / name, scratch / "events");
  odd.probe("run", Probe());
  Process process({program("runsv"), name}, {.cwd = scratch.path()});
  REQUIRE(odd.saw("./run start"));
  REQUIRE(odd.control("x"));
  CHECK(process.wait() == exited(0));
  CHECK(process.err().empty());
}

SCENARIO_METHOD(SupervisedService, "a relative directory is taken from the working directory") {
  service.probe("run", Probe().reports_to(scratch / "report"));
  runsv.emplace(std::vector<std::string>{program("runsv"), "svc"}, ProcessOptions{.cwd = scratch.path()});
  REQUIRE(service.saw("./run start"));
  CHECK(read_report(scratch / "report").cwd == service.path());
  CHECK(command_line(runsv->pid()) == std::vector<std::string>{program("runsv"), "svc"});
}

SCENARIO_METHOD(SupervisedService, "a symlink to the service directory serves as well") {
  service.probe("run", Probe());
  std::filesystem::create_directory_symlink("svc", scratch / "link");
  runsv.emplace(std::vector<std::string>{program("runsv"), (scratch / "link").string()});
  REQUIRE(service.saw("./run start"));
  CHECK(supervised(service.path()));
}

SCENARIO_METHOD(SupervisedService, "a second runsv on one service fails and leaves the first alone") {
  service.probe("run", Probe());
  REQUIRE(start_and_run());
  const auto before = status();
  const Finished second = runsv_on("svc", {.cwd = scratch.path()});
  CHECK(second.ending == exited(111));
  CHECK(second.err == "runsv svc: fatal: unable to lock supervise/lock: temporary failure\n");
  CHECK(runsv->running());
  CHECK(status() == before);
  CHECK(supervised(service.path()));
  REQUIRE(leave());
  CHECK(service.count("./run start") == 1);
}

SCENARIO_METHOD(SupervisedService, "runsv refuses a supervise/lock that is a symbolic link", "[fixed]") {
  service.probe("run", Probe());
  std::filesystem::create_directory(service / "supervise");
  std::filesystem::create_symlink(scratch / "elsewhere", service / "supervise/lock");
  const Finished result = runsv_on("svc", {.cwd = scratch.path()});
  CHECK(result.ending == exited(111));
  CHECK(result.err == "runsv svc: fatal: unable to open supervise/lock: symbolic link loop\n");
  CHECK_FALSE(std::filesystem::exists(scratch / "elsewhere"));
}

SCENARIO_METHOD(SupervisedService, "runsv refuses a supervise that is a plain file") {
  service.probe("run", Probe()).file("supervise");
  const Finished result = runsv_on("svc", {.cwd = scratch.path()});
  CHECK(result.ending == exited(111));
  CHECK(result.err == "runsv svc: fatal: unable to open supervise/lock: not a directory\n");
}

SCENARIO_METHOD(SupervisedService, "runsv refuses a log/supervise that is a plain file") {
  service.probe("run", Probe()).probe("log/run", Probe()).file("log/supervise");
  const Finished result = runsv_on("svc", {.cwd = scratch.path()});
  CHECK(result.ending == exited(111));
  CHECK(result.err == "runsv svc: fatal: unable to open log/supervise/lock: not a directory\n");
}

SCENARIO_METHOD(SupervisedService, "a log that is no directory is warned about and left out") {
  service.probe("run", Probe().reports_to(scratch / "report")).file("log");
  runsv.emplace(std::vector<std::string>{program("runsv"), "svc"}, ProcessOptions{.cwd = scratch.path()});
  REQUIRE(service.saw("./run start"));
  CHECK(runsv->err() == "runsv svc: warning: ./log: not a directory.\n");
  REQUIRE(leave());
}

SCENARIO_METHOD(SupervisedService, "runsv obeys TERM even if it was started with TERM ignored and blocked") {
  service.probe("run", Probe());
  REQUIRE(start_and_run({.ignored_signals = {SIGTERM}, .blocked_signals = {SIGTERM}}));
  runsv->signal(SIGTERM);
  CHECK(runsv->wait() == exited(0));
}

SCENARIO_METHOD(SupervisedService,
                "runsv notices its children's ends even if started with CHLD ignored and blocked") {
  service.probe("run", Probe::exits(7)).probe("finish", Probe::exits(0));
  start({.ignored_signals = {SIGCHLD}, .blocked_signals = {SIGCHLD}});
  CHECK(service.saw("./finish start 7 0"));
}

SCENARIO_METHOD(SupervisedService, "runsv works with standard descriptors closed") {
  service.probe("run", Probe()).probe("finish", Probe::exits(0));
  const int closed = GENERATE(0, 1, 2);
  REQUIRE(start_and_run({.closed = {closed}}));
  REQUIRE(service.control("t"));
  CHECK(service.saw("./finish start -1 15"));
  CHECK(leave());
}

SCENARIO_METHOD(SupervisedService, "runsv starts anew where an earlier one was killed") {
  service.probe("run", Probe());
  REQUIRE(start_and_run());
  runsv->signal(SIGKILL);
  REQUIRE(runsv->wait() == killed_by(SIGKILL));
  CHECK_FALSE(supervised(service.path()));
  CHECK(status()->state == kStateRun);
  end_orphans();

  start();
  REQUIRE(service.saw("./run start", 2));
  REQUIRE(eventually([&] { return run_pid(service.path()) == service.events("./run start")[1].pid; }));
  CHECK(supervised(service.path()));
  CHECK(leave());
}

SCENARIO_METHOD(SupervisedService, "a runsv without privileges needs a directory it may write to") {
  if (!may_become_another_user()) return;
  service.probe("run", Probe());
  const Finished result = runsv_on("svc", {.cwd = scratch.path(), .uid = kNobody});
  CHECK(result.ending == exited(111));
  CHECK(result.err == "runsv svc: fatal: unable to open supervise/lock: file does not exist\n");
}

SCENARIO_METHOD(SupervisedService, "a runsv without privileges does not touch another's supervise") {
  if (!may_become_another_user()) return;
  service.probe("run", Probe());
  std::filesystem::create_directory(service / "supervise");
  ::chmod((service / "supervise").c_str(), 0700);
  const Finished result = runsv_on("svc", {.cwd = scratch.path(), .uid = kNobody});
  CHECK(result.ending == exited(111));
  CHECK(result.err == "runsv svc: fatal: unable to open supervise/lock: access denied\n");
}

SCENARIO_METHOD(SupervisedService, "a runsv without privileges cannot enter a closed directory") {
  if (!may_become_another_user()) return;
  service.probe("run", Probe());
  ::chmod(service.path().c_str(), 0700);
  const Finished result = runsv_on("svc", {.cwd = scratch.path(), .uid = kNobody});
  CHECK(result.ending == exited(111));
  CHECK(result.err == "runsv svc: fatal: unable to change to directory: access denied\n");
}

SCENARIO_METHOD(SupervisedService, "a runsv without privileges supervises in a directory of its own") {
  if (!may_become_another_user()) return;
  service.probe("run", Probe());
  REQUIRE(::chown(service.path().c_str(), kNobody, kNobody) == 0);
  write_file(scratch / "events", "", 0666);
  REQUIRE(start_and_run({.uid = kNobody}));
  CHECK(leave());
}
