// The example services that do jobs: a worker, and a task that is due at times.
#include <signal.h>
#include <sys/stat.h>

#include <catch2/catch.hpp>

#include "example_services.hpp"
#include "support/supervise_files.hpp"

using namespace runvisor::testing;
namespace fs = std::filesystem;
using Catch::Matchers::Contains;

namespace {

/// A program that takes part in a job's or task's place: it says that it has begun, and ends when it is
/// released. What it says goes to the log with its first argument.
class Gate {
 public:
  Gate() {
    fs::permissions(scratch_.path(), fs::perms{0777});
    REQUIRE(::mkfifo((scratch_ / "gate").c_str(), 0666) == 0);
    fs::permissions(scratch_ / "gate", fs::perms{0666});
    write_file(scratch_ / "program",
               "#!/bin/sh\ncd '" + scratch_.path().string() +
                   "'\necho $$ >began.new\nmv began.new began\nread -r line <gate\necho \"ended: $1\"\n",
               0755);
  }

  [[nodiscard]] std::string program() const { return scratch_ / "program"; }
  /// Waits for the program to begin: its process.
  [[nodiscard]] pid_t began() const {
    const fs::path file = scratch_ / "began";
    REQUIRE(eventually([&] { return fs::exists(file); }));
    const pid_t process = std::stoi(read_file(file));
    fs::remove(file);
    return process;
  }
  /// Lets the program, which waits, go on to its end.
  void release() const { write_file(scratch_ / "gate", "go on\n", 0666); }

 private:
  TempDir scratch_;
};

}  // namespace

SCENARIO_METHOD(ExampleServices, "the worker does jobs in order, through a kill, a restart and a stop") {
  configure("worker", "REDIS_PORT=" + std::to_string(port("redis")) + "\n");
  REQUIRE(start({"redis", "worker"}));
  int count = 0;
  check_life("worker", [&] {
    const std::string first = "job-" + std::to_string(++count);
    const std::string second = "job-" + std::to_string(++count);
    REQUIRE(redis(port("redis"), {"RPUSH", "jobs", first, second}));
    CHECK(eventually([&] { return log("worker").find(" done: " + second + "\n") != std::string::npos; }));
    CHECK(log("worker").find(" done: " + first + "\n") < log("worker").find(" begun: " + second + "\n"));
  });
  CHECK_THAT(log("worker"), Contains(" job-1 has 5 characters\n"));
  CHECK(leaves_nothing_behind());
}

SCENARIO_METHOD(ExampleServices, "the worker waits for redis, and keeps a job that has failed") {
  configure("worker", "REDIS_PORT=" + std::to_string(port("redis")) + "\nWORKER_JOB=false\n");
  REQUIRE(start({"redis", "worker"}));
  REQUIRE(sv("stop", {"redis"}).ending == exited(0));
  REQUIRE(eventually([&] { return log("worker").find("no answer from redis") != std::string::npos; }));
  REQUIRE(sv("start", {"redis", "worker"}).ending == exited(0));
  REQUIRE(redis(port("redis"), {"RPUSH", "jobs", "one"}));
  CHECK(eventually([&] { return redis(port("redis"), {"LLEN", "jobs:failed"}) == ":1\r\n"; }));
  CHECK(leaves_nothing_behind());
}

SCENARIO_METHOD(ExampleServices, "the worker, told to stop, finishes its job and begins no other") {
  const Gate gate;
  configure("worker",
            "REDIS_PORT=" + std::to_string(port("redis")) + "\nWORKER_JOB='" + gate.program() + "'\n");
  REQUIRE(start({"redis", "worker"}));
  REQUIRE(redis(port("redis"), {"RPUSH", "jobs", "one", "two"}));
  const pid_t job = gate.began();
  const pid_t worker = pid("worker");

  REQUIRE(tell("down", "worker"));
  REQUIRE(eventually([&] { return read_stat(directory("worker")) == "run, got TERM, want down\n"; }));
  CHECK(alive(job));
  gate.release();
  CHECK(eventually([&] { return read_stat(directory("worker")) == "down\n"; }));
  CHECK_FALSE(alive(worker));
  CHECK(eventually([&] { return log("worker").find(" stopped\n") != std::string::npos; }));
  CHECK_THAT(log("worker"), Contains(" ended: one\n"));
  CHECK_THAT(log("worker"), !Contains("two"));
  CHECK(redis(port("redis"), {"LRANGE", "jobs", "0", "-1"}) == "*1\r\n$3\r\ntwo\r\n");
  CHECK(redis(port("redis"), {"LLEN", "jobs:worker"}) == ":0\r\n");
  CHECK(leaves_nothing_behind());
}

