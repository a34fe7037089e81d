// runvisor in the place of phusion's runit and my_init: what that image's documentation promises still holds.
#include <catch2/catch.hpp>

#include "support/container.hpp"

using namespace runvisor::testing;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

bool in_order(const std::string& text, std::initializer_list<std::string_view> parts) {
  std::size_t place = 0;
  for (const std::string_view part : parts) {
    place = text.find(part, place);
    if (place == std::string::npos) return false;
    place += part.size();
  }
  return true;
}

}  // namespace

SCENARIO("phusion's image runs its scripts and services with runvisor, in its own order (root)",
         "[container]") {
  Container phusion("phusion", {"--env", "GREETING=hello"});
  REQUIRE(phusion.is_up());
  CHECK_THAT(phusion.sh("sv status cron myapp sshd"),
             Contains("run: cron: (pid ") && Contains("run: myapp: (pid ") && Contains("down: sshd: "));
  // As its my_init does: from the image's directory, from the engine, and into the directory and the dumps.
  CHECK(phusion.sh("cat /etc/container_environment/GREETING /etc/container_environment/INITRD") ==
        "hellono\n");
  CHECK_THAT(phusion.sh("cat /etc/container_environment.sh"),
             Contains("export GREETING=hello\n") && Contains("export INITRD=no\n"));
  CHECK_THAT(phusion.sh("cat /etc/container_environment.json"),
             Contains("\"GREETING\": \"hello\"") || Contains("\"GREETING\":\"hello\""));
  CHECK(phusion.sh("stat -c '%a %G' /etc/container_environment.sh") == "640 docker_env\n");
  CHECK(phusion.says("myapp runs as root, greeting hello"));
  CHECK(phusion.sh("setuser nobody id -un") == "nobody\n");

  const auto stopped = phusion.stop();
  CHECK(stopped.ending == exited(2));
  CHECK(stopped.took < 5s);
  CHECK(in_order(phusion.err(),
                 {"*** Running /etc/my_init.d/00_regen_ssh_host_keys.sh...\n",
                  "*** Running /etc/my_init.d/10_syslog-ng.init...\n", "*** Booting runit daemon...\n",
                  "*** Runit started as PID ", "*** Shutting down runit daemon (PID ",
                  "*** Running /etc/my_init.post_shutdown.d/10_syslog-ng.shutdown...\n",
                  "*** Killing all processes...\n"}));
}

SCENARIO("in phusion's image syslog takes a service's last words (root)", "[container]") {
  Container phusion("phusion", {"--volume", "/var/log"});
  REQUIRE(phusion.is_up());
  REQUIRE(phusion.comes_true("sv -w 5 down myapp"));
  CHECK(phusion.comes_true("grep -q 'myapp: last words' /var/log/*"));
}

SCENARIO("in phusion's image sshd is enabled by removing its down file (root)", "[container]") {
  Container phusion("phusion", {}, {"sh", "-c", "rm -f /etc/service/sshd/down; exec /sbin/my_init"});
  REQUIRE(phusion.is_up());
  CHECK_THAT(phusion.sh("sv status sshd"), StartsWith("run: sshd: (pid "));
  CHECK(phusion.comes_true("ssh-keyscan 127.0.0.1 | grep -q ssh-"));
}

SCENARIO("in phusion's image a one-off command runs with and without the services (root)", "[container]") {
  const std::vector<std::string> options =
      GENERATE(std::vector<std::string>{},
               std::vector<std::string>{"--skip-startup-files", "--skip-runit", "--quiet"});
  Container::Words command{"/sbin/my_init"};
  command.insert(command.end(), options.begin(), options.end());
  command.insert(command.end(), {"--", "sh", "-c", "echo INITRD is $INITRD; exit 3"});
  Container phusion("phusion", {}, command);
  CHECK(phusion.ends() == exited(3));
  CHECK_THAT(phusion.out(), Contains("INITRD is no\n"));
  if (!options.empty()) CHECK(phusion.err().empty());
}

SCENARIO("only what replaces runit and my_init differs from phusion's image (root)", "[container]") {
  // Its own my_init speaks up where ours has not been put.
  Container before("phusion-stand-in");
  CHECK(before.says("the image's own my_init"));
  Container after("phusion");
  REQUIRE(after.is_up());
  CHECK(after.sh("cat /proc/1/cmdline | tr '\\0' ' '") == "/sbin/my_init ");
  CHECK(after.sh("readlink /proc/1/exe") == "/usr/bin/my_init\n");
  CHECK(after.sh("for p in /proc/[0-9]*; do readlink $p/exe; done | grep -c python") == "0\n");
}
