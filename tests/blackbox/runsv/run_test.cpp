// run and finish: how they are started, with what, and what follows their ends.
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "may_become_another_user.hpp"
#include "support/supervised_service.hpp"

using namespace runvisor::testing;
using Arguments = std::vector<std::string>;

SCENARIO_METHOD(SupervisedService, "run is started as ./run in the service directory") {
  service.probe("run", Probe().reports_to(scratch / "report"));
  REQUIRE(start_and_run());
  const Report report = read_report(scratch / "report");
  CHECK(report.argv == Arguments{"./run"});
  CHECK(report.cwd == service.path());
  CHECK(report.parent == runsv->pid());
}

SCENARIO_METHOD(SupervisedService,
                "run, finish, the hooks and log/run get runsv's environment and nothing else") {
  service.probe("run", Probe().reports_to(scratch / "run"));
  service.probe("finish", Probe::exits(0).reports_to(scratch / "finish"));
  service.probe("control/t", Probe::exits(1).reports_to(scratch / "hook"));
  service.probe("log/run", Probe::copies_input_to(scratch / "log.out").reports_to(scratch / "log"));
  REQUIRE(start_and_run(
      {.environment = {{"A", "1"}, {"EMPTY", ""}, {"B", "two words"}}, .bare_environment = true}));
  REQUIRE(service.control("t"));
  REQUIRE(service.saw("./finish end"));
  const std::map<std::string, std::string> expected{{"A", "1"}, {"EMPTY", ""}, {"B", "two words"}};
  for (const char* who : {"run", "finish", "hook", "log"}) {
    INFO(who);
    CHECK(read_report(scratch / who).environment == expected);
  }
}

SCENARIO_METHOD(SupervisedService, "run is started again when it ends") {
  service.probe("run", Probe::exits(0));
  start();
  REQUIRE(service.saw("./run start", 3));
  const auto starts = service.events("./run start");
  CHECK(starts[0].pid != starts[1].pid);
  CHECK(runsv->err().empty());
}

SCENARIO_METHOD(SupervisedService, "finish is given the exit code of run") {
  const int code = GENERATE(0, 1, 3, 100, 111, 255);
  service.probe("run", Probe::exits(code)).probe("finish", Probe());
  start();
  REQUIRE(service.saw("./finish start"));
  CHECK(service.events("./finish start").front().what == "start " + std::to_string(code) + " 0");
}

SCENARIO_METHOD(SupervisedService, "finish is given -1 and the signal that ended run") {
  const auto [name, number] = GENERATE(table<std::string, int>(
      {{"TERM", SIGTERM}, {"HUP", SIGHUP}, {"INT", SIGINT}, {"KILL", SIGKILL}, {"USR1", SIGUSR1}}));
  service.probe("run", Probe().dies_of(name)).probe("finish", Probe());
  start();
  REQUIRE(service.saw("./finish start"));
  CHECK(service.events("./finish start").front().what == "start -1 " + std::to_string(number));
}

SCENARIO_METHOD(SupervisedService, "finish is given the core bit together with the signal") {
  const std::string dumping = "ulimit -c unlimited; kill -ABRT $$";
  Process reference({"/bin/sh", "-c", dumping}, {.cwd = scratch.path()});
  REQUIRE(reference.wait() == killed_by(SIGABRT));
  service.script("run", dumping).probe("finish", Probe());
  start();
  REQUIRE(service.saw("./finish start"));
  const int status = SIGABRT | (reference.dumped_core() ? 0x80 : 0);
  CHECK(service.events("./finish start").front().what == "start -1 " + std::to_string(status));
}

SCENARIO_METHOD(SupervisedService, "finish is started as ./finish in the service directory") {
  service.probe("run", Probe::exits(3)).probe("finish", Probe().reports_to(scratch / "report"));
  start();
  REQUIRE(service.saw("./finish start"));
  const Report report = read_report(scratch / "report");
  CHECK(report.argv == Arguments{"./finish", "3", "0"});
  CHECK(report.cwd == service.path());
  CHECK(report.parent == runsv->pid());
}

