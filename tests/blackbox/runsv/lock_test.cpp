// The locks in supervise/, and what runsv does while somebody else holds its log directory's.
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <fstream>
#include <string>

#include <catch2/catch.hpp>

#include "support/supervised_service.hpp"

using namespace runvisor::testing;

namespace {

/// Locks a file as another runsv would; the descriptor holds the lock.
int locked(const std::filesystem::path& file) {
  const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  REQUIRE(::flock(fd, LOCK_EX) == 0);
  return fd;
}

/// Whether a process stands in the line for a lock: /proc/locks shows it behind an arrow.
bool waits_for_lock(pid_t pid) {
  std::ifstream locks("/proc/locks");
  const std::string waiting = "FLOCK  ADVISORY  WRITE " + std::to_string(pid) + " ";
  for (std::string line; std::getline(locks, line);) {
    if (line.find("->") != std::string::npos && line.find(waiting) != std::string::npos) return true;
  }
  return false;
}

}  // namespace

SCENARIO_METHOD(SupervisedService, "the lock is held as long as runsv lives") {
  service.probe("run", Probe()).probe("log/run", Probe::copies_input_to(scratch / "out"));
  REQUIRE(start_and_run());
  const int lock = ::open((service / "supervise/lock").c_str(), O_RDONLY | O_CLOEXEC);
  const int log_lock = ::open((service.log() / "supervise/lock").c_str(), O_RDONLY | O_CLOEXEC);
  REQUIRE(lock >= 0);
  REQUIRE(log_lock >= 0);
  CHECK(::flock(lock, LOCK_EX | LOCK_NB) != 0);
  CHECK(::flock(log_lock, LOCK_EX | LOCK_NB) != 0);
  REQUIRE(leave());
  CHECK(::flock(lock, LOCK_EX | LOCK_NB) == 0);
  CHECK(::flock(log_lock, LOCK_EX | LOCK_NB) == 0);
  ::close(lock);
  ::close(log_lock);
}

SCENARIO_METHOD(SupervisedService, "runsv waits for a lock on log/supervise") {
  service.probe("run", Probe()).probe("log/run", Probe::copies_input_to(scratch / "out"));
  service.file("log/supervise/lock");
  const int lock = locked(service.log() / "supervise/lock");
  start();
  REQUIRE(eventually([&] { return waits_for_lock(runsv->pid()); }));
  CHECK(stays([&] { return runsv->running() && service.history().empty(); }, 100ms));
  ::close(lock);
  CHECK(service.saw("./run start"));
}

SCENARIO_METHOD(SupervisedService, "a runsv told to exit while it waits for its log's lock exits 0") {
  service.probe("run", Probe()).probe("log/run", Probe::copies_input_to(scratch / "out"));
  service.file("log/supervise/lock");
  const int lock = locked(service.log() / "supervise/lock");
  start();
  REQUIRE(eventually([&] { return waits_for_lock(runsv->pid()); }));
  runsv->signal(SIGTERM);
  ::close(lock);
  CHECK(runsv->wait() == exited(0));
  CHECK(runsv->err().empty());
}

SCENARIO_METHOD(SupervisedService, "TERM ends a runsv that waits for its log's lock at once", "[fixed]") {
  service.probe("run", Probe()).probe("log/run", Probe::copies_input_to(scratch / "out"));
  service.file("log/supervise/lock");
  const int lock = locked(service.log() / "supervise/lock");
  start({.ignored_signals = {SIGTERM}, .blocked_signals = {SIGTERM}});
  REQUIRE(eventually([&] { return waits_for_lock(runsv->pid()); }));
  runsv->signal(SIGTERM);
  CHECK(runsv->wait() == exited(0));
  CHECK(runsv->err().empty());
  CHECK(service.history().empty());
  ::close(lock);
}
