// The shell of process number 1, on a system that starts nothing and on a machine that cannot be powered off.
#include "first_process.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <csignal>
#include <string>
#include <vector>

#include "faulty_system.hpp"
#include "support/temp_dir.hpp"

namespace runvisor {
namespace {

using machine_init::FirstProcess;
using testing::FaultySystem;
using testing::TempDir;
using Calls = std::vector<std::string>;

/// Records what would concern the machine as a whole.
class FakeControl final : public sys::MachineControl {
 public:
  void lead_session() override { calls.emplace_back("session"); }
  void take_ctrl_alt_del() override { calls.emplace_back("ctrl-alt-del"); }
  sys::Result<sys::Fd> open_console() override { return sys::Error{ENOENT}; }
  sys::Result<void> write_to_console(bool all) override {
    if (all) ++opened_for_all;
    if (!has_console) return sys::Error{ENOENT};
    return {};
  }
  void kill_everything() override { calls.emplace_back("kill"); }
  sys::Result<pid_t> request_power(core::PowerRequest request, bool sync) override {
    calls.push_back((sync ? "sync and " : "") + std::to_string(static_cast<int>(request)));
    if (!forks) return sys::Error{EAGAIN};
    return kPowerChild;
  }

  static constexpr pid_t kPowerChild = 5;
  Calls calls;
  int opened_for_all = 0;
  bool has_console = true;
  bool forks = true;
};

class FirstProcessTest : public ::testing::Test {
 protected:
  FirstProcessTest() { ::sigprocmask(SIG_SETMASK, nullptr, &mask_); }
  ~FirstProcessTest() override { ::sigprocmask(SIG_SETMASK, &mask_, nullptr); }

  /// The process started last.
  [[nodiscard]] pid_t stage() const { return system_.children().rbegin()->first; }
  [[nodiscard]] std::string program() const {
    return system_.children().empty() ? std::string() : system_.children().rbegin()->second;
  }
  void end_stage(int exit_code) {
    system_.end_child(stage(), exit_code);
    process_.receive(SIGCHLD);
  }
  void begin_run() {
    process_.begin("test");
    end_stage(0);
  }

