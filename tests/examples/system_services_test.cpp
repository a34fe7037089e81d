// The example services that a system has rather than an application: used over their own protocols, killed,
// restarted and stopped.
#include <sys/mount.h>

#include <catch2/catch.hpp>

#include "example_services.hpp"
#include "support/binaries.hpp"
#include "support/namespaces.hpp"
#include "support/supervise_files.hpp"

using namespace runvisor::testing;
namespace fs = std::filesystem;
using Catch::Matchers::Contains;
using Catch::Matchers::EndsWith;
using Catch::Matchers::StartsWith;

namespace {

/// A machine's place for logins: a user of its own with a home in /run, where only those see it that are
/// started through enter().
class LoginPlace {
 public:
  explicit LoginPlace(const ExampleServices& services) : services_(services) {
    write_file(scratch_ / "passwd",
               "root:*:0:0:root:/root:/bin/sh\n"
               "daemon:*:1:1:daemon:/:/usr/sbin/nologin\n"
               "sshd:*:990:65534::/run/sshd:/usr/sbin/nologin\n"
               "visitor:*:991:65534::/run/visitor:/bin/sh\n");
    const Finished key = services_.run_tool(
        {"ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", (scratch_ / "key").string()});
    INFO(key.err);
    REQUIRE(key.ending == exited(0));
  }

  /// For ExampleServices::prepare.
  void enter() const {
    const std::string public_key = read_file(scratch_ / "key.pub");
    own_mounts();
    mount((scratch_ / "passwd").c_str(), "/etc/passwd", nullptr, MS_BIND);
    mount("run", "/run", "tmpfs", 0);
    fs::permissions("/run", fs::perms{0755});
    fs::create_directories("/run/visitor/.ssh");
    write_file("/run/visitor/.ssh/authorized_keys", public_key);
  }

  /// Runs a command as the visitor, by ssh with these further options.
  [[nodiscard]] Finished ssh(std::uint16_t port, const std::vector<std::string>& options,
                             const std::string& command) const {
    std::vector<std::string> argv{"ssh",
                                  "-F",
                                  "none",
                                  "-p",
                                  std::to_string(port),
                                  "-o",
                                  "BatchMode=yes",
                                  "-o",
                                  "StrictHostKeyChecking=accept-new",
                                  "-o",
                                  "UserKnownHostsFile=" + (scratch_ / "known_hosts").string()};
    argv.insert(argv.end(), options.begin(), options.end());
    argv.insert(argv.end(), {"visitor@127.0.0.1", command});
    return services_.run_tool(argv);
  }

  [[nodiscard]] std::string key() const { return scratch_ / "key"; }

 private:
  TempDir scratch_;
  const ExampleServices& services_;
};

}  // namespace

SCENARIO_METHOD(
    ExampleServices,
    "syslog-ng writes what comes through its socket, secrets apart, through a kill and a restart") {
  REQUIRE(start({"syslog-ng"}));
  const fs::path socket = data("syslog-ng") / "socket";
  int count = 0;
  const auto has = [&](const char* file, const std::string& line) {
    return read_file(data("syslog-ng") / file).find(line) != std::string::npos;
  };
  check_life("syslog-ng", [&] {
    const std::string number = std::to_string(++count);
    CHECK(run_tool({"logger", "-u", socket, "-t", "test", "message", number}).ending == exited(0));
    CHECK(run_tool({"logger", "-u", socket, "-t", "test", "-p", "auth.info", "secret", number}).ending ==
          exited(0));
    CHECK(eventually([&] { return has("syslog", " test: message " + number + "\n"); }));
    CHECK(eventually([&] { return has("auth.log", " test: secret " + number + "\n"); }));
  });
  CHECK_FALSE(has("syslog", "secret"));
  CHECK_FALSE(has("auth.log", "message"));
  CHECK(mode_of(data("syslog-ng") / "auth.log") == 0640);
  CHECK(leaves_nothing_behind());
}

