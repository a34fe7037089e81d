// Commands that are given and not waited for, and what sv writes for them.
#include <catch2/catch.hpp>

#include "scene.hpp"

using namespace runvisor::testing;

SCENARIO_METHOD(Scene, "sv does not write up for a service that is wanted up") {
  const FakeRunsv svc(path() / "svc");
  svc.age_control();
  for (const Published& wanted_up : {kRunning, kDownWantUp, kFinishing}) {
    svc.publish(wanted_up);
    CHECK(sv({"up", "./svc"}).ending == exited(0));
    CHECK(svc.written().empty());
  }
  svc.publish(kRunning);
  CHECK(without_ages(sv({"start", "./svc"}).out) == "ok: run: ./svc: (pid 4242) Ns\n");
  CHECK(svc.written().empty());
}

SCENARIO_METHOD(Scene, "sv writes up for a service that is not wanted up") {
  const FakeRunsv svc(path() / "svc");
  svc.age_control();
  for (const Published& wanted_down : {kRunningWantDown, kDown, kStopping}) {
    svc.publish(wanted_down);
    CHECK(sv({"up", "./svc"}).ending == exited(0));
    CHECK(svc.written() == "u");
  }
}

SCENARIO_METHOD(Scene, "sv writes down unless the service has got its TERM") {
  const FakeRunsv svc(path() / "svc");
  for (const Published& without_term : {kRunning, kRunningWantDown, kDown, kDownWantUp}) {
    svc.publish(without_term);
    svc.age_control();
    CHECK(sv({"down", "./svc"}).ending == exited(0));
    CHECK(svc.written() == "d");
  }
  svc.publish(kStopping);
  svc.age_control();
  CHECK(sv({"down", "./svc"}).ending == exited(0));
  CHECK(svc.written().empty());
}

SCENARIO_METHOD(Scene, "sv writes every other command whatever the state") {
  const FakeRunsv svc(path() / "svc", kStopping);
  svc.age_control();
  for (const char* word : {"once", "exit", "term", "kill", "cont", "pause"}) {
    CHECK(sv({word, "./svc"}).ending == exited(0));
    CHECK(svc.written() == std::string(1, word[0] == 'e' ? 'x' : word[0]));
  }
}

SCENARIO_METHOD(Scene, "sv writes up when a command before it is still unread", "[fixed]") {
  const FakeRunsv svc(path() / "svc", kDownWantUp);
  svc.age_control();
  CHECK(sv({"down", "./svc"}).ending == exited(0));
  CHECK(sv({"up", "./svc"}).ending == exited(0));
  CHECK(svc.written() == "du");
}

SCENARIO_METHOD(Scene, "sv writes up when a command before it has been read and not published", "[fixed]") {
  const FakeRunsv svc(path() / "svc", kDownWantUp);
  svc.age_control();
  CHECK(sv({"down", "./svc"}).ending == exited(0));
  CHECK(svc.written() == "d");
  CHECK(sv({"up", "./svc"}).ending == exited(0));
  CHECK(svc.written() == "u");
}

SCENARIO_METHOD(Scene, "sv does not lose an up to a full control FIFO", "[fixed]") {
  const FakeRunsv svc(path() / "svc");
  svc.fill_control();
  const Finished result = sv({"up", "./svc"});
  CHECK(result.ending == exited(1));
  CHECK(result.out == "warning: ./svc: unable to write to supervise/control: temporary failure\n");
}

SCENARIO_METHOD(Scene, "one command goes to all services, and failures in between are told of") {
  const FakeRunsv a(path() / "a");
  const FakeRunsv b(path() / "b");
  const Finished result = sv({"hup", "./a", "./none", "./b"});
  CHECK(result.ending == exited(1));
  CHECK(result.out == "fail: ./none: unable to change to service directory: file does not exist\n");
  CHECK(a.written() == "h");
  CHECK(b.written() == "h");
}

SCENARIO_METHOD(Scene, "a service named twice gets its command twice") {
  const FakeRunsv svc(path() / "svc");
  CHECK(sv({"hup", "./svc", "svc/"}).ending == exited(0));
  CHECK(svc.written() == "hh");
}

SCENARIO_METHOD(Scene, "sv controls a log service by its path") {
  const FakeRunsv svc(path() / "svc");
  const FakeRunsv log(path() / "svc" / "log");
  set("SVDIR", path().string());
  CHECK(sv({"hup", "svc/log"}).ending == exited(0));
  CHECK(log.written() == "h");
  CHECK(svc.written().empty());
}

SCENARIO_METHOD(Scene, "down and up in a row leave a crashing service up", "[fixed]") {
  RealService crashing(path() / "crashing", "exit 1");
  REQUIRE(crashing.start());
  for (int i = 0; i < 25; ++i) {
    CHECK(sv({"down", "./crashing"}).ending == exited(0));
    CHECK(sv({"up", "./crashing"}).ending == exited(0));
  }
  // Once all commands have been obeyed, the last one must be the up.
  CHECK(sv({"-w", "10", "once", "./crashing"}).ending == exited(0));
  CHECK(sv({"down", "./crashing"}).ending == exited(0));
  CHECK(sv({"up", "./crashing"}).ending == exited(0));
  CHECK(eventually([&] { return crashing.status()->want == 'u'; }));
}

SCENARIO_METHOD(Scene, "plain commands control a real service without a word") {
  RealService real(path() / "real");
  REQUIRE(real.start_and_run());
  const pid_t first = real.pid();
  for (const auto& [word, line] :
       std::vector<std::pair<std::string, std::string>>{{"pause", "run, paused"},
                                                        {"cont", "run"},
                                                        {"down", "down"},
                                                        {"up", "run"},
                                                        {"once", "run, want down"}}) {
    INFO(word);
    const Finished result = sv({word, "./real"});
    CHECK(result.ending == exited(0));
    CHECK(result.out.empty());
    CHECK(result.err.empty());
    CHECK(eventually([&, expected = line + "\n"] { return read_stat(real.dir.path()) == expected; }));
  }
  CHECK(real.pid() != first);
  CHECK(sv({"exit", "./real"}).ending == exited(0));
  CHECK(real.runsv->wait() == exited(0));
}
