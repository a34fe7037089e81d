// control/X: programs that run before a command's action or instead of it.
#include <catch2/catch.hpp>

#include "support/supervised_service.hpp"

using namespace runvisor::testing;
using Texts = std::vector<std::string>;

SCENARIO_METHOD(SupervisedService, "a control hook that exits 0 takes the signal's place") {
  const std::string command = GENERATE(as<std::string>(), "t", "p", "c", "h", "a", "i", "q", "1", "2");
  const std::string other = command == "1" ? "2" : "1";
  const std::string other_signal = command == "1" ? "USR2" : "USR1";
  service.probe("run", Probe::stubborn()).probe("control/" + command, Probe::exits(0));
  REQUIRE(start_and_run());
  const pid_t pid = run_pid(service.path());
  REQUIRE(service.control(command + other));
  REQUIRE(service.saw("./run signal " + other_signal));
  CHECK(process_state(pid) != 'T');
  const Texts history = service.history();
  REQUIRE(history.size() == 4);
  CHECK(history[1].starts_with("control/" + command + " start"));
  CHECK(history[2] == "control/" + command + " end");
}

SCENARIO_METHOD(SupervisedService, "a kill that its hook swallowed leaves the service under control",
                "[fixed]") {
  service.probe("run", Probe::stubborn()).probe("control/k", Probe::exits(0));
  REQUIRE(start_and_run());
  const pid_t pid = run_pid(service.path());
  REQUIRE(service.control("k1"));
  REQUIRE(service.saw("./run signal USR1"));
  CHECK(service.count("control/k end") == 1);
  CHECK(run_pid(service.path()) == pid);
}

SCENARIO_METHOD(SupervisedService, "a control hook that fails does not keep the signal away") {
  const auto [command, signal] = GENERATE(table<std::string, std::string>({{"t", "TERM"},
                                                                           {"c", "CONT"},
                                                                           {"h", "HUP"},
                                                                           {"a", "ALRM"},
                                                                           {"i", "INT"},
                                                                           {"q", "QUIT"},
                                                                           {"1", "USR1"},
                                                                           {"2", "USR2"}}));
  service.probe("run", Probe::stubborn()).probe("control/" + command, Probe::exits(1));
  REQUIRE(start_and_run());
  REQUIRE(service.control(command));
  REQUIRE(service.saw("./run signal " + signal));
  const Texts history = service.history();
  REQUIRE(history.size() == 4);
  CHECK(history[2] == "control/" + command + " end");
  CHECK(history[3] == "./run signal " + signal);
}

SCENARIO_METHOD(SupervisedService, "failing hooks of kill and pause do not keep their signals away") {
  service.probe("run", Probe::stubborn()).probe("finish", Probe());
  service.probe("control/p", Probe::exits(1)).probe("control/k", Probe::exits(100));
  REQUIRE(start_and_run());
  const pid_t pid = run_pid(service.path());
  REQUIRE(service.control("p"));
  REQUIRE(eventually([&] { return process_state(pid) == 'T'; }));
  REQUIRE(service.control("k"));
  CHECK(service.saw("./finish start -1 9"));
  CHECK(service.count("control/k end") == 1);
}

SCENARIO_METHOD(SupervisedService, "a control hook that is not executable is left alone") {
  service.probe("run", Probe::stubborn()).script("control/h", "echo ran > ran", 0644);
  REQUIRE(start_and_run());
  REQUIRE(service.control("h"));
  REQUIRE(service.saw("./run signal HUP"));
  CHECK_FALSE(std::filesystem::exists(service / "ran"));
  CHECK(runsv->err().empty());
}

SCENARIO_METHOD(SupervisedService, "a control hook that cannot be executed does not keep the signal away") {
  service.probe("run", Probe::stubborn()).file("control/h", "#!/nonexistent/interpreter\n", 0755);
  REQUIRE(start_and_run());
  REQUIRE(service.control("h"));
  CHECK(service.saw("./run signal HUP"));
}

SCENARIO_METHOD(SupervisedService, "a control hook is started as control/X in the service directory") {
  service.probe("run", Probe::stubborn()).probe("control/h", Probe::exits(0).reports_to(scratch / "report"));
  REQUIRE(start_and_run());
  REQUIRE(service.control("h"));
  REQUIRE(service.saw("control/h end"));
  const Report report = read_report(scratch / "report");
  CHECK(report.argv.front() == "control/h");
  CHECK(report.cwd == service.path());
  CHECK(report.parent == runsv->pid());
}

SCENARIO_METHOD(SupervisedService, "a control hook is given the pid of the service", "[fixed]") {
  service.probe("run", Probe::stubborn());
  service.probe("control/h", Probe::exits(0))
      .probe("control/t", Probe::exits(0))
      .probe("control/d", Probe::exits(0));
  REQUIRE(start_and_run());
  const std::string pid = std::to_string(run_pid(service.path()));
  REQUIRE(service.control("hd"));
  REQUIRE(service.saw("control/d end"));
  CHECK(service.events("control/h start")[0].what == "start " + pid);
  CHECK(service.events("control/t start")[0].what == "start " + pid);
  CHECK(service.events("control/d start")[0].what == "start " + pid);
}

