// Process number 1 of a container: exit codes, orphans, and what happens when others are killed.
#include <catch2/catch.hpp>

#include "support/container.hpp"

using namespace runvisor::testing;
using Catch::Matchers::Contains;

namespace {

/// How many processes of the container are zombies.
constexpr const char* kZombies = "grep -l '^State:.Z' /proc/[0-9]*/status 2>/dev/null | wc -l";

}  // namespace

SCENARIO("the container ends with its command's exit code, or 128 and the signal's number (root)",
         "[container]") {
  const auto [command, code] = GENERATE(table<const char*, int>({{"exit 0", 0},
                                                                 {"exit 7", 7},
                                                                 {"kill -TERM $$", 128 + 15},
                                                                 {"kill -SEGV $$", 128 + 11},
                                                                 {"kill -KILL $$", 128 + 9}}));
  Container slim("slim", {}, {"/sbin/my_init", "--", "sh", "-c", command});
  CHECK(slim.ends() == exited(code));
  CHECK_THAT(slim.err(), Contains("*** sh exited with status " + std::to_string(code) + "."));
}

SCENARIO("a command that is not there ends the container with 127 (root)", "[container]") {
  Container slim("slim", {}, {"/sbin/my_init", "--", "no-such-program"});
  CHECK(slim.ends() == exited(127));
}

SCENARIO("a command sees the container's variables, and its arguments as they are (root)", "[container]") {
  Container slim(
      "slim", {"--env", "GREETING=hello  'you'"},
      {"/sbin/my_init", "--quiet", "--", "sh", "-c",
       "printf '%s|' \"$GREETING\" \"$@\"; cat /etc/container_environment/GREETING", "sh", "a  b", ""});
  CHECK(slim.ends() == exited(0));
  CHECK(slim.out() == "hello  'you'|a  b||hello  'you'");
}

SCENARIO("children that others have left behind become no zombies (root)", "[container]") {
  Container slim("slim");
  REQUIRE(slim.is_up());
  // A child of a child whose parent has gone.
  REQUIRE(slim.comes_true("(sleep 0.1 & ) ; ( (sleep 0.1 & ) & ) ; exit 0"));
  CHECK(slim.comes_true("! pidof sleep"));
  CHECK(slim.sh(kZombies) == "0\n");
}

SCENARIO("a flood of orphans is collected while services are controlled (root)", "[container]") {
  Container slim("slim");
  REQUIRE(slim.add_service("app", "exec sleep 1000"));
  REQUIRE(
      slim.comes_true("(i=0; while [ $i -lt 2000 ]; do (true &); i=$((i+1)); done) & sv restart app; wait"));
  CHECK(slim.comes_true("[ $(" + std::string(kZombies) + ") = 0 ]"));
  CHECK_THAT(slim.sh("sv status app"), Contains("run: app: (pid "));
}

SCENARIO(
    "the container outlives the killing of a service, its supervisor, its logger and the collector of output "
    "(root)",
    "[container]") {
  Container slim("slim");
  REQUIRE(slim.comes_true(
      "mkdir -p /tmp/app/log && printf '#!/bin/sh\\nmkdir -p main; exec svlogd main\\n' >/tmp/app/log/run &&"
      "chmod +x /tmp/app/log/run"));
  REQUIRE(slim.add_service("app", "exec sleep 1000"));
  const std::string victim = GENERATE("sleep", "svlogd", "runsv", "my_init-log");
  const std::string before = slim.sh("pidof " + victim);
  REQUIRE(slim.comes_true("kill -KILL $(pidof " + victim + ")"));
  CHECK(slim.comes_true("[ -n \"$(pidof " + victim + ")\" ] && [ \"$(pidof " + victim + ")\" != '" +
                        before.substr(0, before.size() - 1) + "' ]"));
  CHECK(slim.comes_true("sv -w 5 check app"));
  CHECK(slim.sh(kZombies) == "0\n");
  CHECK(slim.stop().ending == exited(2));
}

SCENARIO("the container ends in order when runsvdir is killed (root)", "[container]") {
  Container slim("slim");
  REQUIRE(slim.add_service("app", "trap 'echo stopped; exit 0' TERM; while :; do sleep 1000 & wait; done"));
  REQUIRE(slim.comes_true("kill -KILL $(pidof runsvdir)"));
  CHECK(slim.ends() == exited(128 + 9));
  CHECK(slim.says("app: stopped\n"));
}

SCENARIO("the first process cannot be killed from inside, nor by one of its own (root)", "[container]") {
  Container slim("slim");
  REQUIRE(slim.is_up());
  REQUIRE(slim.comes_true("kill -KILL 1; kill -SEGV 1; kill -HUP 1; kill -USR1 1; true"));
  CHECK(slim.is_up());
  CHECK(slim.running());
}

SCENARIO("the container works on a read-only root directory (root)", "[container]") {
  Container base("base", {"--read-only", "--read-only-tmpfs=false", "--tmpfs", "/run", "--tmpfs", "/var/log",
                          "--tmpfs", "/var/lib/sshd"});
  REQUIRE(base.is_up());
  CHECK(base.exec({"touch", "/etc/file"}).ending == exited(1));
  CHECK_THAT(base.sh("sv restart cron"), Contains("ok: run: cron: (pid "));
  CHECK(base.comes_true("logger hello; grep -q hello /var/log/syslog"));
  CHECK(base.comes_true("sv start sshd"));
  // It says what it leaves out.
  CHECK_THAT(base.err(), Contains("*** Skipping /etc/container_environment"));
  const auto stopped = base.stop();
  CHECK(stopped.ending == exited(2));
  CHECK(stopped.took < 5s);
}
