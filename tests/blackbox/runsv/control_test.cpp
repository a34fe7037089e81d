// The bytes of the control FIFO, one by one.
#include <unistd.h>

#include <random>

#include <catch2/catch.hpp>

#include "support/supervised_service.hpp"

using namespace runvisor::testing;
using Texts = std::vector<std::string>;

SCENARIO_METHOD(SupervisedService, "each signal command sends its signal to run") {
  const auto [command, signal] = GENERATE(table<std::string, std::string>({{"t", "TERM"},
                                                                           {"c", "CONT"},
                                                                           {"h", "HUP"},
                                                                           {"a", "ALRM"},
                                                                           {"i", "INT"},
                                                                           {"q", "QUIT"},
                                                                           {"1", "USR1"},
                                                                           {"2", "USR2"}}));
  service.probe("run", Probe::stubborn());
  REQUIRE(start_and_run());
  REQUIRE(service.control(command));
  REQUIRE(service.saw("./run signal " + signal));
  CHECK(service.history() == Texts{"./run start", "./run signal " + signal});
}

SCENARIO_METHOD(SupervisedService, "kill ends run with KILL and it is started again") {
  service.probe("run", Probe::stubborn()).probe("finish", Probe::exits(0));
  REQUIRE(start_and_run());
  REQUIRE(service.control("k"));
  REQUIRE(service.saw("./run start", 2));
  CHECK(service.history() == Texts{"./run start", "./finish start -1 9", "./finish end", "./run start"});
}

SCENARIO_METHOD(SupervisedService, "pause stops run and continue lets it go on") {
  service.probe("run", Probe());
  REQUIRE(start_and_run());
  const pid_t pid = run_pid(service.path());
  REQUIRE(service.control("p"));
  REQUIRE(eventually([&] { return process_state(pid) == 'T'; }));
  REQUIRE(eventually_stat("run, paused"));
  CHECK(status()->paused == 1);
  CHECK(status()->pid == pid);
  REQUIRE(service.control("c"));
  REQUIRE(service.saw("./run signal CONT"));
  REQUIRE(eventually_stat("run"));
  CHECK(process_state(pid) != 'T');
  CHECK(status()->paused == 0);
}

SCENARIO_METHOD(SupervisedService, "term shows got TERM until run has ended") {
  service.probe("run", Probe::stubborn());
  REQUIRE(start_and_run());
  REQUIRE(service.control("t"));
  REQUIRE(eventually_stat("run, got TERM"));
  CHECK(status()->got_term == 1);
  CHECK(status()->want == 'u');
  REQUIRE(end_run());
  REQUIRE(service.saw("./run start", 2));
  REQUIRE(eventually_stat("run"));
  CHECK(status()->got_term == 0);
}

SCENARIO_METHOD(SupervisedService, "down sends TERM and CONT, and run is not started again") {
  service.probe("run", Probe::stubborn());
  REQUIRE(start_and_run());
  REQUIRE(service.control("d"));
  REQUIRE(service.saw("./run signal CONT"));
  REQUIRE(eventually_stat("run, got TERM, want down"));
  CHECK(status()->want == 'd');
  REQUIRE(end_run());
  REQUIRE(eventually_stat("down"));
  REQUIRE(leave());
  CHECK(service.history() == Texts{"./run start", "./run signal TERM", "./run signal CONT"});
}

SCENARIO_METHOD(SupervisedService, "down ends a paused service") {
  service.probe("run", Probe());
  REQUIRE(start_and_run());
  REQUIRE(service.control("p"));
  REQUIRE(eventually_stat("run, paused"));
  REQUIRE(service.control("d"));
  CHECK(eventually_status([](const Status& s) { return s.state == kStateDown && s.pid == 0; }));
}

SCENARIO_METHOD(SupervisedService, "exit sends TERM and CONT, and runsv exits 0 when run has ended") {
  service.probe("run", Probe::stubborn()).probe("finish", Probe::exits(0));
  REQUIRE(start_and_run());
  REQUIRE(service.control("x"));
  REQUIRE(service.saw("./run signal CONT"));
  REQUIRE(eventually_stat("run, got TERM, want exit"));
  CHECK(status()->want == 'd');
  CHECK(runsv->running());
  REQUIRE(end_run());
  CHECK(runsv->wait() == exited(0));
  CHECK(service.history() == Texts{"./run start", "./run signal TERM", "./run signal CONT",
                                   "./finish start -1 9", "./finish end"});
  CHECK(stat() == "down\n");
  CHECK(read_pid_file(service.path()).empty());
  CHECK_FALSE(supervised(service.path()));
}

SCENARIO_METHOD(SupervisedService, "exit waits for finish") {
  service.probe("run", Probe()).probe("finish", Probe::exits(0).until(gate("finish")));
  REQUIRE(start_and_run());
  REQUIRE(service.control("x"));
  REQUIRE(eventually_stat("finish, want exit"));
  CHECK(stays([&] { return runsv->running(); }, 50ms));
  open("finish");
  CHECK(runsv->wait() == exited(0));
}

