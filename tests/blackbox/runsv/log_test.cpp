// The log service and the pipe to it.
#include <catch2/catch.hpp>

#include "support/supervised_service.hpp"

using namespace runvisor::testing;
using Texts = std::vector<std::string>;

namespace {

struct LoggedService : SupervisedService {
  std::filesystem::path logged = scratch / "logged";

  [[nodiscard]] bool eventually_logged(const std::string& text) const {
    return eventually([&] { return std::filesystem::exists(logged) && read_file(logged) == text; });
  }
};

}  // namespace

SCENARIO_METHOD(LoggedService, "log/run reads what run, finish and the hooks write") {
  service.probe("run", Probe().prints("run\n")).probe("finish", Probe::exits(0).prints("finish\n"));
  service.probe("control/t", Probe::exits(1).prints("hook\n"));
  service.probe("log/run", Probe::copies_input_to(logged));
  REQUIRE(start_and_run());
  REQUIRE(service.control("ot"));
  CHECK(eventually_logged("run\nhook\nfinish\n"));
  CHECK(runsv->out().empty());
}

SCENARIO_METHOD(LoggedService, "log/run is started as ./run in the log directory") {
  service.probe("run", Probe());
  service.probe("log/run", Probe::copies_input_to(logged).reports_to(scratch / "report"));
  REQUIRE(start_and_run());
  REQUIRE(service.saw("log:./run start"));
  const Report report = read_report(scratch / "report");
  CHECK(report.argv == Texts{"./run"});
  CHECK(report.cwd == service.log());
  CHECK(report.parent == runsv->pid());
}

SCENARIO_METHOD(LoggedService, "without a log service run writes to runsv's standard output") {
  service.probe("run", Probe().prints("hello\n"));
  REQUIRE(start_and_run());
  CHECK(eventually([&] { return runsv->out() == "hello\n"; }));
}

SCENARIO_METHOD(LoggedService, "the log service is started before the service") {
  service.probe("run", Probe()).probe("log/run", Probe::copies_input_to(logged));
  REQUIRE(start_and_run());
  REQUIRE(service.saw("log:./run start"));
  CHECK(service.events("log:./run start")[0].pid < service.events("./run start")[0].pid);
}

SCENARIO_METHOD(LoggedService, "a log service that ends is started again and the service goes on") {
  service.probe("run", Probe()).probe("log/run", Probe());
  REQUIRE(start_and_run());
  REQUIRE(service.saw("log:./run start"));
  const pid_t pid = run_pid(service.path());
  REQUIRE(service.log_control("t"));
  REQUIRE(service.saw("log:./run start", 2));
  CHECK(run_pid(service.path()) == pid);
  CHECK(service.count("./run start") == 1);
}

SCENARIO_METHOD(LoggedService, "what is written while the log service is away waits for it") {
  service.probe("run", Probe().prints("kept\n"))
      .probe("log/run", Probe::copies_input_to(logged))
      .file("log/down");
  REQUIRE(start_and_run());
  REQUIRE(eventually_log_stat("down"));
  REQUIRE(service.log_control("u"));
  CHECK(eventually_logged("kept\n"));
}

SCENARIO_METHOD(LoggedService, "restarts of the log service lose nothing") {
  service.script("run", "i=0\nwhile [ $i -lt 20000 ]; do echo line $i; i=$((i + 1)); done\nexec sleep 1000");
  // One line at a time is read and written before TERM may end it, so no line is lost in the reader.
  service.script(
      "log/run",
      "trap 'stop=1' TERM\nwhile [ -z \"$stop\" ] && IFS= read -r line; do echo \"$line\"; done >>" +
          logged.string());
  start();
  REQUIRE(eventually(
      [&] { return std::filesystem::exists(logged) && std::filesystem::file_size(logged) > 100; }));
  REQUIRE(service.log_control("t"));
  std::string expected;
  for (int i = 0; i < 20000; ++i) {
    expected += "line " + std::to_string(i) + "\n";
  }
  CHECK(eventually([&] { return std::filesystem::file_size(logged) >= expected.size(); }));
  CHECK(read_file(logged) == expected);
}

SCENARIO_METHOD(LoggedService, "restarts of the service lose nothing and the log service sees no end") {
  service.probe("run", Probe::exits(0).prints("x\n")).probe("log/run", Probe::copies_input_to(logged));
  start();
  REQUIRE(eventually_logged("x\nx\n"));
  CHECK(service.count("log:./run start") == 1);
  CHECK(service.count("log:./run end") == 0);
}

SCENARIO_METHOD(LoggedService, "log/finish and log/control are never consulted") {
  service.probe("run", Probe()).probe("log/run", Probe::exits(0).until(gate("log")));
  service.probe("log/finish", Probe::exits(0)).probe("log/control/u", Probe::exits(0));
  service.probe("log/control/t", Probe::exits(0)).probe("log/control/1", Probe::exits(0));
  REQUIRE(start_and_run());
  REQUIRE(service.saw("log:./run start"));
  REQUIRE(service.log_control("1"));
  REQUIRE(service.saw("log:./run signal USR1"));
  open("log");
  REQUIRE(service.saw("log:./run start", 2));
  CHECK(service.count("log:./finish") == 0);
  CHECK(service.count("log:control") == 0);
}