SCENARIO_METHOD(ExampleServices,
                "syslog-ng goes on in a new file when logrotate has taken the old one away") {
  REQUIRE(start({"syslog-ng"}));
  const fs::path file = data("syslog-ng") / "syslog";
  const auto log_line = [&](const std::string& line) {
    REQUIRE(run_tool({"logger", "-u", data("syslog-ng") / "socket", line}).ending == exited(0));
  };
  log_line("old");
  REQUIRE(eventually([&] { return read_file(file).find(": old\n") != std::string::npos; }));
  fs::rename(file, data("syslog-ng") / "syslog.1");
  REQUIRE(tell("hup", "syslog-ng"));
  CHECK(eventually([&] { return fs::exists(file); }));
  log_line("new");
  CHECK(eventually([&] { return read_file(file).find(": new\n") != std::string::npos; }));
  CHECK(leaves_nothing_behind());
}

SCENARIO_METHOD(
    ExampleServices,
    "sshd is down until it is wanted, and opens to a key only, through a kill and a restart (root)") {
  const LoginPlace place(*this);
  prepare([&] { place.enter(); });
  REQUIRE(start({"sshd"}));
  CHECK(read_stat(directory("sshd")) == "down\n");
  CHECK_FALSE(fs::exists(data("sshd")));

  REQUIRE(sv("start", {"sshd"}).ending == exited(0));
  const std::string host_key = read_file(data("sshd") / "host_key.pub");
  CHECK(mode_of(data("sshd")) == 0700);
  check_life("sshd", [&] {
    const Finished login = place.ssh(port("sshd"), {"-i", place.key()}, "id -un; echo $((6 * 7))");
    INFO(login.err);
    CHECK(login.ending == exited(0));
    CHECK(login.out == "visitor\n42\n");
  });
  CHECK(read_file(data("sshd") / "host_key.pub") == host_key);

  REQUIRE(sv("start", {"sshd"}).ending == exited(0));
  const Finished refused = place.ssh(port("sshd"), {"-o", "PubkeyAuthentication=no"}, "true");
  CHECK(refused.ending == exited(255));
  CHECK_THAT(refused.err, EndsWith("Permission denied (publickey).\r\n"));
  CHECK_THAT(log("sshd"), Contains("Accepted publickey for visitor from 127.0.0.1"));
  CHECK(leaves_nothing_behind());
}

SCENARIO_METHOD(ExampleServices,
                "postgresql makes its cluster once, and keeps it through a kill, a restart and a stop") {
  REQUIRE(start({"postgresql"}));
  const auto psql = [&](const std::string& statements) {
    std::vector<std::string> argv{"psql",
                                  "-h",
                                  data("postgresql").string() + ".sockets",
                                  "-p",
                                  std::to_string(port("postgresql")),
                                  "-qAtc",
                                  statements,
                                  "postgres"};
    if (is_root()) {
      argv.insert(argv.begin(), {"chpst", "-u", "nobody"});
    }
    return argv;
  };
  REQUIRE(run_tool(psql("CREATE TABLE uses (number serial)")).ending == exited(0));
  int uses = 0;
  check_life("postgresql", [&] {
    const Finished asked = run_tool(psql("INSERT INTO uses DEFAULT VALUES; SELECT count(*) FROM uses"));
    INFO(asked.err);
    CHECK(asked.out == std::to_string(++uses) + "\n");
  });

  WHEN("it is told to stop while a client is connected") {
    REQUIRE(sv("start", {"postgresql"}).ending == exited(0));
    Process client = start_tool(psql("SELECT pg_sleep(600)"));
    REQUIRE(eventually([&] {
      return run_tool(psql("SELECT count(*) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(600)'"))
                 .out == "1\n";
    }));
    THEN("it does not wait for it") {
      CHECK(sv("stop", {"postgresql"}).ending == exited(0));
      CHECK(client.wait() == exited(2));
      CHECK_THAT(client.err(), Contains("terminating connection due to administrator command"));
    }
  }
  CHECK(leaves_nothing_behind());
}
