// The end of a service that has a log service: nothing that was written is lost.
#include <catch2/catch.hpp>

#include "support/supervised_service.hpp"

using namespace runvisor::testing;
using Texts = std::vector<std::string>;

SCENARIO_METHOD(SupervisedService, "exit ends run, then finish, then the log service, and then runsv") {
  service.probe("run", Probe().prints("a\n")).probe("finish", Probe::exits(0).prints("b\n"));
  service.probe("log/run", Probe::copies_input_to(scratch / "logged").prints_at_end(""));
  REQUIRE(start_and_run());
  REQUIRE(service.saw("log:./run start"));
  REQUIRE(leave());
  const Texts history = service.history();
  REQUIRE(history.size() == 6);
  CHECK(Texts(history.begin() + 2, history.end()) ==
        Texts{"./run signal TERM", "./finish start -1 15", "./finish end", "log:./run end"});
  CHECK(read_file(scratch / "logged") == "a\nb\n");
  CHECK(stat() == "down\n");
  CHECK(log_stat() == "down\n");
  CHECK_FALSE(supervised(service.log()));
}

SCENARIO_METHOD(SupervisedService, "the log service sees no end while finish writes") {
  service.probe("run", Probe())
      .probe("finish", Probe::exits(0).until(gate("finish")).prints_at_end("last\n"));
  service.probe("log/run", Probe::copies_input_to(scratch / "logged"));
  REQUIRE(start_and_run());
  REQUIRE(service.saw("log:./run start"));
  REQUIRE(service.control("x"));
  REQUIRE(eventually_stat("finish, want exit"));
  CHECK(service.count("log:./run end") == 0);
  open("finish");
  CHECK(runsv->wait() == exited(0));
  CHECK(read_file(scratch / "logged") == "last\n");
}

SCENARIO_METHOD(SupervisedService, "the log service is not signalled when runsv is told to exit") {
  service.probe("run", Probe()).probe("log/run", Probe::copies_input_to(scratch / "logged"));
  REQUIRE(start_and_run());
  REQUIRE(service.saw("log:./run start"));
  runsv->signal(SIGTERM);
  CHECK(runsv->wait() == exited(0));
  CHECK(service.count("log:./run signal") == 0);
  CHECK(service.count("log:./run end") == 1);
}

SCENARIO_METHOD(SupervisedService,
                "runsv waits for a log service that is busy for a while after the end of its input") {
  service.probe("run", Probe());
  service.script("log/run",
                 "cat >../../logged; while [ ! -e '" + gate("log").string() + "' ]; do sleep 0.01; done");
  REQUIRE(start_and_run());
  REQUIRE(eventually_log_stat("run"));
  REQUIRE(service.control("x"));
  REQUIRE(eventually_stat("down"));
  CHECK(stays([&] { return runsv->running(); }, 100ms));
  CHECK(supervised(service.log()));
  open("log");
  CHECK(runsv->wait() == exited(0));
}

SCENARIO_METHOD(SupervisedService, "a backlog in the pipe is read to its end") {
  const std::string line(99, 'y');
  std::string text;
  for (int i = 0; i < 600; ++i) {
    text += line + "\n";
  }
  service.probe("run", Probe().prints(text));
  service.script("log/run", "while [ ! -e '" + gate("log").string() +
                                "' ]; do sleep 0.01; done; exec cat >../../logged");
  REQUIRE(start_and_run());
  REQUIRE(eventually_log_stat("run"));
  REQUIRE(service.control("x"));
  REQUIRE(eventually_stat("down"));
  open("log");
  REQUIRE(runsv->wait() == exited(0));
  CHECK(read_file(scratch / "logged") == text);
}

SCENARIO_METHOD(SupervisedService, "a log service that is down does not hold up the exit") {
  service.probe("run", Probe()).probe("log/run", Probe()).file("log/down");
  REQUIRE(start_and_run());
  REQUIRE(eventually_log_stat("down"));
  REQUIRE(leave());
  CHECK(service.count("log:./run start") == 0);
}

