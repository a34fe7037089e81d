// What my_init does only when asked to: critical services, a delayed stop, output by name. Every scenario
// needs root, for namespaces.
#include <catch2/catch.hpp>

#include "container_with_log.hpp"

using namespace runvisor::testing;

SCENARIO_METHOD(Container, "my_init leaves with the status of a critical service that ends (root)") {
  service("web", "until [ -e /go ]; do sleep 0.01; done; exit 42");
  finish("web");
  service("other");
  finish("other");
  boot({"--critical", "web"});
  REQUIRE(traced("web up"));
  REQUIRE(traced("other up"));
  machine.file("go");
  CHECK(ended() == exited(42));
  CHECK(traced("other finish -1 15"));
  CHECK(says("*** Critical service web exited with status 42.\n"));
  CHECK(said().find(kAborted) == std::string::npos);
}

SCENARIO_METHOD(Container,
                "my_init leaves with 128 and the signal's number when a critical service is killed (root)") {
  service("web", "kill -9 $$");
  set("MY_INIT_CRITICAL", "none web");
  boot({"sleep", "1000"});
  CHECK(ended() == exited(137));
  CHECK(says("*** Unable to watch critical service none: file does not exist\n"));
}

SCENARIO_METHOD(Container,
                "my_init does not mind when a critical service is told to stop or to restart (root)") {
  service("web");
  service("other");
  boot({"--critical=web", "--", "sh", "-c",
        "until [ -e /etc/service/web/supervise/ok ]; do sleep 0.01; done; sv -w 5 start web; sv -w 5 restart "
        "web;"
        "sv -w 5 stop web; sv -w 5 start web; exit 6"});
  CHECK(ended() == exited(6));
  CHECK(said().find("Critical") == std::string::npos);
}

SCENARIO_METHOD(Container,
                "my_init waits before a requested stop begins, and a second request ends the wait (root)") {
  service("web");
  const std::string delay = GENERATE("0.5", "60");
  boot({"--stop-delay", delay});
  REQUIRE(traced("web up"));
  REQUIRE(says("Runit started"));
  const auto begin = Clock::now();
  signal(SIGTERM);
  REQUIRE(says("*** Waiting before shutting down...\n"));
  if (delay == "60") {
    CHECK(stays([&] { return children_of(machine.first().pid()).size() == 1; }, 500ms));
    signal(SIGTERM);
  }
  CHECK(ended() == exited(2));
  CHECK(Clock::now() - begin >= 500ms);
  CHECK(said() == kBooted + "*** Waiting before shutting down...\n" + kStopped + kAborted + kKilling);
}

SCENARIO_METHOD(ContainerWithLog,
                "my_init shows the output of services without a log service by name (root)") {
  service("web",
          "echo first; echo 'second \"line\"'; echo error >&2; printf unfinished; exec sleep 1000 >&- 2>&-");
  service("logged", "echo to the log service; exec sleep 1000");
  machine.script("etc/service/logged/log/run", "exec cat >/log");
  boot_with_log("--log=text --quiet");
  CHECK(shows("web: first"));
  CHECK(shows("web: second \"line\""));
  CHECK(shows("web: error"));
  CHECK(eventually([&] { return machine.content("log") == "to the log service\n"; }));
  signal(SIGTERM);
  CHECK(ended() == exited(2));
  // The last line of a stream is shown as well, and no service's is another's.
  CHECK(shows("web: unfinished"));
  CHECK(machine.first().out().find("logged") == std::string::npos);
}

SCENARIO_METHOD(ContainerWithLog, "my_init shows the output of services as JSON lines (root)") {
  service("web", "printf 'a \\377 \"q\"\\n'; echo last words >&2; env >/seen; exec sleep 1000");
  set("MY_INIT_LOG", "json");
  boot_with_log("--quiet");
  REQUIRE(eventually([&] { return machine.first().out().find("last words") != std::string::npos; }));
  REQUIRE(eventually([&] { return machine.content("seen").find("PATH=") != std::string::npos; }));
  signal(SIGTERM);
  CHECK(ended() == exited(2));
  const std::string out = machine.first().out();
  CHECK(std::regex_search(
      out, std::regex(R"re(\{"time": "20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", "service": "web", )re"
                      R"re("stream": "stdout", "message": "a \\ufffd \\"q\\""\}\n)re")));
  CHECK(out.find(R"("service": "web", "stream": "stderr", "message": "last words"})") != std::string::npos);
  // The service's environment is that of the container.
  CHECK(machine.content("seen").find("PATH=/sbin:/usr/sbin:/usr/bin:/bin\n") != std::string::npos);
  CHECK(machine.content("seen").find("MY_INIT_LOG_FOLDER") == std::string::npos);
}

SCENARIO_METHOD(Container,
                "my_init does without collecting output where the program for it is missing (root)") {
  service("web", "echo plain; exec sleep 1000");
  if (std::filesystem::exists(RUNVISOR_LOG_DIR "/my_init-log")) return;
  boot({"--log=text"});
  CHECK(eventually([&] { return machine.first().out() == "plain\n"; }));
  CHECK(says("*** Unable to collect the services' output: file does not exist\n"));
  signal(SIGTERM);
  CHECK(ended() == exited(2));
}
