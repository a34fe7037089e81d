// Signals to runsv itself, and what its children inherit.
#include <fcntl.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "support/supervised_service.hpp"

using namespace runvisor::testing;
using Texts = std::vector<std::string>;

namespace {

constexpr std::uint64_t bit(int signal) { return std::uint64_t{1} << static_cast<unsigned>(signal - 1); }

}  // namespace

SCENARIO_METHOD(SupervisedService, "TERM to runsv does what the exit command does") {
  service.probe("run", Probe()).probe("finish", Probe::exits(0)).probe("control/x", Probe::exits(0));
  REQUIRE(start_and_run());
  runsv->signal(SIGTERM);
  CHECK(runsv->wait() == exited(0));
  CHECK(service.count("./run signal TERM") == 1);
  CHECK(service.count("./finish start -1 15") == 1);
  CHECK(service.count("control/x end") == 1);
}

SCENARIO_METHOD(SupervisedService, "TERM to runsv ends a paused service") {
  service.probe("run", Probe());
  REQUIRE(start_and_run());
  REQUIRE(service.control("p"));
  REQUIRE(eventually_stat("run, paused"));
  runsv->signal(SIGTERM);
  CHECK(runsv->wait() == exited(0));
}

SCENARIO_METHOD(SupervisedService, "TERM to a runsv whose service is down ends it") {
  service.probe("run", Probe()).file("down");
  start();
  REQUIRE(eventually_stat("down"));
  runsv->signal(SIGTERM);
  CHECK(runsv->wait() == exited(0));
}

SCENARIO_METHOD(SupervisedService, "a runsv that got TERM before its first start starts nothing", "[fixed]") {
  service.probe("run", Probe()).probe("finish", Probe::exits(0)).probe("log/run", Probe::exits(0));
  ProcessOptions options;
  options.blocked_signals = {SIGTERM};
  options.prepare = [] { ::raise(SIGTERM); };
  start(options);
  CHECK(runsv->wait() == exited(0));
  CHECK(service.history().empty());
}

SCENARIO_METHOD(SupervisedService, "a stubborn service is shown to have got TERM from runsv") {
  service.probe("run", Probe().on("TERM", Probe::On::ignore));
  REQUIRE(start_and_run());
  runsv->signal(SIGTERM);
  REQUIRE(eventually_stat("run, got TERM, want exit"));
  CHECK(service.saw("./run signal CONT"));
  CHECK(runsv->running());
}

SCENARIO_METHOD(SupervisedService, "other signals than TERM end runsv as if it knew nothing of them") {
  const int number = GENERATE(SIGHUP, SIGINT, SIGQUIT, SIGUSR1, SIGUSR2, SIGALRM);
  service.probe("run", Probe());
  REQUIRE(start_and_run());
  const pid_t pid = run_pid(service.path());
  runsv->signal(number);
  CHECK(runsv->wait() == killed_by(number));
  CHECK(alive(pid));
  CHECK_FALSE(supervised(service.path()));
}

SCENARIO_METHOD(SupervisedService, "a stopped runsv catches up when it is continued") {
  service.probe("run", Probe()).probe("finish", Probe::exits(0));
  REQUIRE(start_and_run());
  runsv->signal(SIGSTOP);
  REQUIRE(eventually([&] { return process_state(runsv->pid()) == 'T'; }));
  REQUIRE(end_run());
  REQUIRE(service.control("o"));
  runsv->signal(SIGCONT);
  CHECK(service.saw("./finish start -1 9"));
  CHECK(eventually_status([](const Status& s) { return s.state == kStateDown && s.want == 'd'; }));
}

SCENARIO_METHOD(SupervisedService, "TERM and CHLD are default and unblocked in run, finish and log/run") {
  service.probe("run", Probe().reports_to(scratch / "run"));
  service.probe("finish", Probe::exits(0).reports_to(scratch / "finish"));
  service.probe("log/run", Probe::copies_input_to(scratch / "out").reports_to(scratch / "log"));
  REQUIRE(start_and_run({.ignored_signals = {SIGTERM}, .blocked_signals = {SIGTERM, SIGCHLD}}));
  REQUIRE(service.control("t"));
  REQUIRE(service.saw("./finish end"));
  for (const char* who : {"run", "finish", "log"}) {
    INFO(who);
    const Report report = read_report(scratch / who);
    CHECK((report.blocked & (bit(SIGTERM) | bit(SIGCHLD))) == 0);
    CHECK((report.ignored & (bit(SIGTERM) | bit(SIGCHLD))) == 0);
  }
}

SCENARIO_METHOD(SupervisedService, "all other signals are to run, finish and log/run as they were to runsv") {
  service.probe("run", Probe().reports_to(scratch / "run"));
  service.probe("finish", Probe::exits(0).reports_to(scratch / "finish"));
  service.probe("log/run", Probe::copies_input_to(scratch / "out").reports_to(scratch / "log"));
  REQUIRE(start_and_run({.ignored_signals = {SIGHUP, SIGUSR1}, .blocked_signals = {SIGUSR2, SIGINT}}));
  REQUIRE(service.control("t"));
  REQUIRE(service.saw("./finish end"));
  for (const char* who : {"run", "finish", "log"}) {
    INFO(who);
    const Report report = read_report(scratch / who);
    CHECK((report.ignored & (bit(SIGHUP) | bit(SIGUSR1))) == (bit(SIGHUP) | bit(SIGUSR1)));
    CHECK((report.blocked & (bit(SIGUSR2) | bit(SIGINT))) == (bit(SIGUSR2) | bit(SIGINT)));
  }
}

