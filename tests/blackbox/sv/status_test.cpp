// What sv prints about a service's state, and by which names it finds services.
#include <catch2/catch.hpp>

#include "scene.hpp"

using namespace runvisor::testing;

namespace {

/// A state and the line that sv prints for it, with the age left out.
struct Line {
  Published published;
  std::string text;
};

/// Two services of which one has a log.
struct Logged : Scene {
  FakeRunsv service{path() / "svc"};
  FakeRunsv log{path() / "svc" / "log", {.pid = 77, .want = 'u', .state = kStateRun, .age = 50s}};
};

}  // namespace

SCENARIO_METHOD(Scene, "sv status tells the state of a service that is normally up") {
  const FakeRunsv svc(path() / "svc");
  const std::vector<Line> lines{
      {kRunning, "run: ./svc: (pid 4242) Ns"},
      {kRunningWantDown, "run: ./svc: (pid 4242) Ns, want down"},
      {kStopping, "run: ./svc: (pid 4242) Ns, want down, got TERM"},
      {{.pid = 4242, .got_term = true, .state = kStateRun}, "run: ./svc: (pid 4242) Ns, got TERM"},
      {{.pid = 4242, .paused = true, .state = kStateRun}, "run: ./svc: (pid 4242) Ns, paused"},
      {{.pid = 1, .paused = true, .want = 'd', .got_term = true, .state = kStateRun},
       "run: ./svc: (pid 1) Ns, paused, want down, got TERM"},
      {kFinishing, "finish: ./svc: (pid 4242) Ns"},
      {{.pid = 4242, .want = 'd', .state = kStateFinish}, "finish: ./svc: (pid 4242) Ns, want down"},
      {kDown, "down: ./svc: Ns, normally up"},
      {kDownWantUp, "down: ./svc: Ns, normally up, want up"},
      {{.paused = true, .want = 'd', .got_term = true}, "down: ./svc: Ns, normally up"},
      {{.pid = 0, .want = 'u', .state = kStateFinish}, "finish: ./svc: (pid 0) Ns, normally up, want up"},
  };
  for (const Line& line : lines) {
    svc.publish(line.published);
    const Finished result = sv({"status", "./svc"});
    CHECK(result.ending == exited(0));
    CHECK(result.err.empty());
    CHECK(without_ages(result.out) == line.text + "\n");
  }
}

SCENARIO_METHOD(Scene, "sv status tells the state of a service that is normally down") {
  const FakeRunsv svc(path() / "svc");
  write_file(svc.service() / "down", "");
  const std::vector<Line> lines{
      {kRunning, "run: ./svc: (pid 4242) Ns, normally down"},
      {kRunningWantDown, "run: ./svc: (pid 4242) Ns, normally down, want down"},
      {{.pid = 1, .paused = true, .want = 'd', .got_term = true, .state = kStateRun},
       "run: ./svc: (pid 1) Ns, normally down, paused, want down, got TERM"},
      {kDown, "down: ./svc: Ns"},
      {kDownWantUp, "down: ./svc: Ns, want up"},
  };
  for (const Line& line : lines) {
    svc.publish(line.published);
    CHECK(without_ages(sv({"status", "./svc"}).out) == line.text + "\n");
  }
}

SCENARIO_METHOD(Scene, "sv status tells the age of the state in seconds") {
  const FakeRunsv svc(path() / "svc", {.pid = 9, .state = kStateRun, .age = 100s});
  const std::string line = sv({"status", "./svc"}).out;
  const auto age = std::stoi(line.substr(std::string("run: ./svc: (pid 9) ").size()));
  CHECK(age >= 100);
  CHECK(age <= 120);
}

SCENARIO_METHOD(Scene, "sv status takes a state from the future for a new one") {
  const FakeRunsv svc(path() / "svc", {.pid = 9, .state = kStateRun, .age = -1h});
  CHECK(sv({"status", "./svc"}).out == "run: ./svc: (pid 9) 0s\n");
}

