// How long sv waits, for what, and what it makes of things that happen meanwhile.
#include <sys/ioctl.h>

#include <catch2/catch.hpp>

#include "scene.hpp"

using namespace runvisor::testing;

namespace {

/// One service with a stand-in for its runsv, which obeys nothing.
struct Waiting : Scene {
  FakeRunsv service{path() / "svc", kDown};

  /// Starts sv and waits until it has written its command.
  [[nodiscard]] Process given(const std::vector<std::string>& arguments, const std::string& bytes) {
    Process sv = start_sv(arguments);
    CHECK(service.await_written() == bytes);
    return sv;
  }
};

/// How many bytes a FIFO holds.
int unread_in(const std::filesystem::path& fifo) {
  const int fd = ::open(fifo.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  int unread = 0;
  ::ioctl(fd, FIONREAD, &unread);
  ::close(fd);
  return unread;
}

}  // namespace

SCENARIO_METHOD(Waiting, "sv waits as long as -w says, then reports the state as a failure") {
  Finished result;
  const auto taken = duration_of([&] { result = sv({"-w", "2", "up", "./svc"}); });
  CHECK(result.ending == exited(1));
  CHECK(without_ages(result.out) == "timeout: down: ./svc: Ns, normally up\n");
  CHECK(taken >= 2s);
}

SCENARIO_METHOD(Waiting, "sv waits as long as SVWAIT says, and -w goes before it") {
  set("SVWAIT", "2");
  CHECK(duration_of([&] { CHECK(sv({"start", "./svc"}).ending == exited(1)); }) >= 2s);
  set("SVWAIT", "1000");
  CHECK(sv({"-w1", "start", "./svc"}).ending == exited(1));
}

SCENARIO_METHOD(Waiting, "SVWAIT alone makes no simple command wait") {
  set("SVWAIT", "1000");
  const Finished result = sv({"up", "./svc"});
  CHECK(result.ending == exited(0));
  CHECK(result.out.empty());
}

SCENARIO_METHOD(Waiting, "the last -w counts, and only the digits at its beginning") {
  const auto taken = duration_of([&] {
    CHECK(sv({"-w", "1000", "-w", "1x", "start", "./svc"}).ending == exited(1));
    for (const char* none : {"abc", "", "-1", "+1000", " 1000"}) {
      CHECK(sv({"-w", none, "start", "./svc"}).ending == exited(1));
    }
  });
  CHECK(taken < 20s);
}

SCENARIO_METHOD(Waiting, "sv waits seven seconds if it is told nothing") {
  Finished result;
  const auto taken = duration_of([&] { result = sv({"start", "./svc"}); });
  CHECK(result.ending == exited(1));
  CHECK(taken >= 7s);
  CHECK(taken < 9s);
}

SCENARIO_METHOD(Waiting, "sv reports an effect that comes while it waits") {
  Process sv = given({"-w", "15", "up", "./svc"}, "u");
  service.publish({.pid = 4242, .state = kStateRun, .age = 0s});
  CHECK(sv.wait() == exited(0));
  CHECK(without_ages(sv.out()) == "ok: run: ./svc: (pid 4242) Ns\n");
}

SCENARIO_METHOD(Waiting, "sv fails when runsv ends while it waits") {
  Process sv = given({"-w", "15", "up", "./svc"}, "u");
  service.leave();
  CHECK(sv.wait() == exited(1));
  CHECK(sv.out() == "fail: ./svc: runsv not running\n");
}

SCENARIO_METHOD(Waiting, "runsv's end while it waits is what sv exit waits for") {
  Process sv = given({"-w", "15", "exit", "./svc"}, "x");
  service.leave();
  CHECK(sv.wait() == exited(0));
  CHECK(sv.out() == "ok: ./svc: runsv not running\n");
}

SCENARIO_METHOD(Waiting, "sv tells of a status file that goes or breaks while it waits") {
  Process first = given({"-w", "15", "up", "./svc"}, "u");
  service.publish_bytes("short");
  CHECK(first.wait() == exited(1));
  CHECK(first.out() == "warning: ./svc: unable to read supervise/status: bad format\n");
  service.publish(kDown);
  Process second = given({"-w", "15", "up", "./svc"}, "u");
  std::filesystem::remove(service.supervise() / "status");
  CHECK(second.wait() == exited(1));
  CHECK(second.out() == "warning: ./svc: unable to open supervise/status: file does not exist\n");
}

SCENARIO_METHOD(Waiting, "sv tells of a directory that goes while it waits") {
  Process sv = given({"-w", "15", "exit", "./svc"}, "x");
  std::filesystem::rename(path() / "svc", path() / "gone");
  CHECK(sv.wait() == exited(1));
  CHECK(sv.out() == "fail: ./svc: unable to change to service directory: file does not exist\n");
}

SCENARIO_METHOD(Waiting, "sv tells of a control FIFO that it cannot write the kill into") {
  service.publish(kRunning);
  Process sv = given({"-w", "1", "force-stop", "./svc"}, "d");
  std::filesystem::remove(service.supervise() / "control");
  CHECK(sv.wait() == exited(2));
  CHECK(without_ages(sv.out()) ==
        "kill: run: ./svc: (pid 4242) Ns\nwarning: ./svc: unable to open supervise/control: file does not "
        "exist\n");
}

SCENARIO_METHOD(Waiting, "sv tells at once of services that it cannot reach, and waits for the others") {
  const FakeRunsv other(path() / "other");
  Process sv = start_sv({"-w", "15", "up", "./svc", "./none", "./other"});
  const std::string failure = "fail: ./none: unable to change to service directory: file does not exist\n";
  CHECK(eventually([&] { return sv.out().starts_with(failure); }));
  service.publish({.pid = 4242, .state = kStateRun, .age = 0s});
  CHECK(sv.wait() == exited(1));
}

SCENARIO_METHOD(Waiting, "sv reports services in the order given, whichever is done first", "[fixed]") {
  const FakeRunsv second(path() / "second", kDown);
  Process sv = start_sv({"-w", "15", "up", "./svc", "./second"});
  CHECK(service.await_written() == "u");
  CHECK(second.await_written() == "u");
  second.publish({.pid = 22, .state = kStateRun, .age = 0s});
  CHECK(stays([&] { return sv.running() && sv.out().empty(); }, 100ms));
  service.publish({.pid = 11, .state = kStateRun, .age = 0s});
  CHECK(sv.wait() == exited(0));
  CHECK(without_ages(sv.out()) == "ok: run: ./svc: (pid 11) Ns\nok: run: ./second: (pid 22) Ns\n");
}

SCENARIO_METHOD(Waiting, "each service that takes too long counts") {
  const FakeRunsv second(path() / "second", kDown);
  const FakeRunsv third(path() / "third");
  const Finished result = sv({"-w", "1", "up", "./svc", "./third", "./second"});
  CHECK(result.ending == exited(2));
  CHECK(without_ages(result.out).find("ok: run: ./third: (pid 4242) Ns\n") != std::string::npos);
  CHECK(without_ages(result.out).find("timeout: down: ./svc: Ns, normally up\n") != std::string::npos);
  CHECK(without_ages(result.out).find("timeout: down: ./second: Ns, normally up\n") != std::string::npos);
}

SCENARIO_METHOD(Waiting, "sv restart does not take an instance for the next one") {
  service.publish(kRunning);
  const Finished result = sv({"-w", "1", "restart", "./svc"});
  CHECK(result.ending == exited(1));
  CHECK(without_ages(result.out) == "timeout: run: ./svc: (pid 4242) Ns\n");
  CHECK(service.written() == "tcu");
}

SCENARIO_METHOD(Waiting, "sv restart waits until the next instance is without TERM and not paused") {
  service.publish(kRunning);
  Process sv = given({"-w", "15", "restart", "./svc"}, "tcu");
  service.publish({.pid = 1, .paused = true, .got_term = true, .state = kStateRun, .age = -1s});
  CHECK(stays([&] { return sv.running(); }, 900ms));
  service.publish({.pid = 1, .got_term = true, .state = kStateRun, .age = -1s});
  CHECK(stays([&] { return sv.running(); }, 900ms));
  service.publish({.pid = 1, .state = kStateRun, .age = -1s});
  CHECK(sv.wait() == exited(0));
  CHECK(sv.out() == "ok: run: ./svc: (pid 1) 0s\n");
}

SCENARIO_METHOD(Waiting, "sv restart waits while the next instance finishes") {
  service.publish(kRunning);
  Process sv = given({"-w", "15", "restart", "./svc"}, "tcu");
  service.publish({.pid = 1, .state = kStateFinish, .age = -1s});
  CHECK(stays([&] { return sv.running(); }, 900ms));
  service.publish({.pid = 2, .state = kStateRun, .age = -2s});
  CHECK(sv.wait() == exited(0));
}

SCENARIO_METHOD(Waiting, "sv once waits for a start or an end since") {
  Process sv = given({"-w", "15", "once", "./svc"}, "o");
  CHECK(stays([&] { return sv.running(); }, 900ms));
  service.publish({.want = 'd', .state = kStateDown, .age = -2s});
  CHECK(sv.wait() == exited(0));
  CHECK(sv.out() == "ok: down: ./svc: 0s, normally up\n");
}

SCENARIO_METHOD(Waiting, "sv pause and cont of a service that is down are done at once") {
  CHECK(without_ages(sv({"-w15", "pause", "./svc"}).out) == "ok: down: ./svc: Ns, normally up\n");
  CHECK(without_ages(sv({"-w15", "cont", "./svc"}).out) == "ok: down: ./svc: Ns, normally up\n");
  CHECK(without_ages(sv({"-w15", "term", "./svc"}).out) == "ok: down: ./svc: Ns, normally up\n");
}

SCENARIO_METHOD(Waiting, "sv stop does not trust a state that commands before it will change", "[fixed]") {
  CHECK(sv({"up", "./svc"}).ending == exited(0));
  Process stop = start_sv({"-w", "15", "stop", "./svc"});
  CHECK(eventually([&] { return unread_in(service.supervise() / "control") == 2; }));
  CHECK(stop.running());
  CHECK(service.written() == "ud");
  service.publish(kRunning);
  CHECK(stays([&] { return stop.running(); }, 1200ms));
  service.publish(kDown);
  CHECK(stop.wait() == exited(0));
  CHECK(without_ages(stop.out()) == "ok: down: ./svc: Ns, normally up\n");
}

SCENARIO_METHOD(Waiting, "sv check waits for nothing when the service is as wanted") {
  CHECK(without_ages(sv({"check", "./svc"}).out) == "ok: down: ./svc: Ns, normally up\n");
  service.publish(kRunning);
  CHECK(without_ages(sv({"check", "./svc"}).out) == "ok: run: ./svc: (pid 4242) Ns\n");
  CHECK(service.written().empty());
}

SCENARIO_METHOD(Waiting, "sv check waits until the service is as wanted", "[2.3]") {
  service.publish(kDownWantUp);
  CHECK(without_ages(sv({"-w1", "check", "./svc"}).out) ==
        "timeout: down: ./svc: Ns, normally up, want up\n");
  Process up = start_sv({"-w15", "check", "./svc"});
  service.publish(kRunning);
  CHECK(up.wait() == exited(0));
  service.publish(kStopping);
  Process down = start_sv({"-w15", "check", "./svc"});
  service.publish(kDown);
  CHECK(down.wait() == exited(0));
  CHECK(without_ages(down.out()) == "ok: down: ./svc: Ns, normally up\n");
}

SCENARIO_METHOD(Waiting, "sv waits for a service named by a path that ends with a slash", "[fixed]") {
  service.publish(kRunning);
  set("SVDIR", (path() / "elsewhere").string());
  const Finished result = sv({"start", "svc/"});
  CHECK(result.ending == exited(0));
  CHECK(without_ages(result.out) == "ok: run: svc/: (pid 4242) Ns\n");
}

SCENARIO_METHOD(Waiting, "sv keeps its time when the service's clock is wrong", "[fixed]") {
  service.publish({.pid = 1, .state = kStateRun, .age = -1h});
  Process sv = given({"-w", "15", "restart", "./svc"}, "tcu");
  CHECK(stays([&] { return sv.running(); }, 500ms));
  service.publish({.pid = 2, .state = kStateRun, .age = 1h});
  CHECK(sv.wait() == exited(0));
}