SCENARIO_METHOD(SupervisedService, "run, finish and run again follow each other") {
  service.probe("run", Probe::exits(1).until(gate("run")))
      .probe("finish", Probe::exits(0).until(gate("finish")));
  REQUIRE(start_and_run());
  CHECK(service.count("./finish") == 0);
  open("run");
  REQUIRE(eventually_stat("finish"));
  CHECK(service.count("./run start") == 1);
  open("finish");
  REQUIRE(service.saw("./run start", 2));
  const Arguments history = service.history();
  CHECK(Arguments(history.begin(), history.begin() + 5) ==
        Arguments{"./run start", "./run end", "./finish start 1 0", "./finish end", "./run start"});
}

SCENARIO_METHOD(SupervisedService, "run is started again however finish ended") {
  service.probe("run", Probe::exits(0));
  if (GENERATE(true, false)) {
    service.probe("finish", Probe::exits(100));
  } else {
    service.probe("finish", Probe().dies_of("KILL"));
  }
  start();
  CHECK(service.saw("./run start", 2));
}

SCENARIO_METHOD(SupervisedService, "finish runs after down, too") {
  service.probe("run", Probe()).probe("finish", Probe::exits(0));
  REQUIRE(start_and_run());
  REQUIRE(service.control("d"));
  REQUIRE(eventually_stat("down"));
  CHECK(service.history() ==
        Arguments{"./run start", "./run signal TERM", "./finish start -1 15", "./finish end"});
}

SCENARIO_METHOD(SupervisedService, "finish that cannot be executed is reported and run is started again") {
  service.probe("run", Probe::exits(3)).script("finish", "exit 0", 0644);
  runsv.emplace(std::vector<std::string>{program("runsv"), "svc"}, ProcessOptions{.cwd = scratch.path()});
  REQUIRE(service.saw("./run start", 2));
  CHECK(runsv->err().starts_with("runsv svc: fatal: unable to start ./finish: access denied\n"));
}

SCENARIO_METHOD(SupervisedService, "finish that cannot be opened is left out") {
  if (!may_become_another_user()) return;
  service.probe("run", Probe::exits(3)).script("finish", "exit 0", 0700);
  REQUIRE(::chown(service.path().c_str(), kNobody, kNobody) == 0);
  write_file(scratch / "events", "", 0666);
  start({.uid = kNobody});
  REQUIRE(service.saw("./run start", 2));
  CHECK(runsv->err().empty());
}

SCENARIO_METHOD(SupervisedService, "finish put there while run runs is started at its end") {
  service.probe("run", Probe::exits(0).until(gate("run")));
  REQUIRE(start_and_run());
  service.probe("finish", Probe());
  open("run");
  CHECK(service.saw("./finish start 0 0"));
}

SCENARIO_METHOD(SupervisedService, "finish is never signalled") {
  service.probe("run", Probe::exits(0)).probe("finish", Probe::exits(0).until(gate("finish")));
  start();
  REQUIRE(eventually_stat("finish"));
  REQUIRE(service.control("thaiq12pcd"));
  REQUIRE(eventually_status([](const Status& s) { return s.want == 'd'; }));
  open("finish");
  REQUIRE(eventually_stat("down"));
  CHECK(service.history() == Arguments{"./run start", "./run end", "./finish start 0 0", "./finish end"});
}

SCENARIO_METHOD(SupervisedService, "up during finish makes run start after it") {
  service.probe("run", Probe().on("TERM", Probe::On::exit0));
  service.probe("finish", Probe::exits(0).until(gate("finish")));
  REQUIRE(start_and_run());
  REQUIRE(service.control("d"));
  REQUIRE(eventually_stat("finish, want down"));
  REQUIRE(service.control("u"));
  REQUIRE(eventually_stat("finish"));
  open("finish");
  CHECK(service.saw("./run start", 2));
  CHECK(service.count("./finish start") == 1);
}