SCENARIO_METHOD(Scene, "sv status calls each service as it was called, in the order given") {
  const FakeRunsv a(path() / "a");
  const FakeRunsv b(path() / "b", kDown);
  const std::string absolute = (path() / "a").string();
  const Finished result =
      sv({"status", "./b", absolute, "a/", "./a//", "../" + path().filename().string() + "/b"});
  CHECK(result.ending == exited(0));
  CHECK(without_ages(result.out) ==
        "down: ./b: Ns, normally up\nrun: " + absolute +
            ": (pid 4242) Ns\nrun: a/: (pid 4242) Ns\nrun: ./a//: (pid 4242) Ns\ndown: ../" +
            path().filename().string() + "/b: Ns, normally up\n");
}

SCENARIO_METHOD(Scene, "sv status works from inside of a service directory") {
  const FakeRunsv a(path() / "a");
  options.cwd = path() / "a";
  CHECK(without_ages(sv({"status", "."}).out) == "run: .: (pid 4242) Ns\n");
}

SCENARIO_METHOD(Scene, "sv finds a plain name below SVDIR") {
  const FakeRunsv a(path() / "dir" / "a");
  const FakeRunsv log(path() / "dir" / "a" / "log", kDown);
  set("SVDIR", (path() / "dir").string());
  CHECK(without_ages(sv({"status", "a"}).out) == "run: a: (pid 4242) Ns; down: log: Ns, normally up\n");
  CHECK(without_ages(sv({"status", "a/log"}).out) == "down: a/log: Ns, normally up\n");
  CHECK(sv({"status", "./a"}).ending == exited(1));
}

SCENARIO_METHOD(Scene, "sv takes SVDIR relative to the working directory") {
  const FakeRunsv a(path() / "dir" / "a");
  set("SVDIR", "dir");
  CHECK(without_ages(sv({"status", "a"}).out) == "run: a: (pid 4242) Ns\n");
  options.cwd = path() / "dir";
  set("SVDIR", ".");
  CHECK(without_ages(sv({"status", "a"}).out) == "run: a: (pid 4242) Ns\n");
}

SCENARIO_METHOD(Scene, "an SVDIR that is no directory is each service's trouble") {
  const FakeRunsv a(path() / "a");
  set("SVDIR", "no-such");
  CHECK(sv({"status", "a"}).out == "fail: a: unable to change to service directory: file does not exist\n");
  set("SVDIR", "");
  CHECK(sv({"status", "a"}).out == "fail: a: unable to change to service directory: file does not exist\n");
  write_file(path() / "file", "");
  set("SVDIR", "file");
  CHECK(sv({"status", "a"}).out == "fail: a: unable to change to service directory: not a directory\n");
}

SCENARIO_METHOD(Scene, "sv finds services with strange names") {
  for (const std::string name : {"./with space", "./new\nline", "./-dash", "./tab\t", "./a:b"}) {
    const FakeRunsv svc(path() / name.substr(2));
    const Finished result = sv({"status", name});
    CHECK(result.ending == exited(0));
    CHECK(without_ages(result.out) == "run: " + name + ": (pid 4242) Ns\n");
  }
  const std::string longest = "./" + std::string(255, 'n');
  const FakeRunsv svc(path() / longest.substr(2));
  CHECK(without_ages(sv({"status", longest}).out) == "run: " + longest + ": (pid 4242) Ns\n");
}

SCENARIO_METHOD(Scene, "sv finds a service through symbolic links") {
  const FakeRunsv svc(path() / "real");
  std::filesystem::create_directory_symlink("real", path() / "link");
  std::filesystem::rename(path() / "real" / "supervise", path() / "elsewhere");
  std::filesystem::create_directory_symlink(path() / "elsewhere", path() / "real" / "supervise");
  CHECK(without_ages(sv({"status", "./link"}).out) == "run: ./link: (pid 4242) Ns\n");
}

