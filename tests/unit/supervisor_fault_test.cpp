// runsvdir's shell on a system whose calls fail: each service gets its runsv, exactly one, and what is said
// is said once.

#include <gtest/gtest.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <sstream>
#include <string>

#include "faulty_system.hpp"
#include "supervisor.hpp"
#include "support/temp_dir.hpp"

namespace runvisor::testing {
namespace {

/// Sends this process TERM if it is still there after so long, so that a supervisor that never gets done
/// ends.
class Deadline {
 public:
  explicit Deadline(std::chrono::seconds after) {
    sigevent event{};
    event.sigev_notify = SIGEV_SIGNAL;
    event.sigev_signo = SIGTERM;
    ::timer_create(CLOCK_MONOTONIC, &event, &timer_);
    const itimerspec time{.it_interval = {}, .it_value = {.tv_sec = after.count(), .tv_nsec = 0}};
    ::timer_settime(timer_, 0, &time, nullptr);
  }
  ~Deadline() { ::timer_delete(timer_); }
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

 private:
  timer_t timer_{};
};

/// What a runsvdir that starts, and is sent HUP when it has started `services` runsv's, has done.
struct Life {
  int status;
  std::size_t started;
  std::size_t calls;
  std::string complaints;
};

constexpr std::size_t kServices = 3;
constexpr int kAfterHangup = 111;

class SupervisorFault : public ::testing::TestWithParam<int> {
 protected:
  SupervisorFault() {
    std::filesystem::create_directories(scratch_ / "service/one");
    std::filesystem::create_directories(scratch_ / "service/two");
    std::filesystem::create_directories(scratch_ / "sv/three");
    std::filesystem::create_symlink("../sv/three", scratch_ / "service/three");
  }

  [[nodiscard]] Life run(std::optional<FaultySystem::Fault> fault) const {
    FaultySystem system(fault);
    system.let_time_fly();
    system.on_execute([&](const std::string&) {
      if (system.children().size() == kServices) ::kill(::getpid(), SIGHUP);
    });
    const Deadline deadline(std::chrono::seconds{10});
    runsvdir::Supervisor supervisor(system, {.directory = (scratch_ / "service").string(), .log = {}});
    const int status = supervisor.run();
    return {status, system.children().size(), system.calls(), system.complaints()};
  }

  static std::size_t most_repeated(const std::string& complaints) {
    std::istringstream lines(complaints);
    std::map<std::string, std::size_t> said;
    std::size_t most = 0;
    for (std::string line; std::getline(lines, line);) most = std::max(most, ++said[line]);
    return most;
  }

  TempDir scratch_;
};

TEST_P(SupervisorFault, KeepsNoServiceWaitingForEverWhenACallFails) {
  const Life plain = run(std::nullopt);
  ASSERT_EQ(plain.status, kAfterHangup);
  ASSERT_EQ(plain.complaints, "");
  ASSERT_GT(plain.calls, 10U);
  const std::size_t descriptors = open_descriptors();
  for (std::size_t call = 0; call < plain.calls; ++call) {
    SCOPED_TRACE("call " + std::to_string(call));
    const Life found = run(FaultySystem::Fault{call, GetParam()});
    EXPECT_EQ(found.status, kAfterHangup) << found.complaints;
    EXPECT_EQ(found.started, kServices) << found.complaints;
    EXPECT_LE(most_repeated(found.complaints), 1U) << found.complaints;
  }
  EXPECT_EQ(open_descriptors(), descriptors);
}

TEST_P(SupervisorFault, SaysOnceWhatLasts) {
  const Life plain = run(std::nullopt);
  for (std::size_t call = 0; call < plain.calls; ++call) {
    SCOPED_TRACE("from call " + std::to_string(call));
    const Life found = run(FaultySystem::Fault{call, GetParam(), 200});
    EXPECT_EQ(found.status, kAfterHangup) << found.complaints;
    EXPECT_EQ(found.started, kServices) << found.complaints;
    EXPECT_LE(most_repeated(found.complaints), 1U) << found.complaints;
  }
}

INSTANTIATE_TEST_SUITE_P(Errors, SupervisorFault, ::testing::Values(EMFILE, ENFILE, EAGAIN, ENOMEM));

}  // namespace
}  // namespace runvisor::testing