SCENARIO_METHOD(SupervisedService, "a service that is down exits with its log service") {
  service.probe("run", Probe()).file("down").probe("log/run", Probe::copies_input_to(scratch / "logged"));
  start();
  REQUIRE(service.saw("log:./run start"));
  REQUIRE(leave());
  CHECK(service.history() == Texts{"log:./run start", "log:./run end"});
}

SCENARIO_METHOD(SupervisedService, "the log service can be commanded while runsv waits for it to end") {
  service.probe("run", Probe()).probe("log/run", Probe());
  REQUIRE(start_and_run());
  REQUIRE(service.saw("log:./run start"));
  REQUIRE(eventually_log_stat("run"));
  REQUIRE(service.control("x"));
  REQUIRE(eventually_stat("down"));
  REQUIRE(service.log_control("1"));
  REQUIRE(service.saw("log:./run signal USR1"));
  REQUIRE(service.log_control("t"));
  CHECK(runsv->wait() == exited(0));
}

SCENARIO_METHOD(SupervisedService,
                "a log service that ended is not started again once runsv was told to exit") {
  service.probe("run", Probe()).probe("log/run", Probe::copies_input_to(scratch / "logged"));
  REQUIRE(start_and_run());
  REQUIRE(service.saw("log:./run start"));
  REQUIRE(leave());
  CHECK(service.count("log:./run start") == 1);
}

SCENARIO_METHOD(SupervisedService,
                "a log service in its pause is started once more to read what was written last") {
  service.probe("run", Probe()).probe("finish", Probe::exits(0).prints("last\n"));
  service.script("log/run", "if mkdir ../../first; then exit 0; fi; exec cat >../../logged");
  REQUIRE(start_and_run());
  REQUIRE(eventually([&] { return std::filesystem::exists(scratch / "first"); }));
  REQUIRE(eventually_log_stat("down"));
  REQUIRE(leave());
  CHECK(read_file(scratch / "logged") == "last\n");
}

SCENARIO_METHOD(SupervisedService, "a log service that cannot be started does not hold up the exit") {
  service.probe("run", Probe()).script("log/run", "exit 0", 0644);
  REQUIRE(start_and_run());
  CHECK(leave());
}

SCENARIO_METHOD(SupervisedService,
                "a log service that ends before it has read all is started again to read the rest",
                "[fixed]") {
  service.probe("run", Probe().prints("one\ntwo\nthree\n"));
  // The shell's read takes byte after byte, and so leaves the rest in the pipe.
  service.script("log/run", "if mkdir ../../first; then while [ ! -e '" + gate("log").string() +
                                "' ]; do sleep 0.01; done; read -r line; echo \"$line\" >../../logged; "
                                "kill -9 $$; fi; exec cat >>../../logged");
  REQUIRE(start_and_run());
  REQUIRE(eventually_log_stat("run"));
  REQUIRE(service.control("x"));
  REQUIRE(eventually_stat("down"));
  REQUIRE(eventually_log_stat("run, want exit"));
  open("log");
  CHECK(runsv->wait() == exited(0));
  CHECK(read_file(scratch / "logged") == "one\ntwo\nthree\n");
}

SCENARIO_METHOD(SupervisedService, "a log service that reads nothing does not hold up the exit for ever") {
  service.probe("run", Probe().prints("never read\n")).probe("log/run", Probe::exits(1));
  REQUIRE(start_and_run());
  REQUIRE(service.saw("log:./run start"));
  CHECK(leave());
}

SCENARIO_METHOD(SupervisedService, "a log service that is told to end need not have read all") {
  const std::string command = GENERATE(std::string("d"), std::string("t"), std::string("k"));
  service.probe("run", Probe().prints("never read\n")).probe("log/run", Probe());
  REQUIRE(start_and_run());
  REQUIRE(service.saw("log:./run start"));
  REQUIRE(eventually_log_stat("run"));
  REQUIRE(service.control("x"));
  REQUIRE(eventually_stat("down"));
  REQUIRE(eventually_log_stat("run, want exit"));
  REQUIRE(service.log_control(command));
  CHECK(runsv->wait() == exited(0));
  CHECK(service.count("log:./run start") == 1);
}
