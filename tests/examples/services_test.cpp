// The example services that an application is made of, and cron: used over its own protocol, killed,
// restarted and stopped.
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "example_services.hpp"

using namespace runvisor::testing;
namespace fs = std::filesystem;
using Catch::Matchers::Contains;
using Catch::Matchers::EndsWith;
using Catch::Matchers::StartsWith;

SCENARIO_METHOD(ExampleServices,
                "nginx answers over HTTP, and logs it, through a kill, a restart and a stop") {
  REQUIRE(start({"nginx"}));
  check_life("nginx", [&] {
    const auto answer = http_get(port("nginx"), "/page");
    REQUIRE(answer);
    CHECK_THAT(*answer, StartsWith("HTTP/1.1 200 OK\r\n"));
    CHECK_THAT(*answer, EndsWith("\r\n\r\nnginx, supervised\n"));
  });
  CHECK_FALSE(http_get(port("nginx"), "/"));
  CHECK(eventually([&] { return log("nginx").find("\"GET /page HTTP/1.0\" 200") != std::string::npos; }));
  CHECK(leaves_nothing_behind());
}

SCENARIO_METHOD(ExampleServices,
                "nginx, told to stop, takes no further requests and finishes the one in progress") {
  const Server application;
  configure("nginx", "UPSTREAM=127.0.0.1:" + std::to_string(application.port()) + "\n");
  REQUIRE(start({"nginx"}));
  const pid_t master = pid("nginx");
  const Socket client;
  REQUIRE(client.connect(port("nginx")));
  REQUIRE(client.send("GET /slow HTTP/1.0\r\n\r\n"));
  const Socket request = application.accept();
  REQUIRE(request.receive("\r\n\r\n"));

  REQUIRE(tell("down", "nginx"));
  CHECK(eventually([&] { return !Socket().connect(port("nginx")); }));
  CHECK(alive(master));
  REQUIRE(request.send("HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nended"));
  const auto answer = client.receive();
  REQUIRE(answer);
  CHECK_THAT(*answer, StartsWith("HTTP/1.1 200 OK\r\n"));
  CHECK_THAT(*answer, EndsWith("\r\n\r\nended"));
  CHECK(eventually([&] { return pid("nginx") == 0; }));
  CHECK(log("nginx").find("\"GET /slow HTTP/1.0\" 200") != std::string::npos);
  CHECK(leaves_nothing_behind());
}

SCENARIO_METHOD(ExampleServices,
                "nginx's access log is forwarded to a syslog server, too, if svlogd is told so") {
  const Socket server(SOCK_DGRAM);
  REQUIRE(server.bind(0));
  fs::create_directories(directory("nginx") / "log/main");
  write_file(directory("nginx") / "log/main/config", "u127.0.0.1:" + std::to_string(server.port()) + "\n");
  REQUIRE(start({"nginx"}));
  REQUIRE(http_get(port("nginx"), "/page"));
  const auto packet = server.receive("\n");
  REQUIRE(packet);
  CHECK_THAT(*packet, Contains("\"GET /page HTTP/1.0\" 200"));
  CHECK(eventually([&] { return log("nginx").find("\"GET /page HTTP/1.0\" 200") != std::string::npos; }));
  CHECK(leaves_nothing_behind());
}

SCENARIO_METHOD(ExampleServices, "nginx's workers do not outlive a master that was killed") {
  REQUIRE(start({"nginx"}));
  const pid_t master = pid("nginx");
  const auto workers = descendants_of(master);
  REQUIRE_FALSE(workers.empty());
  REQUIRE(::kill(master, SIGKILL) == 0);
  REQUIRE(came_back("nginx", master));
  for (const pid_t worker : workers) {
    CHECK(eventually([&] { return !alive(worker); }));
  }
  CHECK(leaves_nothing_behind());
}

SCENARIO_METHOD(ExampleServices, "redis answers in RESP and keeps its data over a restart") {
  REQUIRE(start({"redis"}));
  check_life("redis", [&] {
    CHECK(redis(port("redis"), {"PING"}) == "+PONG\r\n");
    CHECK(redis(port("redis"), {"SET", "key", "value"}) == "+OK\r\n");
    CHECK(redis(port("redis"), {"STRLEN", "key"}) == ":5\r\n");
  });
  CHECK_FALSE(redis(port("redis"), {"PING"}));
  REQUIRE(sv("start", {"redis"}).ending == exited(0));
  CHECK(redis(port("redis"), {"STRLEN", "key"}) == ":5\r\n");
  CHECK_THAT(log("redis"), Contains("Ready to accept connections"));
  CHECK(leaves_nothing_behind());
}