SCENARIO_METHOD(LoggedService, "the service's hooks do not concern the log service") {
  service.probe("run", Probe()).probe("log/run", Probe());
  for (const char* hook : {"t", "1", "d"}) {
    service.probe(std::string("control/") + hook, Probe::exits(0));
  }
  REQUIRE(start_and_run());
  REQUIRE(service.saw("log:./run start"));
  REQUIRE(service.log_control("1"));
  REQUIRE(service.saw("log:./run signal USR1"));
  REQUIRE(service.log_control("d"));
  REQUIRE(eventually_log_stat("down"));
  CHECK(service.count("log:./run signal TERM") == 1);
  CHECK(service.count("control/") == 0);
}

SCENARIO_METHOD(LoggedService, "each signal command to the log service sends its signal") {
  const auto [command, signal] = GENERATE(table<std::string, std::string>({{"t", "TERM"},
                                                                           {"c", "CONT"},
                                                                           {"h", "HUP"},
                                                                           {"a", "ALRM"},
                                                                           {"i", "INT"},
                                                                           {"q", "QUIT"},
                                                                           {"1", "USR1"},
                                                                           {"2", "USR2"}}));
  service.probe("run", Probe()).probe("log/run", Probe::copies_input_to(logged));
  REQUIRE(start_and_run());
  REQUIRE(service.saw("log:./run start"));
  REQUIRE(eventually_log_stat("run"));
  REQUIRE(service.log_control(command));
  REQUIRE(service.saw("log:./run signal " + signal));
  CHECK(service.count("./run signal") == 0);
}

SCENARIO_METHOD(LoggedService, "the log service can be paused, stopped, started, and run once") {
  service.probe("run", Probe()).probe("log/run", Probe());
  REQUIRE(start_and_run());
  REQUIRE(eventually_log_stat("run"));
  REQUIRE(service.log_control("p"));
  REQUIRE(eventually_log_stat("run, paused"));
  REQUIRE(service.log_control("c"));
  REQUIRE(eventually_log_stat("run"));
  REQUIRE(service.log_control("d"));
  REQUIRE(eventually_log_stat("down"));
  REQUIRE(service.log_control("o"));
  REQUIRE(eventually_log_stat("run, want down"));
  REQUIRE(service.log_control("t"));
  REQUIRE(eventually_log_stat("down"));
  CHECK(stat() == "run\n");
}

SCENARIO_METHOD(LoggedService, "exit to the log service is ignored") {
  service.probe("run", Probe()).probe("log/run", Probe());
  REQUIRE(start_and_run());
  REQUIRE(service.saw("log:./run start"));
  REQUIRE(eventually_log_stat("run"));
  REQUIRE(service.log_control("x1"));
  REQUIRE(service.saw("log:./run signal USR1"));
  CHECK(log_stat() == "run\n");
  CHECK(service.count("log:./run signal TERM") == 0);
  CHECK(runsv->running());
}

SCENARIO_METHOD(LoggedService, "the log service has supervise files of its own") {
  service.probe("run", Probe()).probe("log/run", Probe::copies_input_to(logged));
  REQUIRE(start_and_run());
  REQUIRE(service.saw("log:./run start"));
  REQUIRE(eventually_log_stat("run"));
  CHECK(log_status()->pid == service.events("log:./run start")[0].pid);
  CHECK(log_status()->want == 'u');
  CHECK(supervised(service.log()));
}

SCENARIO_METHOD(LoggedService,
                "a log/run that cannot be started is reported and does not hinder the service") {
  service.probe("run", Probe()).script("log/run", "exit 0", 0644);
  runsv.emplace(std::vector<std::string>{program("runsv"), "svc"}, ProcessOptions{.cwd = scratch.path()});
  REQUIRE(service.saw("./run start"));
  CHECK(eventually([&] {
    return runsv->err().starts_with("runsv svc: fatal: unable to start log/./run: access denied\n");
  }));
}

SCENARIO_METHOD(LoggedService, "log may be a symlink to a directory elsewhere") {
  ServiceDir elsewhere(scratch / "elsewhere", scratch / "events");
  elsewhere.probe("run", Probe::copies_input_to(logged).reports_to(scratch / "report"));
  std::filesystem::create_directory_symlink("../elsewhere", service / "log");
  service.probe("run", Probe().prints("hello\n"));
  REQUIRE(start_and_run());
  CHECK(eventually_logged("hello\n"));
  CHECK(read_report(scratch / "report").cwd == elsewhere.path());
  CHECK(supervised(elsewhere.path()));
}

SCENARIO_METHOD(LoggedService, "a log directory added later is picked up at the next start", "[fixed]") {
  service.probe("run", Probe().on("TERM", Probe::On::exit0).prints("hello\n"));
  REQUIRE(start_and_run());
  service.probe("log/run", Probe::copies_input_to(logged));
  REQUIRE(service.control("t"));
  REQUIRE(service.saw("log:./run start"));
  REQUIRE(service.saw("./run start", 2));
  CHECK(eventually_logged("hello\n"));
  CHECK(eventually_log_stat("run"));
  REQUIRE(leave());
  CHECK(service.count("log:./run end") == 1);
}

SCENARIO_METHOD(LoggedService, "a log directory added later is picked up at the next command", "[fixed]") {
  service.probe("run", Probe());
  REQUIRE(start_and_run());
  service.probe("log/run", Probe::copies_input_to(logged));
  REQUIRE(service.control("1"));
  REQUIRE(service.saw("./run signal USR1"));
  CHECK(service.saw("log:./run start"));
}
