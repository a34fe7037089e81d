// my_init as the parent of everything: orphans, signals, and a life as an ordinary process. Every scenario
// needs root, for namespaces.
#include <catch2/catch.hpp>

#include "container.hpp"
#include "support/supervise_files.hpp"

using namespace runvisor::testing;

namespace {

std::size_t zombies_of(pid_t pid) {
  const auto children = children_of(pid);
  return static_cast<std::size_t>(std::count_if(children.begin(), children.end(),
                                                [](pid_t child) { return process_state(child) == 'Z'; }));
}

}  // namespace

SCENARIO_METHOD(Container, "my_init collects orphans at once (root)") {
  service("web");
  boot({"--", "sh", "-c",
        "i=0; while [ $i -lt 300 ]; do (sleep 0 & exec true); (sh -c 'exit 3' &); i=$((i+1)); done; echo "
        "done >>/trace;"
        "until [ -e /go ]; do sleep 0.01; done; exit 0"});
  REQUIRE(traced("done"));
  CHECK(eventually([&] { return zombies_of(machine.first().pid()) == 0; }));
  machine.file("go");
  CHECK(ended() == exited(0));
}

SCENARIO_METHOD(Container, "my_init hands other signals on to COMMAND (root)") {
  machine.script(
      "sbin/command",
      "for s in HUP USR1 USR2 QUIT ALRM WINCH; do trap \"echo $s >>/trace\" $s; done; echo ready >>/trace\n"
      "while :; do sleep 0.01; done");
  boot({"command"});
  REQUIRE(traced("ready"));
  for (const auto& [number, name] : {std::pair{SIGHUP, "HUP"},
                                     {SIGUSR1, "USR1"},
                                     {SIGUSR2, "USR2"},
                                     {SIGQUIT, "QUIT"},
                                     {SIGALRM, "ALRM"},
                                     {SIGWINCH, "WINCH"}}) {
    signal(number);
    CHECK(traced(name));
  }
  signal(SIGTERM);
  CHECK(ended() == exited(2));
}

SCENARIO_METHOD(Container, "my_init hands real-time signals on to COMMAND (root)") {
  boot({"sleep", "1000"});
  REQUIRE(eventually([&] {
    const auto children = children_of(machine.first().pid());
    return std::any_of(children.begin(), children.end(), [](pid_t pid) {
      return command_line(pid) == std::vector<std::string>{"sleep", "1000"};
    });
  }));
  signal(SIGRTMIN + 3);
  CHECK(ended() == exited(128 + SIGRTMIN + 3));
}

SCENARIO_METHOD(Container, "my_init without COMMAND takes no notice of other signals (root)") {
  service("web");
  boot();
  REQUIRE(traced("web up"));
  for (const int number : {SIGHUP, SIGUSR1, SIGUSR2, SIGQUIT, SIGALRM, SIGPIPE}) signal(number);
  CHECK(stays([&] { return machine.first().running(); }, 100ms));
  signal(SIGTERM);
  CHECK(ended() == exited(2));
}

SCENARIO_METHOD(Container,
                "my_init that is not process number 1 adopts its orphans and ends only its own (root)") {
  service("web");
  finish("web");
  // A daemon that has left its session and its parent, and a stranger that is none of its descendants.
  machine.script("sbin/command",
                 "(setsid sh -c 'echo $$ >/daemon; exec sleep 2000' &)\n"
                 "until [ -s /daemon ] && grep -q 'web up' /trace; do sleep 0.01; done; exit 5");
  boot_with(
      {"/bin/sh", "-c",
       "sleep 3000 & /sbin/my_init command; echo status $? >>/trace;"
       "kill -0 $! && echo stranger lives >>/trace; kill -0 $(cat /daemon) || echo daemon gone >>/trace"});
  CHECK(ended() == exited(0));
  CHECK(traced("status 5"));
  CHECK(traced("stranger lives"));
  CHECK(traced("daemon gone"));
  CHECK(traced("web finish -1 15"));
}

SCENARIO_METHOD(Container, "my_init leaves other processes alone if told so (root)") {
  machine.script("sbin/command", "sleep 2000 & echo $! >/daemon; exit 5");
  boot_with({"/bin/sh", "-c",
             "/sbin/my_init --no-kill-all-on-exit --skip-runit command; echo status $? >>/trace;"
             "kill -0 $(cat /daemon) && echo lives >>/trace; exit 0"});
  CHECK(ended() == exited(0));
  CHECK(trace() == "status 5\nlives\n");
  CHECK(said().find("Killing") == std::string::npos);
}

SCENARIO_METHOD(Container,
                "my_init restarts nothing when a runsv is killed, and the service goes on (root)") {
  service("web", "echo $$ >/pid; exec sleep 1000");
  finish("web");
  boot();
  REQUIRE(traced("web up"));
  const auto runsv = [this] {
    for (const pid_t pid : descendants_of(machine.first().pid())) {
      const auto words = command_line(pid);
      if (!words.empty() && words.front() == "runsv") return pid;
    }
    return 0;
  };
  const pid_t killed = runsv();
  REQUIRE(::kill(killed, SIGKILL) == 0);
  REQUIRE(eventually([&] { return runsv() != 0 && runsv() != killed; }));
  REQUIRE(eventually([&] { return supervised(machine / "etc/service/web"); }));
  CHECK(trace() == "web up\n");
  signal(SIGTERM);
  CHECK(ended() == exited(2));
  CHECK(trace().starts_with("web up\nweb finish -1 "));
}

SCENARIO_METHOD(Container, "my_init serves sv like any runsvdir (root)") {
  service("web");
  boot();
  REQUIRE(traced("web up"));
  const auto sv = [this](const std::string& words) {
    // As an engine's exec would: beside process number 1, in its namespaces.
    const std::string pid = std::to_string(machine.first().pid());
    return run(
        {"nsenter", "-t", pid, "-p", "-m", "-r", "-w", "env", "-i", "/bin/sh", "-c", "/sbin/sv " + words});
  };
  CHECK(sv("status /etc/service/*").out.starts_with("run: /etc/service/web: (pid "));
  CHECK(sv("stop web").out.starts_with("ok: down: web: "));
  CHECK(sv("restart web").out.starts_with("ok: run: web: (pid "));
  signal(SIGTERM);
  CHECK(ended() == exited(2));
}