SCENARIO_METHOD(SupervisedService, "up on a running service changes nothing") {
  service.probe("run", Probe());
  REQUIRE(start_and_run());
  const auto before = status();
  REQUIRE(service.control("u1"));
  REQUIRE(service.saw("./run signal USR1"));
  CHECK(status() == before);
  CHECK(service.history() == Texts{"./run start", "./run signal USR1"});
}

SCENARIO_METHOD(SupervisedService, "up after down was told to a stubborn service keeps it up") {
  service.probe("run", Probe::stubborn());
  REQUIRE(start_and_run());
  REQUIRE(service.control("d"));
  REQUIRE(eventually_stat("run, got TERM, want down"));
  REQUIRE(service.control("u"));
  REQUIRE(eventually_stat("run, got TERM"));
  REQUIRE(end_run());
  CHECK(service.saw("./run start", 2));
}

SCENARIO_METHOD(SupervisedService, "up after exit was told to a stubborn service keeps runsv") {
  service.probe("run", Probe::stubborn());
  REQUIRE(start_and_run());
  REQUIRE(service.control("x"));
  REQUIRE(eventually_stat("run, got TERM, want exit"));
  REQUIRE(service.control("u"));
  REQUIRE(eventually_stat("run, got TERM"));
  REQUIRE(end_run());
  CHECK(service.saw("./run start", 2));
}

SCENARIO_METHOD(SupervisedService, "once starts a service that is down, one time") {
  service.probe("run", Probe::exits(0)).probe("finish", Probe::exits(0)).file("down");
  start();
  REQUIRE(eventually_stat("down"));
  REQUIRE(service.control("o"));
  REQUIRE(service.saw("./finish end"));
  REQUIRE(eventually_stat("down"));
  REQUIRE(leave());
  CHECK(service.count("./run start") == 1);
}

SCENARIO_METHOD(SupervisedService, "once on a running service only keeps it from being started again") {
  service.probe("run", Probe());
  REQUIRE(start_and_run());
  REQUIRE(service.control("o"));
  REQUIRE(eventually_stat("run, want down"));
  CHECK(status()->want == 'd');
  CHECK(service.history() == Texts{"./run start"});
  REQUIRE(end_run());
  REQUIRE(eventually_stat("down"));
  REQUIRE(leave());
  CHECK(service.count("./run start") == 1);
}

SCENARIO_METHOD(SupervisedService, "term when the service is wanted down does all that down does") {
  service.probe("run", Probe::stubborn()).probe("control/d", Probe::exits(0));
  REQUIRE(start_and_run());
  REQUIRE(service.control("o"));
  REQUIRE(eventually_stat("run, want down"));
  REQUIRE(service.control("t"));
  REQUIRE(service.saw("control/d end"));
  CHECK(service.saw("./run signal TERM"));
  CHECK(service.saw("./run signal CONT"));
  CHECK(eventually_stat("run, got TERM, want down"));
}

SCENARIO_METHOD(SupervisedService, "term when runsv was told to exit does all that exit does") {
  service.probe("run", Probe::stubborn()).probe("control/x", Probe::exits(0));
  REQUIRE(start_and_run());
  REQUIRE(service.control("x"));
  REQUIRE(service.saw("control/x end"));
  // Until run has taken them, a second signal of the same kind is none.
  REQUIRE(service.saw("./run signal CONT"));
  REQUIRE(service.control("t"));
  REQUIRE(service.saw("control/x end", 2));
  CHECK(service.saw("./run signal TERM", 2));
  CHECK(service.saw("./run signal CONT", 2));
}

SCENARIO_METHOD(SupervisedService, "term of a service that is wanted up sends no CONT") {
  service.probe("run", Probe::stubborn());
  REQUIRE(start_and_run());
  REQUIRE(service.control("t1"));
  REQUIRE(service.saw("./run signal USR1"));
  CHECK(service.saw("./run signal TERM"));
  CHECK(service.count("./run signal CONT") == 0);
}

SCENARIO_METHOD(SupervisedService, "down may be told again and sends TERM again") {
  service.probe("run", Probe::stubborn());
  REQUIRE(start_and_run());
  REQUIRE(service.control("d"));
  REQUIRE(service.saw("./run signal CONT"));
  REQUIRE(service.control("d"));
  CHECK(service.saw("./run signal TERM", 2));
}

