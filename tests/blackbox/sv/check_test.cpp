// The script ./check: when sv runs it, how, and what its end means.
#include <catch2/catch.hpp>

#include "scene.hpp"

using namespace runvisor::testing;

namespace {

/// A running service with a stand-in for its runsv.
struct Checked : Scene {
  FakeRunsv service{path() / "svc"};
  ServiceDir dir{path() / "svc", path() / "events"};
};

}  // namespace

SCENARIO_METHOD(Checked, "a check that passes makes the service available") {
  dir.script("check", "echo ran >> count; exit 0");
  CHECK(without_ages(sv({"start", "./svc"}).out) == "ok: run: ./svc: (pid 4242) Ns\n");
  CHECK(read_file(dir / "count") == "ran\n");
}

SCENARIO_METHOD(Checked, "a check that fails is run again until the time is up") {
  dir.script("check", "echo ran >> count; exit 1");
  const Finished result = sv({"-w2", "up", "./svc"});
  CHECK(result.ending == exited(1));
  CHECK(without_ages(result.out) == "timeout: run: ./svc: (pid 4242) Ns\n");
  CHECK(read_file(dir / "count").size() >= 3 * std::string("ran\n").size());
}

SCENARIO_METHOD(Checked, "a check may pass at a later try") {
  dir.script("check", "echo ran >> count; test \"$(wc -l < count)\" -ge 3");
  const Finished result = sv({"-w15", "up", "./svc"});
  CHECK(result.ending == exited(0));
  CHECK(read_file(dir / "count") == "ran\nran\nran\n");
}

SCENARIO_METHOD(Checked,
                "a check runs in the service directory, without arguments, with standard output closed") {
  dir.probe("check", Probe::exits(0).reports_to(path() / "report"));
  set("SVWAIT", "15");
  CHECK(sv({"start", "./svc"}).ending == exited(0));
  const Report report = read_report(path() / "report");
  CHECK(report.argv == std::vector<std::string>{"./check"});
  CHECK(report.cwd == std::filesystem::canonical(dir.path()));
  CHECK(report.descriptors.count(0) == 1);
  CHECK(report.descriptors.count(1) == 0);
  CHECK(report.descriptors.count(2) == 1);
  CHECK(report.environment.at("SVWAIT") == "15");
  CHECK(report.blocked == 0);
}

SCENARIO_METHOD(Checked, "a check inherits nothing of sv's own", "[fixed]") {
  dir.probe("check", Probe::exits(0).reports_to(path() / "report"));
  CHECK(sv({"start", "./svc"}).ending == exited(0));
  const Report report = read_report(path() / "report");
  CHECK(report.descriptors.size() == 2);
}

SCENARIO_METHOD(Checked, "what a check writes to standard error goes to sv's") {
  dir.script("check", "echo text >&2");
  const Finished result = sv({"start", "./svc"});
  CHECK(result.ending == exited(0));
  CHECK(result.err == "text\n");
}

SCENARIO_METHOD(Checked, "a check that cannot be run passes with a warning") {
  dir.file("check", "#!/bin/sh\nexit 1\n", 0644);
  const Finished result = sv({"start", "./svc"});
  CHECK(result.ending == exited(0));
  CHECK(without_ages(result.out) == "ok: run: ./svc: (pid 4242) Ns\n");
  CHECK(result.err == "warning: unable to run ./svc/check: access denied\n");
  dir.file("check", "#!/no/such/interpreter\n", 0755);
  CHECK(sv({"start", "./svc"}).err == "warning: unable to run ./svc/check: file does not exist\n");
  dir.file("check", "exit 1\n", 0755);
  CHECK(sv({"start", "./svc"}).err == "warning: unable to run ./svc/check: exec format error\n");
}

SCENARIO_METHOD(Checked, "a check link that leads nowhere is no check") {
  std::filesystem::create_symlink("nowhere", dir / "check");
  const Finished result = sv({"start", "./svc"});
  CHECK(result.ending == exited(0));
  CHECK(result.err.empty());
}

SCENARIO_METHOD(Checked, "a check that is killed has not passed", "[fixed]") {
  dir.script("check", "kill -KILL $$");
  const Finished result = sv({"-w1", "up", "./svc"});
  CHECK(result.ending == exited(1));
  CHECK(without_ages(result.out) == "timeout: run: ./svc: (pid 4242) Ns\n");
}

SCENARIO_METHOD(Checked, "a check that hangs ends with sv's time", "[fixed]") {
  dir.script("check", "echo $$ > pid; exec sleep 1000");
  const Finished result = sv({"-w1", "up", "./svc"});
  CHECK(result.ending == exited(1));
  CHECK(without_ages(result.out) == "timeout: run: ./svc: (pid 4242) Ns\n");
  CHECK_FALSE(alive(std::stoi(read_file(dir / "pid"))));
}

SCENARIO_METHOD(Checked, "a check that hangs holds no other service up", "[fixed]") {
  const FakeRunsv other(path() / "other", kDown);
  dir.script("check", "until test -e gate; do sleep 0.05; done");
  Process sv = start_sv({"-w15", "up", "./other", "./svc"});
  CHECK(other.await_written() == "u");
  other.publish({.pid = 22, .state = kStateRun, .age = 0s});
  CHECK(eventually([&] { return without_ages(sv.out()) == "ok: run: ./other: (pid 22) Ns\n"; }));
  CHECK(sv.running());
  dir.file("gate");
  CHECK(sv.wait() == exited(0));
}

SCENARIO_METHOD(Checked, "a check is for restart and term too, and not for down, hup, once, pause or cont") {
  dir.script("check", "exit 1");
  for (const char* word : {"reload", "cont"}) CHECK(sv({"-w1", word, "./svc"}).ending == exited(0));
  service.publish(kRunningWantDown);
  CHECK(sv({"-w1", "once", "./svc"}).ending == exited(0));
  service.publish(kDown);
  CHECK(sv({"-w1", "down", "./svc"}).ending == exited(0));
  CHECK(sv({"-w1", "term", "./svc"}).ending == exited(0));
  service.publish({.pid = 4242, .paused = true, .state = kStateRun});
  CHECK(sv({"-w1", "pause", "./svc"}).ending == exited(0));
  service.publish(kRunning);
  CHECK(sv({"-w1", "check", "./svc"}).ending == exited(1));
  static_cast<void>(service.written());
  for (const char* word : {"restart", "term"}) {
    INFO(word);
    service.publish(kRunning);
    Process sv = start_sv({"-w2", word, "./svc"});
    CHECK_FALSE(service.await_written().empty());
    service.publish({.pid = 4243, .state = kStateRun, .age = -2s});
    CHECK(sv.wait() == exited(1));
    CHECK(sv.out().starts_with("timeout: run: ./svc: (pid 4243) "));
  }
}

SCENARIO_METHOD(Checked, "no check is run while the service is down") {
  dir.script("check", "echo ran >> count; exit 0");
  service.publish(kDown);
  CHECK(sv({"-w1", "up", "./svc"}).ending == exited(1));
  CHECK_FALSE(std::filesystem::exists(dir / "count"));
}