SCENARIO_METHOD(SupervisedService, "down runs control/t, sends CONT, and then runs control/d") {
  service.probe("run", Probe::stubborn()).probe("control/t", Probe::exits(0));
  service.probe("control/d", Probe::exits(1).until(gate("d")));
  REQUIRE(start_and_run());
  REQUIRE(service.control("d"));
  REQUIRE(service.saw("./run signal CONT"));
  REQUIRE(service.saw("control/d start"));
  open("d");
  REQUIRE(service.saw("control/d end"));
  CHECK(service.count("./run signal TERM") == 0);
  CHECK(eventually_stat("run, want down"));
  CHECK(service.events("control/t end")[0].time < service.events("control/d start")[0].time);
  REQUIRE(end_run());
  CHECK(eventually_stat("down"));
}

SCENARIO_METHOD(SupervisedService,
                "down sends TERM when control/t fails, and control/d's result does not matter") {
  service.probe("run", Probe::stubborn())
      .probe("control/t", Probe::exits(1))
      .probe("control/d", Probe::exits(0));
  REQUIRE(start_and_run());
  REQUIRE(service.control("d"));
  REQUIRE(service.saw("control/d end"));
  REQUIRE(service.saw("./run signal TERM"));
  REQUIRE(service.saw("./run signal CONT"));
  CHECK(eventually_stat("run, got TERM, want down"));
}

SCENARIO_METHOD(SupervisedService, "exit runs control/t, sends CONT, and then runs control/x") {
  service.probe("run", Probe::stubborn())
      .probe("control/t", Probe::exits(0))
      .probe("control/x", Probe::exits(1));
  service.probe("control/d", Probe::exits(0)).probe("control/c", Probe::exits(0));
  REQUIRE(start_and_run());
  REQUIRE(service.control("x"));
  REQUIRE(service.saw("control/x end"));
  REQUIRE(service.saw("./run signal CONT"));
  CHECK(service.count("./run signal TERM") == 0);
  CHECK(service.count("control/d") == 0);
  CHECK(service.count("control/c") == 0);
  CHECK(eventually_stat("run, want exit"));
  REQUIRE(end_run());
  CHECK(runsv->wait() == exited(0));
}

SCENARIO_METHOD(SupervisedService, "term that control/t swallowed is not shown") {
  service.probe("run", Probe::stubborn()).probe("control/t", Probe::exits(0));
  REQUIRE(start_and_run());
  REQUIRE(service.control("to"));
  REQUIRE(service.saw("control/t end"));
  CHECK(eventually_stat("run, want down"));
  CHECK(status()->got_term == 0);
}

SCENARIO_METHOD(SupervisedService, "control/u runs before every start of run") {
  service.probe("run", Probe::exits(0)).probe("control/u", Probe::exits(1));
  start();
  REQUIRE(service.saw("./run start", 2));
  const Texts history = service.history();
  CHECK(history[0].starts_with("control/u start"));
  CHECK(history[1] == "control/u end");
  CHECK(history[2] == "./run start");
  CHECK(history[3] == "./run end");
  CHECK(history[4].starts_with("control/u start"));
  CHECK(history[5] == "control/u end");
  CHECK(history[6] == "./run start");
}

SCENARIO_METHOD(SupervisedService, "control/u runs before a commanded start, for once as well") {
  const std::string command = GENERATE(as<std::string>(), "u", "o");
  service.probe("run", Probe())
      .probe("control/u", Probe::exits(0))
      .probe("control/o", Probe::exits(0))
      .file("down");
  start();
  REQUIRE(eventually_stat("down"));
  REQUIRE(service.control(command));
  REQUIRE(service.saw("./run start"));
  CHECK(service.count("control/u end") == 1);
  CHECK(service.count("control/o") == 0);
}

SCENARIO_METHOD(SupervisedService, "control/u does not run for up on a running service") {
  service.probe("run", Probe()).probe("control/u", Probe::exits(0));
  REQUIRE(start_and_run());
  REQUIRE(service.control("u1"));
  REQUIRE(service.saw("./run signal USR1"));
  CHECK(service.count("control/u start") == 1);
}

SCENARIO_METHOD(SupervisedService, "hooks do not run while finish runs") {
  service.probe("run", Probe::exits(0)).probe("finish", Probe::exits(0).until(gate("finish")));
  for (const char* hook : {"t", "h", "d", "x", "1"}) {
    service.probe(std::string("control/") + hook, Probe::exits(0));
  }
  start();
  REQUIRE(eventually_stat("finish"));
  REQUIRE(service.control("th1d"));
  REQUIRE(eventually_stat("finish, want down"));
  open("finish");
  REQUIRE(eventually_stat("down"));
  CHECK(service.count("control/") == 0);
}