SCENARIO_METHOD(SupervisedService, "bytes that are no commands are ignored") {
  service.probe("run", Probe::stubborn());
  REQUIRE(start_and_run());
  const auto before = status();
  std::string bytes;
  for (int byte = 0; byte < 256; ++byte) {
    if (std::string_view("udoxtkpchaiq12").find(static_cast<char>(byte)) == std::string_view::npos) {
      bytes += static_cast<char>(byte);
    }
  }
  REQUIRE(bytes.size() == 242);
  REQUIRE(service.control(bytes + "1"));
  REQUIRE(service.saw("./run signal USR1"));
  CHECK(status() == before);
  CHECK(service.history() == Texts{"./run start", "./run signal USR1"});
  CHECK(runsv->err().empty());
}

SCENARIO_METHOD(SupervisedService, "several bytes in one write are all obeyed") {
  service.probe("run", Probe::stubborn());
  REQUIRE(start_and_run());
  REQUIRE(service.control("haiq12c"));
  for (const char* signal : {"HUP", "ALRM", "INT", "QUIT", "USR1", "USR2", "CONT"}) {
    CHECK(service.saw(std::string("./run signal ") + signal));
  }
}

SCENARIO_METHOD(SupervisedService, "several bytes in one write are obeyed in their order") {
  service.probe("run", Probe::stubborn());
  for (const char* hook : {"h", "a", "i", "q", "1", "2"}) {
    service.probe(std::string("control/") + hook, Probe::exits(0));
  }
  REQUIRE(start_and_run());
  REQUIRE(service.control("2h1aqi"));
  REQUIRE(service.saw("control/i end"));
  Texts order;
  for (const Event& event : service.events("control/")) {
    if (event.what != "end") order.push_back(event.who);
  }
  CHECK(order == Texts{"control/2", "control/h", "control/1", "control/a", "control/q", "control/i"});
}

SCENARIO_METHOD(SupervisedService, "term, continue and up in one write restart the service") {
  service.probe("run", Probe().on("TERM", Probe::On::exit0));
  REQUIRE(start_and_run());
  REQUIRE(service.control("tcu"));
  REQUIRE(service.saw("./run start", 2));
  CHECK(eventually_stat("run"));
  CHECK(service.count("./run signal TERM") == 1);
}

SCENARIO_METHOD(SupervisedService, "down and up in one write restart the service") {
  service.probe("run", Probe());
  REQUIRE(start_and_run());
  REQUIRE(service.control("du"));
  REQUIRE(service.saw("./run start", 2));
  CHECK(eventually_stat("run"));
}

SCENARIO_METHOD(SupervisedService, "up and down in one write leave a service down") {
  service.probe("run", Probe()).file("down");
  start();
  REQUIRE(eventually_stat("down"));
  REQUIRE(service.control("uddud"));
  REQUIRE(eventually_stat("down"));
  CHECK(eventually_status([](const Status& s) { return s.want == 'd'; }));
  CHECK(leave());
}

SCENARIO_METHOD(SupervisedService, "64 KiB of random bytes neither stop runsv nor its service") {
  service.probe("run", Probe::stubborn());
  REQUIRE(start_and_run());
  const pid_t pid = run_pid(service.path());
  std::mt19937 random(20221);
  std::uniform_int_distribution<int> any_byte(0, 255);
  std::string bytes;
  while (bytes.size() < 65536) {
    const char byte = static_cast<char>(any_byte(random));
    if (byte != 'x' && byte != 'k' && byte != '2') {
      bytes += byte;
    }
  }
  for (std::string_view left = bytes; !left.empty();) {
    const std::string_view chunk = left.substr(0, 512);
    REQUIRE(eventually([&] { return service.control(chunk); }));
    left.remove_prefix(chunk.size());
  }
  REQUIRE(eventually([&] { return service.control("cd2"); }));
  REQUIRE(service.saw("./run signal USR2"));
  REQUIRE(eventually_stat("run, got TERM, want down"));
  CHECK(run_pid(service.path()) == pid);
  REQUIRE(end_run());
  CHECK(eventually_stat("down"));
  CHECK(leave());
  CHECK(runsv->err().empty());
}

SCENARIO_METHOD(SupervisedService, "random bytes that hold an exit end runsv in order") {
  service.probe("run", Probe());
  REQUIRE(start_and_run());
  std::mt19937 random(7);
  std::uniform_int_distribution<int> any_byte(0, 255);
  std::string bytes;
  for (int i = 0; i < 2048; ++i) {
    bytes += static_cast<char>(any_byte(random));
  }
  REQUIRE(bytes.find('x') != std::string::npos);
  REQUIRE(service.control(bytes + "x"));
  CHECK(runsv->wait() == exited(0));
  CHECK(status()->state == kStateDown);
  CHECK(status()->pid == 0);
}

SCENARIO_METHOD(SupervisedService, "the control FIFO's writers may come and go") {
  service.probe("run", Probe());
  REQUIRE(start_and_run());
  for (std::size_t times = 1; times <= 20; ++times) {
    REQUIRE(service.control("1"));
    REQUIRE(service.saw("./run signal USR1", times));
  }
}
