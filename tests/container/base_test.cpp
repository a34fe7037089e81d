// The base image with its daemons, used the way one uses a container.
#include <catch2/catch.hpp>

#include "support/container.hpp"

using namespace runvisor::testing;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

/// cron looks at its jobs once a minute.
constexpr auto kCronJob = 90s;
/// Well before an engine would kill the container.
constexpr auto kStop = 5s;

}  // namespace

SCENARIO("a cron job fires in the container (root)", "[container]") {
  Container base("base");
  REQUIRE(base.comes_true("echo '* * * * * root echo fired >>/tmp/fired' >/etc/cron.d/test"));
  CHECK(base.comes_true("grep -qx fired /tmp/fired", kCronJob));
}

SCENARIO("services are seen, stopped, started and restarted from outside the container (root)",
         "[container]") {
  Container base("base");
  REQUIRE(base.is_up());
  // Without a shell's variables: an engine's exec has hardly any.
  const Finished status = base.exec({"env", "-i", "/bin/sh", "-c", "sv status /etc/service/*"});
  CHECK(status.ending == exited(0));
  CHECK(status.err.empty());
  CHECK_THAT(status.out, StartsWith("run: /etc/service/cron: (pid "));
  CHECK_THAT(status.out, Contains("\ndown: /etc/service/sshd: "));
  CHECK_THAT(status.out, Contains("\nrun: /etc/service/syslog-ng: (pid "));

  const std::string first = base.pid_of("cron");
  CHECK_THAT(base.sh("sv -w 5 down cron"), StartsWith("ok: down: cron: "));
  CHECK(base.pid_of("cron").empty());
  CHECK_THAT(base.sh("sv -w 5 up cron"), StartsWith("ok: run: cron: (pid "));
  const std::string second = base.pid_of("cron");
  CHECK(second != first);
  CHECK_THAT(base.sh("sv restart cron"), StartsWith("ok: run: cron: (pid "));
  CHECK(base.pid_of("cron") != second);
}

SCENARIO("the container stops long before the engine would kill it (root)", "[container]") {
  Container base("base");
  REQUIRE(base.is_up());
  REQUIRE(base.comes_true("sv start sshd"));
  const auto stopped = base.stop();
  // Told to stop, my_init exits 2; killed, it would be 137.
  CHECK(stopped.ending == exited(2));
  CHECK(stopped.took < kStop);
  CHECK_THAT(base.err(), Contains("*** Shutting down runit daemon (PID "));
}

SCENARIO("a container in which nothing obeys still stops in its own time (root)", "[container]") {
  Container base("base");
  REQUIRE(base.is_up());
  REQUIRE(base.add_service("stubborn", "trap '' TERM; while :; do sleep 1; done"));
  const auto stopped = base.stop();
  CHECK(stopped.ending == exited(2));
  CHECK(stopped.took < 10s);
  CHECK_THAT(base.err(), Contains("did not shut down in time. Forcing it to exit."));
}

SCENARIO("a message to syslog arrives in its file, also after a rotation (root)", "[container]") {
  Container base("base");
  REQUIRE(base.is_up());
  REQUIRE(base.comes_true("logger first message"));
  REQUIRE(base.comes_true("grep -q 'first message' /var/log/syslog"));
  REQUIRE(base.comes_true("logger -p auth.info secret message"));
  CHECK(base.comes_true("grep -q 'secret message' /var/log/auth.log"));
  CHECK(base.sh("grep -c 'secret message' /var/log/syslog") == "0\n");
  // What cron.daily runs.
  const Finished rotation = base.exec({"logrotate", "--force", "/etc/logrotate.conf"});
  CHECK(rotation.ending == exited(0));
  CHECK(rotation.err.empty());
  REQUIRE(base.comes_true("grep -q 'first message' /var/log/syslog.1"));
  CHECK(base.comes_true("logger second message; grep -q 'second message' /var/log/syslog"));
}

SCENARIO("sshd is down until it is wanted, makes its host key then, and lets in by key only (root)",
         "[container]") {
  Container base("base");
  REQUIRE(base.is_up());
  CHECK_THAT(base.sh("sv status sshd"), StartsWith("down: sshd: "));
  CHECK(base.sh("find / -xdev -name '*host*key*' -type f").empty());

  REQUIRE(
      base.comes_true("mkdir -p -m 700 /root/.ssh && ssh-keygen -q -t ed25519 -N '' -f /tmp/key &&"
                      "cp /tmp/key.pub /root/.ssh/authorized_keys && echo root:secret | chpasswd"));
  REQUIRE_THAT(base.sh("sv start sshd"), StartsWith("ok: run: sshd: (pid "));
  CHECK_FALSE(base.sh("find / -xdev -name '*host*key*' -type f").empty());

  const std::string ssh = "ssh -o StrictHostKeyChecking=no -o BatchMode=yes root@127.0.0.1 ";
  const Finished login = base.exec({"sh", "-c", ssh + "-i /tmp/key 'echo in as $USER'"});
  CHECK(login.out == "in as root\n");
  CHECK(login.ending == exited(0));
  const Finished without_key = base.exec({"sh", "-c", ssh + "true"});
  CHECK(without_key.ending == exited(255));
  // All other ways are closed.
  CHECK_THAT(without_key.err, Contains("Permission denied (publickey)."));
}

SCENARIO("the health check tells whether all services are as they are wanted (root)", "[container]") {
  Container base("base");
  REQUIRE(base.is_up());
  CHECK(base.health() == exited(0));
  // Wanted down is well, too.
  REQUIRE(base.comes_true("sv -w 5 down cron"));
  CHECK(base.health() == exited(0));
  // What no check can pass is told once the time for starting is over.
  REQUIRE(base.add_service("broken", "exec sleep 1000"));
  REQUIRE(base.comes_true("printf '#!/bin/sh\\nexit 1\\n' >/tmp/broken/check && chmod +x /tmp/broken/check"));
  CHECK(eventually([&] { return base.health() == exited(1); }));
}

SCENARIO("the services' output is the container's, by name (root)", "[container]") {
  const std::string format = GENERATE("text", "json", "none");
  Container base("base", {"--env", "MY_INIT_LOG=" + format});
  REQUIRE(base.is_up());
  REQUIRE(base.add_service("talker", "echo to stdout; echo to stderr >&2; exec sleep 1000"));
  if (format == "text") {
    CHECK(base.says("talker: to stdout\n"));
    CHECK(base.says("talker: to stderr\n"));
  } else if (format == "json") {
    CHECK(base.says(R"("service": "talker", "stream": "stdout", "message": "to stdout"})"));
    CHECK(base.says(R"("service": "talker", "stream": "stderr", "message": "to stderr"})"));
  } else {
    CHECK(base.says("to stdout\n"));
    CHECK(base.says("to stderr\n"));
    CHECK(base.out().find("talker") == std::string::npos);
  }
}
