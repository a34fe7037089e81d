// An application image: start.sh as `run`, nginx before it.
#include <regex>

#include <catch2/catch.hpp>

#include "support/container.hpp"
#include "support/temp_dir.hpp"

using namespace runvisor::testing;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

const Container::Words kGetPage{"busybox", "wget", "-q", "-O", "-", "http://127.0.0.1:8080/"};
const Container::Words kGetEnvironment{"busybox", "wget", "-q",
                                       "-O",      "-",    "http://127.0.0.1:8080/cgi-bin/environment"};

/// The application answers through nginx, comes back after it is killed, and stops in good time.
void check_application(Container& application) {
  REQUIRE(application.is_up());
  CHECK_THAT(application.exec(kGetPage).out, Contains("The application is up"));
  CHECK_THAT(application.exec(kGetEnvironment).out, Contains("APP_GREETING=from outside\n"));
  CHECK(application.says("\"GET / HTTP/1.1\" 200"));

  const std::string before = application.pid_of("myapp");
  REQUIRE_FALSE(before.empty());
  REQUIRE(application.comes_true("kill -KILL " + before));
  CHECK(application.comes_true("[ \"$(cat /etc/service/myapp/supervise/pid)\" != " + before +
                               " ] && sv -w 5 check myapp"));
  CHECK_THAT(application.exec(kGetEnvironment).out, Contains("APP_STARTS=2\n"));
  CHECK(application.health() == exited(0));

  const auto stopped = application.stop();
  CHECK(stopped.ending == exited(2));
  CHECK(stopped.took < 5s);
}

/// The commands of a manifest's probes and hooks, in their order: `command: [sv, -w, "3", check, nginx]`.
std::vector<Container::Words> commands_of(const std::string& manifest) {
  std::vector<Container::Words> commands;
  const std::string text = read_file(std::string(RUNVISOR_MANIFESTS) + "/" + manifest);
  const std::regex list(R"(command: \[(.*?)\])");
  const std::regex word(R"x("([^"]*)"|([^," ]+))x");
  for (std::sregex_iterator found(text.begin(), text.end(), list), end; found != end; ++found) {
    const std::string words = (*found)[1];
    Container::Words& command = commands.emplace_back();
    for (std::sregex_iterator one(words.begin(), words.end(), word); one != end; ++one) {
      command.push_back((*one)[1].matched ? (*one)[1] : (*one)[2]);
    }
  }
  return commands;
}

}  // namespace

SCENARIO("the probes and hooks of the Kubernetes manifests do in a container what they are for (root)",
         "[container]") {
  const auto [manifest, image, options] = GENERATE(table<std::string, std::string, Container::Words>(
      {{"application.yaml", "application", {}},
       {"unprivileged.yaml", "application-slim", {"--user", "1000:1000", "--tmpfs", "/run:mode=1777"}}}));
  Container application(image, options);
  const auto commands = commands_of(manifest);
  REQUIRE(commands.size() == 3);
  const auto &ready = commands[0], &alive = commands[1], &before_stop = commands[2];
  REQUIRE(application.is_up());
  CHECK(application.exec(ready).ending == exited(0));
  CHECK(application.exec(alive).ending == exited(0));

  // A service that does not answer gets no requests, and is no reason to replace the container.
  REQUIRE(application.comes_true("sv pause myapp"));
  // nginx is there for it, so neither answers.
  CHECK(application.exec(ready).ending == exited(2));
  CHECK(application.exec(alive).ending == exited(0));
  REQUIRE(application.comes_true("sv cont myapp"));
  CHECK(application.exec(ready).ending == exited(0));

  CHECK(application.exec(before_stop).ending == exited(0));
  CHECK_THAT(application.sh("sv status nginx myapp"),
             StartsWith("down: nginx: ") && Contains("run: myapp: "));
}

SCENARIO("an HTTP request reaches the application through nginx, beside cron and syslog (root)",
         "[container]") {
  Container application("application", {"--env", "GREETING=from outside"});
  check_application(application);
}

SCENARIO("the application runs as an ordinary user on a read-only root directory (root)", "[container]") {
  Container application("application-slim",
                        {"--env", "GREETING=from outside", "--user", "1000:1000", "--read-only", "--cap-drop",
                         "all", "--security-opt", "no-new-privileges", "--tmpfs", "/run:mode=1777"});
  REQUIRE(application.is_up());
  CHECK(application.sh("id -u") == "1000\n");
  CHECK(application.sh("cat /proc/1/status /proc/$(cat /etc/service/nginx/supervise/pid)/status | grep -c "
                       "'^CapEff:.0000000000000000$'") == "2\n");
  check_application(application);
}