SCENARIO_METHOD(SupervisedService, "once while finish runs does not start run again") {
  service.probe("run", Probe().on("TERM", Probe::On::exit0));
  service.probe("finish", Probe::exits(0).until(gate("finish")));
  REQUIRE(start_and_run());
  REQUIRE(service.control("t"));
  REQUIRE(eventually_stat("finish"));
  REQUIRE(service.control("o"));
  REQUIRE(eventually_stat("finish, want down"));
  open("finish");
  REQUIRE(eventually_stat("down"));
  REQUIRE(leave());
  CHECK(service.count("./run start") == 1);
}

SCENARIO_METHOD(SupervisedService, "run that cannot be started is reported and finish is given 111 0") {
  struct Case {
    std::string what;
    std::string words;
  };
  const Case given = GENERATE(values<Case>({{"missing", "file does not exist"},
                                            {"not executable", "access denied"},
                                            {"directory", "access denied"},
                                            {"bad interpreter", "file does not exist"},
                                            {"no interpreter", "exec format error"},
                                            {"empty", "exec format error"},
                                            {"loop", "symbolic link loop"}}));
  CAPTURE(given.what);
  if (given.what == "not executable") {
    service.script("run", "exit 0", 0644);
  } else if (given.what == "directory") {
    std::filesystem::create_directory(service / "run");
  } else if (given.what == "bad interpreter") {
    service.file("run", "#!/nonexistent/interpreter\n", 0755);
  } else if (given.what == "no interpreter") {
    service.file("run", "exit 0\n", 0755);
  } else if (given.what == "empty") {
    service.file("run", "", 0755);
  } else if (given.what == "loop") {
    std::filesystem::create_symlink("run", service / "run");
  }
  service.probe("finish", Probe());
  runsv.emplace(std::vector<std::string>{program("runsv"), "svc"}, ProcessOptions{.cwd = scratch.path()});
  REQUIRE(service.saw("./finish start"));
  CHECK(service.history() == Arguments{"./finish start 111 0"});
  CHECK(runsv->err() == "runsv svc: fatal: unable to start ./run: " + given.words + "\n");
}

SCENARIO_METHOD(SupervisedService, "run that cannot be started is tried again until it can") {
  start();
  REQUIRE(eventually([&] { return runsv->err().find("unable to start ./run") != std::string::npos; }));
  service.probe("run", Probe());
  CHECK(service.saw("./run start"));
  CHECK(leave());
}

SCENARIO_METHOD(SupervisedService, "run that was replaced is taken at the next start") {
  service.probe("run", Probe());
  REQUIRE(start_and_run());
  std::filesystem::remove(service / "run");
  service.script("run", "echo replaced > replaced; exec sleep 1000");
  REQUIRE(service.control("t"));
  CHECK(eventually([&] { return std::filesystem::exists(service / "replaced"); }));
}

SCENARIO_METHOD(SupervisedService, "a service directory that was renamed goes on under its new name") {
  service.probe("run", Probe().on("TERM", Probe::On::exit0));
  REQUIRE(start_and_run());
  std::filesystem::rename(service.path(), scratch / "moved");
  ServiceDir moved(scratch / "moved", scratch / "events");
  REQUIRE(moved.control("t"));
  REQUIRE(moved.saw("./run start", 2));
  REQUIRE(moved.control("x"));
  CHECK(runsv->wait() == exited(0));
}

SCENARIO_METHOD(SupervisedService,
                "a service directory that has vanished does not end runsv or its service") {
  service.probe("run", Probe());
  REQUIRE(start_and_run());
  const pid_t pid = run_pid(service.path());
  std::filesystem::remove_all(service.path());
  CHECK(stays([&] { return alive(pid) && runsv->running(); }, 50ms));
  runsv->signal(SIGTERM);
  CHECK(runsv->wait() == exited(0));
  CHECK_FALSE(alive(pid));
}