SCENARIO_METHOD(ExampleServices, "a worker that is killed takes its job with it, and then does it again") {
  const Gate gate;
  configure("worker",
            "REDIS_PORT=" + std::to_string(port("redis")) + "\nWORKER_JOB='" + gate.program() + "'\n");
  REQUIRE(start({"redis", "worker"}));
  REQUIRE(redis(port("redis"), {"RPUSH", "jobs", "one", "two"}));
  const pid_t job = gate.began();
  const pid_t worker = pid("worker");
  REQUIRE(::kill(worker, SIGKILL) == 0);
  CHECK(eventually([&] { return !alive(job); }));

  CHECK(gate.began() != job);
  gate.release();
  CHECK(gate.began() != 0);
  gate.release();
  CHECK(eventually([&] { return log("worker").find(" done: two\n") != std::string::npos; }));
  CHECK(log("worker").find(" done: one\n") < log("worker").find(" begun: two\n"));
  CHECK(leaves_nothing_behind());
}

SCENARIO_METHOD(ExampleServices, "the scheduled task fires each time it is due, and after a kill") {
  configure("scheduled-task", "TASK_EVERY=1\n");
  REQUIRE(start({"scheduled-task"}));
  const auto fired = [&] {
    const std::string lines = log("scheduled-task");
    std::size_t count = 0;
    for (auto at = lines.find("cleaning "); at != std::string::npos; at = lines.find("cleaning ", at + 1)) {
      ++count;
    }
    return count;
  };
  CHECK(eventually([&] { return fired() >= 1; }));
  REQUIRE(eventually([&] {
    const pid_t waiting = pid("scheduled-task");
    return waiting != 0 && ::kill(waiting, SIGKILL) == 0;
  }));
  const std::size_t before = fired();
  CHECK(eventually([&] { return fired() > before; }));
  CHECK(leaves_nothing_behind());
}

SCENARIO_METHOD(ExampleServices, "the scheduled task fires at an alarm, and not because it is told to stop") {
  configure("scheduled-task", "TASK_EVERY=86400\n");
  REQUIRE(start({"scheduled-task"}));
  const fs::path folder = data("scheduled-task");
  fs::create_directory(folder);
  write_file(folder / "old", "");
  write_file(folder / "new", "");
  fs::last_write_time(folder / "old", fs::file_time_type::clock::now() - 49h);

  REQUIRE(sv("restart", {"scheduled-task"}).ending == exited(0));
  CHECK(fs::exists(folder / "old"));
  REQUIRE(tell("alarm", "scheduled-task"));
  CHECK(eventually([&] { return !fs::exists(folder / "old"); }));
  CHECK(fs::exists(folder / "new"));
  CHECK(eventually(
      [&] { return log("scheduled-task").find((folder / "old").string() + "\n") != std::string::npos; }));
  REQUIRE(sv("stop", {"scheduled-task"}).ending == exited(0));
  const std::string lines = log("scheduled-task");
  CHECK(lines.find("cleaning ") == lines.rfind("cleaning "));
  CHECK(leaves_nothing_behind());
}

SCENARIO_METHOD(ExampleServices, "a scheduled task that is being done is done before the service is down") {
  const Gate gate;
  configure("scheduled-task", "TASK_EVERY=86400\nTASK='" + gate.program() + "'\n");
  REQUIRE(start({"scheduled-task"}));
  REQUIRE(tell("alarm", "scheduled-task"));
  const pid_t task = gate.began();
  REQUIRE(tell("down", "scheduled-task"));
  REQUIRE(eventually([&] { return read_stat(directory("scheduled-task")) == "finish, want down\n"; }));
  CHECK(alive(task));
  gate.release();
  CHECK(eventually([&] { return read_stat(directory("scheduled-task")) == "down\n"; }));
  CHECK(eventually([&] { return log("scheduled-task").find("ended: ") != std::string::npos; }));
  CHECK(leaves_nothing_behind());
}