SCENARIO_METHOD(SupervisedService, "nothing is blocked or ignored in children of a plain runsv") {
  service.probe("run", Probe().reports_to(scratch / "run"));
  service.probe("finish", Probe::exits(0).reports_to(scratch / "finish"));
  service.probe("log/run", Probe::copies_input_to(scratch / "out").reports_to(scratch / "log"));
  REQUIRE(start_and_run());
  REQUIRE(service.control("t"));
  REQUIRE(service.saw("./finish end"));
  for (const char* who : {"run", "finish", "log"}) {
    INFO(who);
    CHECK(read_report(scratch / who).blocked == 0);
    CHECK(read_report(scratch / who).ignored == 0);
  }
}

SCENARIO_METHOD(SupervisedService, "signals are to a hook as they are to run", "[fixed]") {
  service.probe("run", Probe());
  service.probe("control/u", Probe::exits(0).reports_to(scratch / "u"));
  service.probe("control/h", Probe::exits(0).reports_to(scratch / "h"));
  REQUIRE(start_and_run({.ignored_signals = {SIGUSR1}, .blocked_signals = {SIGTERM, SIGCHLD}}));
  REQUIRE(service.control("h"));
  REQUIRE(service.saw("control/h end"));
  for (const char* who : {"u", "h"}) {
    INFO(who);
    CHECK(read_report(scratch / who).blocked == 0);
    CHECK(read_report(scratch / who).ignored == bit(SIGUSR1));
  }
}

SCENARIO_METHOD(SupervisedService, "run, finish and hooks have runsv's standard descriptors and no others") {
  service.probe("run", Probe().reports_to(scratch / "run"));
  service.probe("finish", Probe::exits(0).reports_to(scratch / "finish"));
  service.probe("control/t", Probe::exits(1).reports_to(scratch / "hook"));
  REQUIRE(start_and_run());
  REQUIRE(service.control("t"));
  REQUIRE(service.saw("./finish end"));
  const Report reference = read_report(scratch / "run");
  CHECK(reference.descriptors.at(0) == "/dev/null");
  CHECK(reference.descriptors.at(1).find("stdout") != std::string::npos);
  CHECK(reference.descriptors.at(2).find("stderr") != std::string::npos);
  for (const char* who : {"run", "finish", "hook"}) {
    INFO(who);
    const Report report = read_report(scratch / who);
    CHECK(report.descriptors == reference.descriptors);
    CHECK(report.descriptors.size() == 3);
  }
}

SCENARIO_METHOD(SupervisedService, "with a log service, too, children have three descriptors each") {
  service.probe("run", Probe().reports_to(scratch / "run"));
  service.probe("finish", Probe::exits(0).reports_to(scratch / "finish"));
  service.probe("control/t", Probe::exits(1).reports_to(scratch / "hook"));
  service.probe("log/run", Probe::copies_input_to(scratch / "out").reports_to(scratch / "log"));
  REQUIRE(start_and_run());
  REQUIRE(service.control("t"));
  REQUIRE(service.saw("./finish end"));
  const Report log = read_report(scratch / "log");
  const std::string pipe = log.descriptors.at(0);
  CHECK(pipe.starts_with("pipe:"));
  CHECK(log.descriptors.size() == 3);
  CHECK(log.descriptors.at(1).find("stdout") != std::string::npos);
  CHECK(log.descriptors.at(2).find("stderr") != std::string::npos);
  for (const char* who : {"run", "finish", "hook"}) {
    INFO(who);
    const Report report = read_report(scratch / who);
    CHECK(report.descriptors.size() == 3);
    CHECK(report.descriptors.at(0) == "/dev/null");
    CHECK(report.descriptors.at(1) == pipe);
    CHECK(report.descriptors.at(2).find("stderr") != std::string::npos);
  }
}

SCENARIO_METHOD(SupervisedService, "the log pipe and the standard descriptors are blocking ones") {
  service.probe("run", Probe().reports_to(scratch / "run"));
  service.probe("log/run", Probe::copies_input_to(scratch / "out").reports_to(scratch / "log"));
  REQUIRE(start_and_run());
  REQUIRE(service.saw("log:./run start"));
  REQUIRE(service.control("1"));
  REQUIRE(service.saw("./run signal USR1"));
  for (const char* who : {"run", "log"}) {
    for (const auto& [fd, flags] : read_report(scratch / who).descriptor_flags) {
      INFO(who << " " << fd);
      CHECK((flags & O_NONBLOCK) == 0);
    }
  }
}

SCENARIO_METHOD(SupervisedService, "children stay in runsv's session and process group") {
  service.probe("run", Probe().reports_to(scratch / "run"));
  service.probe("log/run", Probe::copies_input_to(scratch / "out").reports_to(scratch / "log"));
  REQUIRE(start_and_run({.new_session = true}));
  REQUIRE(service.saw("log:./run start"));
  for (const char* who : {"run", "log"}) {
    INFO(who);
    CHECK(read_report(scratch / who).session == runsv->pid());
    CHECK(read_report(scratch / who).process_group == runsv->pid());
  }
}

SCENARIO_METHOD(SupervisedService, "neither run nor finish nor a hook stays a zombie") {
  service.probe("run", Probe::exits(0)).probe("finish", Probe::exits(0)).probe("control/u", Probe::exits(0));
  start();
  REQUIRE(service.saw("./finish end"));
  CHECK(eventually([&] { return children_of(runsv->pid()).empty(); }));
}