SCENARIO_METHOD(SupervisedService, "a hook may command its own service and is obeyed afterwards") {
  service.probe("run", Probe::stubborn());
  service.probe("control/t", Probe::exits(0).commands("q", service / "supervise/control").lasts(50ms));
  REQUIRE(start_and_run());
  REQUIRE(service.control("t"));
  REQUIRE(service.saw("./run signal QUIT"));
  const Texts history = service.history();
  REQUIRE(history.size() == 4);
  CHECK(history[2] == "control/t end");
  CHECK(history[3] == "./run signal QUIT");
}

SCENARIO_METHOD(SupervisedService, "commands that come while a hook runs are obeyed after it, in order") {
  service.probe("run", Probe::stubborn()).probe("control/h", Probe::exits(1).until(gate("hook")));
  service.probe("control/1", Probe::exits(1)).probe("control/2", Probe::exits(1));
  REQUIRE(start_and_run());
  REQUIRE(service.control("h"));
  REQUIRE(service.saw("control/h start"));
  REQUIRE(service.control("2"));
  REQUIRE(service.control("1"));
  open("hook");
  REQUIRE(service.saw("./run signal USR1"));
  CHECK(service.saw("./run signal HUP"));
  CHECK(service.saw("./run signal USR2"));
  Texts order;
  for (const Event& event : service.events("control/")) {
    if (event.what == "end") order.push_back(event.who);
  }
  CHECK(order == Texts{"control/h", "control/2", "control/1"});
  CHECK(service.events("control/h end")[0].time < service.events("control/2 start")[0].time);
  CHECK(service.events("control/2 end")[0].time < service.events("control/1 start")[0].time);
}

SCENARIO_METHOD(SupervisedService, "a hook that a signal ended does not keep its command's signal away",
                "[fixed]") {
  service.probe("run", Probe::stubborn()).probe("control/h", Probe().dies_of("KILL"));
  REQUIRE(start_and_run());
  REQUIRE(service.control("h"));
  CHECK(service.saw("./run signal HUP"));
}

SCENARIO_METHOD(SupervisedService, "the log service is kept up while a hook runs", "[fixed]") {
  service.probe("run", Probe::stubborn()).probe("control/h", Probe::exits(0).until(gate("hook")));
  service.probe("log/run", Probe().lasts(1100ms));
  REQUIRE(start_and_run());
  REQUIRE(service.control("h"));
  REQUIRE(service.saw("control/h start"));
  const std::size_t before = service.count("log:./run start");
  CHECK(service.saw("log:./run start", before + 1));
  REQUIRE(service.log_control("1"));
  CHECK(service.saw("log:./run signal USR1"));
  open("hook");
  CHECK(service.saw("control/h end"));
}

SCENARIO_METHOD(SupervisedService, "the status is true while a hook runs", "[fixed]") {
  service.probe("run", Probe::stubborn()).probe("control/h", Probe::exits(0).until(gate("hook")));
  service.probe("finish", Probe::exits(0).until(gate("finish")));
  REQUIRE(start_and_run());
  REQUIRE(service.control("h"));
  REQUIRE(service.saw("control/h start"));
  REQUIRE(end_run());
  CHECK(eventually_status([&](const Status& s) { return s.state != kStateRun; }));
  open("hook");
  open("finish");
  CHECK(service.saw("./run start", 2));
}

SCENARIO_METHOD(SupervisedService, "a hook's signal is not sent to the service's next instance", "[fixed]") {
  service.probe("run", Probe::stubborn()).probe("control/h", Probe::exits(1).until(gate("hook")));
  REQUIRE(start_and_run());
  REQUIRE(service.control("h"));
  REQUIRE(service.saw("control/h start"));
  const pid_t first = run_pid(service.path());
  REQUIRE(end_run());
  REQUIRE(eventually([&] { return run_pid(service.path()) != first; }));
  open("hook");
  REQUIRE(service.saw("./run start", 2));
  REQUIRE(eventually_stat("run"));
  REQUIRE(service.control("1"));
  REQUIRE(service.saw("./run signal USR1"));
  CHECK(service.count("./run signal HUP") == 0);
}

SCENARIO_METHOD(SupervisedService, "TERM to runsv while a hook runs is obeyed after it") {
  service.probe("run", Probe()).probe("control/h", Probe::exits(0).until(gate("hook")));
  REQUIRE(start_and_run());
  REQUIRE(service.control("h"));
  REQUIRE(service.saw("control/h start"));
  runsv->signal(SIGTERM);
  open("hook");
  CHECK(runsv->wait() == exited(0));
  CHECK(service.count("./run signal TERM") == 1);
}