SCENARIO_METHOD(ExampleServices, "memcached answers its text protocol through a kill, a restart and a stop") {
  REQUIRE(start({"memcached"}));
  check_life("memcached", [&] {
    CHECK(ask(port("memcached"), "get key\r\n", "\r\n") == "END\r\n");
    CHECK(ask(port("memcached"), "set key 7 0 5\r\nvalue\r\nget key\r\n", "END\r\n") ==
          "STORED\r\nVALUE key 7 5\r\nvalue\r\nEND\r\n");
  });
  CHECK_FALSE(ask(port("memcached"), "version\r\n", "\r\n"));
  CHECK(leaves_nothing_behind());
}

SCENARIO_METHOD(ExampleServices,
                "myapp's start script initialises, exports its environment and becomes the server") {
  REQUIRE(start({"myapp"}));
  int starts = 0;
  check_life("myapp", [&] {
    ++starts;
    CHECK(command_line(pid("myapp")).at(1) == "httpd");
    const auto answer = http_get(port("myapp"), "/cgi-bin/environment");
    REQUIRE(answer);
    CHECK_THAT(*answer, StartsWith("HTTP/1."));
    CHECK_THAT(*answer, Contains("APP_GREETING=Hello from a supervised application\n"));
    CHECK_THAT(*answer, Contains("APP_STARTS=" + std::to_string(starts) + "\n"));
  });
  CHECK_FALSE(http_get(port("myapp"), "/"));
  CHECK_THAT(log("myapp"), Contains("start 3"));
  CHECK(leaves_nothing_behind());
}

SCENARIO_METHOD(ExampleServices,
                "rackapp migrates its data once and serves through a kill, a restart and a stop") {
  REQUIRE(start({"rackapp"}));
  check_life("rackapp", [&] {
    const auto answer = http_get(port("rackapp"), "/");
    REQUIRE(answer);
    CHECK_THAT(*answer, StartsWith("HTTP/1.0 200 OK\r\n"));
    CHECK_THAT(*answer, EndsWith("\r\n\r\nnothing to report\n"));
  });
  const std::string lines = log("rackapp");
  CHECK(lines.find("migration: 001_notice") != std::string::npos);
  CHECK(lines.find("migration: ") == lines.rfind("migration: "));
  CHECK(leaves_nothing_behind());
}

SCENARIO_METHOD(ExampleServices, "rackapp, told to stop, finishes the request in progress") {
  REQUIRE(start({"rackapp"}));
  const pid_t server = pid("rackapp");
  const fs::path notice = data("rackapp") / "notice";
  fs::remove(notice);
  REQUIRE(::mkfifo(notice.c_str(), 0644) == 0);
  fs::permissions(notice, fs::perms{0644});
  const Socket client;
  REQUIRE(client.connect(port("rackapp")));
  REQUIRE(client.send("GET / HTTP/1.0\r\n\r\n"));
  // The FIFO has a reader when the application has come to reading its notice.
  int writer = -1;
  REQUIRE(
      eventually([&] { return (writer = ::open(notice.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC)) >= 0; }));

  REQUIRE(tell("down", "rackapp"));
  CHECK(eventually([&] { return log("rackapp").find("Gracefully stopping") != std::string::npos; }));
  CHECK(alive(server));
  REQUIRE(::write(writer, "ended\n", 6) == 6);
  ::close(writer);
  const auto answer = client.receive();
  REQUIRE(answer);
  CHECK_THAT(*answer, EndsWith("\r\n\r\nended\n"));
  CHECK(eventually([&] { return pid("rackapp") == 0; }));
  CHECK(leaves_nothing_behind());
}

SCENARIO_METHOD(ExampleServices,
                "cron fires its job and none of the machine's, through a kill and a restart (root)") {
  REQUIRE(start({"cron"}));
  std::size_t starts = 0;
  const auto lines_with = [&](const std::string& text) {
    const std::string lines = log("cron");
    std::size_t count = 0;
    for (std::size_t at = lines.find(text); at != std::string::npos; at = lines.find(text, at + 1)) {
      ++count;
    }
    return count;
  };
  check_life("cron", [&] {
    ++starts;
    CHECK(eventually([&] { return lines_with("cron has started") == starts; }));
    // What this cron sees of the machine's jobs, by way of its mount namespace.
    const fs::path root = fs::path("/proc") / std::to_string(pid("cron")) / "root";
    CHECK(fs::is_empty(root / "etc/cron.d"));
    CHECK(fs::is_empty(root / "var/spool/cron/crontabs"));
    CHECK_FALSE(fs::exists(root / "etc/cron.daily"));
  });
  REQUIRE(sv("start", {"cron"}).ending == exited(0));
  // A job of this minute fires at its end.
  CHECK(eventually([&] { return lines_with("cron fired at ") >= 1; }, 90s));
  CHECK(leaves_nothing_behind());
}