SCENARIO_METHOD(Logged, "sv status tells the state of the log as well") {
  CHECK(without_ages(sv({"status", "./svc"}).out) == "run: ./svc: (pid 4242) Ns; run: log: (pid 77) Ns\n");
  log.publish(kDown);
  CHECK(without_ages(sv({"status", "./svc"}).out) ==
        "run: ./svc: (pid 4242) Ns; down: log: Ns, normally up\n");
  write_file(log.service() / "down", "");
  CHECK(without_ages(sv({"status", "./svc"}).out) == "run: ./svc: (pid 4242) Ns; down: log: Ns\n");
  service.publish(kDown);
  log.publish(kStopping);
  CHECK(without_ages(sv({"status", "./svc"}).out) ==
        "down: ./svc: Ns, normally up; run: log: (pid 4242) Ns, normally down, want down, got TERM\n");
}

SCENARIO_METHOD(Logged, "only sv status tells of the log") {
  CHECK(without_ages(sv({"check", "./svc"}).out) == "ok: run: ./svc: (pid 4242) Ns\n");
  CHECK(without_ages(sv({"reload", "./svc"}).out) == "ok: run: ./svc: (pid 4242) Ns\n");
}

SCENARIO_METHOD(Logged, "a log without its runsv is a failure of its own") {
  log.leave();
  const Finished result = sv({"status", "./svc"});
  CHECK(result.ending == exited(1));
  CHECK(without_ages(result.out) == "run: ./svc: (pid 4242) Ns; fail: ./svc/log: runsv not running\n");
}

SCENARIO_METHOD(Scene, "a log that is no directory is told of") {
  const FakeRunsv svc(path() / "svc");
  write_file(svc.service() / "log", "");
  const Finished result = sv({"status", "./svc"});
  CHECK(result.ending == exited(1));
  CHECK(without_ages(result.out) ==
        "run: ./svc: (pid 4242) Ns; warning: ./svc/log: unable to change directory: not a directory\n");
}

SCENARIO_METHOD(Scene, "a log link that leads nowhere is no log") {
  const FakeRunsv svc(path() / "svc");
  std::filesystem::create_symlink("nowhere", svc.service() / "log");
  const Finished result = sv({"status", "./svc"});
  CHECK(result.ending == exited(0));
  CHECK(without_ages(result.out) == "run: ./svc: (pid 4242) Ns\n");
}

SCENARIO_METHOD(Scene, "a log that was never supervised is told of, once", "[fixed]") {
  const FakeRunsv svc(path() / "svc");
  std::filesystem::create_directory(svc.service() / "log");
  const Finished result = sv({"status", "./svc"});
  CHECK(result.ending == exited(1));
  CHECK(without_ages(result.out) ==
        "run: ./svc: (pid 4242) Ns; warning: ./svc/log: unable to open supervise/ok: file does not exist\n");
}

SCENARIO_METHOD(Logged, "a log whose status cannot be read is told of, once", "[fixed]") {
  log.publish_bytes("short");
  const Finished result = sv({"status", "./svc"});
  CHECK(result.ending == exited(1));
  CHECK(without_ages(result.out) ==
        "run: ./svc: (pid 4242) Ns; warning: ./svc/log: unable to read supervise/status: bad format\n");
}

SCENARIO_METHOD(Scene, "sv status tells of a thousand services in order") {
  const FakeRunsv a(path() / "a");
  const FakeRunsv b(path() / "b", kDown);
  std::vector<std::string> arguments{"status"};
  std::string expected;
  for (int i = 0; i < 500; ++i) {
    arguments.insert(arguments.end(), {"./a", "./b"});
    expected += "run: ./a: (pid 4242) Ns\ndown: ./b: Ns, normally up\n";
  }
  const Finished result = sv(arguments);
  CHECK(result.ending == exited(0));
  CHECK(without_ages(result.out) == expected);
}

SCENARIO_METHOD(Scene, "sv status of a running service comes from a real runsv") {
  RealService real(path() / "real");
  REQUIRE(real.start_and_run());
  const Finished result = sv({"status", "./real"});
  CHECK(result.ending == exited(0));
  CHECK(result.err.empty());
  CHECK(without_ages(result.out) == "run: ./real: (pid " + std::to_string(real.pid()) + ") Ns\n");
}