  TempDir scratch_;
  std::string stop_ = scratch_ / "stop";
  std::string restart_ = scratch_ / "restart";
  std::string no_sync_ = scratch_ / "nosync";
  FaultySystem system_;
  FakeControl control_;
  FirstProcess process_{
      system_, control_, {.stop = stop_.c_str(), .restart = restart_.c_str(), .no_sync = no_sync_.c_str()}};
  sigset_t mask_{};
};

const std::string kHello = "- runit: test: booting.\n";

TEST_F(FirstProcessTest, SetsItselfUpBeforeTheFirstStage) {
  process_.begin("test");
  EXPECT_EQ(control_.calls, (Calls{"session", "ctrl-alt-del"}));
  EXPECT_GE(control_.opened_for_all, 1);
  EXPECT_EQ(system_.complaints(), kHello + "- runit: enter stage: /etc/runit/1\n");
  EXPECT_EQ(program(), "/etc/runit/1");
}

TEST_F(FirstProcessTest, WarnsOfAMissingConsoleAndGoesOn) {
  control_.has_console = false;
  process_.begin("test");
  EXPECT_EQ(system_.complaints(), kHello +
                                      "- runit: warning: unable to open /dev/console: file does not exist\n" +
                                      "- runit: enter stage: /etc/runit/1\n");
}

TEST_F(FirstProcessTest, BlocksEverySignal) {
  process_.begin("test");
  sigset_t blocked;
  ::sigprocmask(SIG_SETMASK, nullptr, &blocked);
  for (const int signal : {SIGTERM, SIGHUP, SIGINT, SIGCONT, SIGPWR, SIGPIPE, SIGCHLD, SIGALRM, SIGRTMIN}) {
    EXPECT_EQ(::sigismember(&blocked, signal), 1) << signal;
  }
}

TEST_F(FirstProcessTest, ClearsTheStopFileAndEndsStageTwo) {
  testing::write_file(stop_, "", 0700);
  begin_run();
  process_.receive(SIGCONT);
  const std::vector<std::pair<pid_t, int>> terminated{{stage(), SIGTERM}};
  EXPECT_EQ(system_.signals(), terminated);
  EXPECT_EQ(testing::mode_of(stop_), 0U);
  process_.receive(SIGCONT);
  EXPECT_EQ(system_.signals(), terminated);
}

TEST_F(FirstProcessTest, AsksForNothingWithoutTheStopFile) {
  begin_run();
  process_.receive(SIGCONT);
  EXPECT_TRUE(system_.signals().empty());
}

TEST_F(FirstProcessTest, PowersOffThenHalts) {
  begin_run();
  end_stage(0);
  end_stage(0);
  system_.end_child(FakeControl::kPowerChild, 0);
  process_.receive(SIGCHLD);
  system_.advance(core::kPowerOffGrace);
  process_.wait();
  const auto off = std::to_string(static_cast<int>(core::PowerRequest::power_off));
  const auto halt = std::to_string(static_cast<int>(core::PowerRequest::halt));
  EXPECT_EQ(control_.calls,
            (Calls{"session", "ctrl-alt-del", "kill", "sync and " + off, "sync and " + halt}));
}

TEST_F(FirstProcessTest, RestartsWithoutSyncIfAskedTo) {
  testing::write_file(restart_, "", 0100);
  testing::write_file(no_sync_, "");
  begin_run();
  end_stage(0);
  end_stage(0);
  EXPECT_EQ(control_.calls.back(), std::to_string(static_cast<int>(core::PowerRequest::restart)));
}

TEST_F(FirstProcessTest, TriesAgainToPowerOffIfThereIsNoProcessForIt) {
  control_.forks = false;
  begin_run();
  end_stage(0);
  end_stage(0);
  system_.advance(core::kForkPause);
  process_.wait();
  ASSERT_EQ(control_.calls.size(), 5U);
  EXPECT_EQ(control_.calls[3], control_.calls[4]);
  EXPECT_NE(system_.complaints().find("unable to fork"), std::string::npos);
}

TEST_F(FirstProcessTest, TakesSignalsOneByOne) {
  begin_run();
  ::raise(SIGPWR);
  ::raise(SIGUSR1);
  process_.wait();
  process_.wait();
  EXPECT_EQ(system_.signals(), (std::vector<std::pair<pid_t, int>>{{stage(), SIGTERM}}));
}

TEST(FirstProcess, TriesAgainUntilTheStageCanBeStarted) {
  // Whatever call it is that fails once, stage 1 is started in the end.
  for (std::size_t call = 0; call < 10; ++call) {
    SCOPED_TRACE(call);
    sigset_t mask;
    ::sigprocmask(SIG_SETMASK, nullptr, &mask);
    FaultySystem system(FaultySystem::Fault{call, EAGAIN});
    FakeControl control;
    FirstProcess process(system, control, {.stop = "/nowhere", .restart = "/nowhere"});
    process.begin("test");
    if (system.children().empty()) {
      system.advance(core::kForkPause);
      process.wait();
      EXPECT_NE(system.complaints().find(
                    "- runit: warning: unable to fork for \"/etc/runit/1\" pausing: temporary failure\n"),
                std::string::npos);
    }
    EXPECT_EQ(system.children().size(), 1U);
    ::sigprocmask(SIG_SETMASK, &mask, nullptr);
  }
}

TEST(MachineControl, DoesNothingInAnyOtherProcess) {
  ASSERT_NE(::getpid(), 1);
  const auto requested = sys::machine_control().request_power(core::PowerRequest::restart, true);
  ASSERT_FALSE(requested);
  EXPECT_EQ(sys::number(requested.error()), EPERM);
}

}  // namespace
}  // namespace runvisor
