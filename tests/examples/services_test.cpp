// One scenario for each example service: used over its own protocol, killed, restarted and stopped.
#include <signal.h>

#include <functional>

#include <catch2/catch.hpp>

#include "example_services.hpp"

using namespace runvisor::testing;
namespace fs = std::filesystem;
using Catch::Matchers::Contains;
using Catch::Matchers::EndsWith;
using Catch::Matchers::StartsWith;

namespace {

/// Takes the running service through a kill, a restart and a stop; `use` uses it and makes its own checks.
void check_life(ExampleServices& services, const std::string& name, const std::function<void()>& use) {
  use();

  const pid_t first = services.pid(name);
  REQUIRE(first != 0);
  REQUIRE(::kill(first, SIGKILL) == 0);
  REQUIRE(services.came_back(name, first));
  use();

  const pid_t second = services.pid(name);
  const Finished restart = services.sv("restart", {name});
  CHECK_THAT(restart.out, StartsWith("ok: run: " + name + ": (pid "));
  REQUIRE(restart.ending == exited(0));
  CHECK(services.pid(name) != second);
  CHECK_FALSE(alive(second));
  use();

  const pid_t third = services.pid(name);
  const Finished stop = services.sv("stop", {name});
  CHECK_THAT(stop.out, StartsWith("ok: down: " + name + ": "));
  CHECK(stop.ending == exited(0));
  CHECK_FALSE(alive(third));
}

}  // namespace

SCENARIO_METHOD(ExampleServices,
                "nginx answers over HTTP, and logs it, through a kill, a restart and a stop") {
  REQUIRE(start({"nginx"}));
  check_life(*this, "nginx", [&] {
    const auto answer = http_get(port("nginx"), "/page");
    REQUIRE(answer);
    CHECK_THAT(*answer, StartsWith("HTTP/1.1 200 OK\r\n"));
    CHECK_THAT(*answer, EndsWith("\r\n\r\nnginx, supervised\n"));
  });
  CHECK_FALSE(http_get(port("nginx"), "/"));
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
  check_life(*this, "redis", [&] {
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
  check_life(*this, "memcached", [&] {
    CHECK(exchange(port("memcached"), "get key\r\n", "\r\n") == "END\r\n");
    CHECK(exchange(port("memcached"), "set key 7 0 5\r\nvalue\r\nget key\r\n", "END\r\n") ==
          "STORED\r\nVALUE key 7 5\r\nvalue\r\nEND\r\n");
  });
  CHECK_FALSE(exchange(port("memcached"), "version\r\n", "\r\n"));
  CHECK(leaves_nothing_behind());
}

SCENARIO_METHOD(ExampleServices,
                "myapp's start script initialises, exports its environment and becomes the server") {
  REQUIRE(start({"myapp"}));
  int starts = 0;
  check_life(*this, "myapp", [&] {
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
  check_life(*this, "cron", [&] {
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
