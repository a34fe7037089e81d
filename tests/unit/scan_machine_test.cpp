#include "core/scan_machine.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace {

using runvisor::core::DirectoryIdentity;
using runvisor::core::FoundDirectory;
using runvisor::core::kSupervisorPause;
using runvisor::core::Now;
using runvisor::core::ScanMachine;
using runvisor::core::SteadyTime;
using std::chrono::milliseconds;
using std::chrono::seconds;

using Found = std::vector<FoundDirectory>;

/// A machine, a clock that stands still until it is turned, and what the machine asked for last.
class ScanMachineTest : public ::testing::Test {
 protected:
  static constexpr SteadyTime kBegin{std::chrono::hours(1)};

  [[nodiscard]] static FoundDirectory directory(std::string name, std::uint64_t inode) {
    return {std::move(name), {.device = 1, .inode = inode}};
  }
  [[nodiscard]] static DirectoryIdentity identity(std::uint64_t inode) {
    return {.device = 1, .inode = inode};
  }

  [[nodiscard]] Now now() const { return {.steady = now_, .wall = {}}; }
  void pass(milliseconds time) { now_ += time; }

  /// Takes the actions; starts are answered with pids counted up, unless `forks_fail`.
  void perform(const ScanMachine::Actions& actions) {
    started_.clear();
    terminated_.clear();
    timer_.reset();
    for (const auto& action : actions) {
      switch (action.kind) {
        case ScanMachine::Action::Kind::start:
          started_.push_back(action.directory.name);
          if (forks_fail_) {
            machine_.start_failed(action.directory.identity, now());
          } else {
            machine_.started(action.directory.identity, ++last_pid_, now());
          }
          break;
        case ScanMachine::Action::Kind::terminate:
          terminated_.push_back(action.pid);
          break;
        case ScanMachine::Action::Kind::arm_timer:
          timer_ = action.at;
          break;
      }
    }
  }
  void scan(const Found& found) { perform(machine_.scanned(found, now())); }
  void appear(const FoundDirectory& found) { perform(machine_.appeared(found, now())); }
  void end(pid_t pid, bool told_to = false) { perform(machine_.child_ended(pid, told_to, now())); }
  void expire() { perform(machine_.timer_expired(now())); }

  /// Nothing was asked for but, perhaps, the timer.
  [[nodiscard]] bool quiet() const { return started_.empty() && terminated_.empty(); }

  using Names = std::vector<std::string>;
  using Pids = std::vector<pid_t>;

  ScanMachine machine_;
  SteadyTime now_ = kBegin;
  pid_t last_pid_ = 100;
  bool forks_fail_ = false;
  Names started_;
  Pids terminated_;
  std::optional<SteadyTime> timer_;
};

TEST_F(ScanMachineTest, AsksForNothingInAnEmptyDirectory) {
  scan({});
  EXPECT_TRUE(quiet());
  EXPECT_FALSE(timer_);
  EXPECT_TRUE(machine_.supervisors().empty());
}

TEST_F(ScanMachineTest, StartsASupervisorForEachDirectoryAtOnce) {
  scan({directory("a", 1), directory("b", 2)});
  EXPECT_EQ(started_, (Names{"a", "b"}));
  EXPECT_EQ(machine_.supervisors(), (Pids{101, 102}));
  EXPECT_FALSE(timer_);
}

TEST_F(ScanMachineTest, LetsAnotherSupervisorTakeThePlaceOfAChild) {
  scan({directory("a", 1), directory("b", 2)});
  ASSERT_TRUE(machine_.directory_of(101));
  EXPECT_EQ(machine_.directory_of(101)->name, "a");
  EXPECT_EQ(machine_.directory_of(101)->identity, identity(1));
  machine_.started(identity(1), 55, now());
  EXPECT_FALSE(machine_.directory_of(101));
  EXPECT_EQ(machine_.supervisors(), (Pids{55, 102}));
  perform(machine_.child_ended(101, false, now()));
  EXPECT_TRUE(quiet()) << "it is nobody's any more";
  scan({directory("b", 2)});
  EXPECT_EQ(terminated_, Pids{55});
  EXPECT_FALSE(machine_.directory_of(55)) << "it has gone";
}

TEST_F(ScanMachineTest, DoesNothingWhenNothingHasChanged) {
  scan({directory("a", 1)});
  for (int i = 0; i < 3; ++i) {
    pass(seconds(5));
    scan({directory("a", 1)});
    EXPECT_TRUE(quiet());
    EXPECT_FALSE(timer_);
  }
}

TEST_F(ScanMachineTest, TellsDirectoriesOfTwoDevicesApart) {
  scan({{"a", {.device = 1, .inode = 7}}, {"b", {.device = 2, .inode = 7}}});
  EXPECT_EQ(started_, (Names{"a", "b"}));
}

TEST_F(ScanMachineTest, StartsASupervisorForADirectoryThatAppears) {
  scan({directory("a", 1)});
  appear(directory("b", 2));
  EXPECT_EQ(started_, Names{"b"});
  EXPECT_TRUE(terminated_.empty()) << "an appearance says nothing of the others";
  EXPECT_EQ(machine_.supervisors(), (Pids{101, 102}));
}

TEST_F(ScanMachineTest, DoesNothingWhenAKnownDirectoryAppears) {
  scan({directory("a", 1)});
  appear(directory("a", 1));
  EXPECT_TRUE(quiet());
}

TEST_F(ScanMachineTest, KeepsTheSupervisorOfARenamedDirectory) {
  scan({directory("a", 1)});
  scan({directory("b", 1)});
  EXPECT_TRUE(quiet());
  EXPECT_EQ(machine_.supervisors(), Pids{101});
}

TEST_F(ScanMachineTest, RestartsTheSupervisorOfARenamedDirectoryUnderTheNewName) {
  scan({directory("a", 1)});
  scan({directory("b", 1)});
  pass(seconds(2));
  end(101);
  EXPECT_EQ(started_, Names{"b"});
}

TEST_F(ScanMachineTest, SwapsNamesWithoutTouchingSupervisors) {
  scan({directory("a", 1), directory("b", 2)});
  scan({directory("a", 2), directory("b", 1)});
  EXPECT_TRUE(quiet());
  pass(seconds(2));
  end(101);
  EXPECT_EQ(started_, Names{"b"});
}

TEST_F(ScanMachineTest, ReplacesTheSupervisorOfAReplacedDirectory) {
  scan({directory("a", 1)});
  scan({directory("a", 2)});
  EXPECT_EQ(terminated_, Pids{101});
  EXPECT_EQ(started_, Names{"a"});
  EXPECT_EQ(machine_.supervisors(), Pids{102});
}

TEST_F(ScanMachineTest, TellsTheSupervisorOfADirectoryThatHasGoneOnce) {
  scan({directory("a", 1), directory("b", 2)});
  scan({directory("b", 2)});
  EXPECT_EQ(terminated_, Pids{101});
  EXPECT_EQ(machine_.supervisors(), Pids{102});
  scan({directory("b", 2)});
  EXPECT_TRUE(quiet());
}

TEST_F(ScanMachineTest, ForgetsADirectoryThatHasGoneWithItsSupervisor) {
  scan({directory("a", 1)});
  scan({});
  EXPECT_FALSE(machine_.supervises(identity(1)));
  pass(seconds(2));
  end(101);
  EXPECT_TRUE(quiet());
  EXPECT_FALSE(timer_);
}

TEST_F(ScanMachineTest, WaitsForTheOldSupervisorOfADirectoryThatHasComeBack) {
  scan({directory("a", 1)});
  scan({});
  pass(seconds(2));
  scan({directory("a", 1)});
  EXPECT_TRUE(quiet()) << "the first one has not ended yet";
  EXPECT_TRUE(machine_.supervises(identity(1)));
  end(101);
  EXPECT_EQ(started_, Names{"a"});
  EXPECT_EQ(machine_.supervisors(), Pids{102});
}

TEST_F(ScanMachineTest, TakesTheNewNameOfADirectoryThatHasComeBack) {
  scan({directory("a", 1)});
  scan({});
  pass(seconds(2));
  appear(directory("b", 1));
  EXPECT_TRUE(quiet());
  end(101);
  EXPECT_EQ(started_, Names{"b"});
}

TEST_F(ScanMachineTest, TellsTheSupervisorAgainWhenADirectoryThatHasComeBackGoesAgain) {
  scan({directory("a", 1)});
  scan({});
  scan({directory("a", 1)});
  scan({});
  EXPECT_EQ(terminated_, Pids{101});
}

TEST_F(ScanMachineTest, ForgetsADirectoryThatGoesWhileItWaitsForItsRestart) {
  scan({directory("a", 1)});
  end(101);
  ASSERT_TRUE(timer_);
  scan({});
  EXPECT_TRUE(quiet());
  EXPECT_FALSE(timer_);
  pass(seconds(1));
  expire();
  EXPECT_TRUE(quiet());
  EXPECT_FALSE(timer_);
}

TEST_F(ScanMachineTest, StartsOneSupervisorForTwoNamesOfOneDirectory) {
  scan({directory("a", 1), directory("link", 1)});
  EXPECT_EQ(started_.size(), 1U);
  appear(directory("other-link", 1));
  EXPECT_TRUE(quiet());
}

TEST_F(ScanMachineTest, KeepsTheFirstOfTwoNamesWhateverTheirOrder) {
  scan({directory("a", 1)});
  scan({directory("link", 1), directory("a", 1)});
  scan({directory("a", 1), directory("link", 1)});
  pass(seconds(2));
  end(101);
  EXPECT_EQ(started_, Names{"a"});
}

TEST_F(ScanMachineTest, KeepsTheSupervisorWhenOneOfTwoNamesGoes) {
  scan({directory("a", 1)});
  appear(directory("link", 1));
  scan({directory("link", 1)});
  EXPECT_TRUE(quiet());
  pass(seconds(2));
  end(101);
  EXPECT_EQ(started_, Names{"link"});
}

TEST_F(ScanMachineTest, RestartsASupervisorThatLivedForLongAtOnce) {
  scan({directory("a", 1)});
  pass(kSupervisorPause);
  end(101);
  EXPECT_EQ(started_, Names{"a"});
  EXPECT_EQ(machine_.supervisors(), Pids{102});
}

TEST_F(ScanMachineTest, RestartsASupervisorThatDiesAtOnceASecondAfterItsStart) {
  scan({directory("a", 1)});
  pass(milliseconds(300));
  end(101);
  EXPECT_TRUE(quiet());
  EXPECT_EQ(timer_, kBegin + kSupervisorPause);
  pass(milliseconds(699));
  expire();
  EXPECT_TRUE(quiet());
  EXPECT_EQ(timer_, kBegin + kSupervisorPause) << "a timer that comes early is set again";
  pass(milliseconds(1));
  expire();
  EXPECT_EQ(started_, Names{"a"});
  EXPECT_FALSE(timer_);
}

TEST_F(ScanMachineTest, RestartsASupervisorThatWasToldToExitASecondAfterItsEnd) {
  scan({directory("a", 1)});
  pass(seconds(30));
  end(101, true);
  EXPECT_TRUE(quiet());
  EXPECT_EQ(timer_, now_ + kSupervisorPause);
  pass(kSupervisorPause);
  expire();
  EXPECT_EQ(started_, Names{"a"});
}

TEST_F(ScanMachineTest, KnowsTheNamesOfDirectoriesThatAreThere) {
  scan({directory("a", 1), directory("b", 2)});
  EXPECT_TRUE(machine_.knows("a"));
  EXPECT_FALSE(machine_.knows("c"));
  scan({directory("c", 1)});
  EXPECT_TRUE(machine_.knows("c"));
  EXPECT_FALSE(machine_.knows("a"));
  EXPECT_FALSE(machine_.knows("b")) << "its supervisor still runs, but the directory has gone";
}

TEST_F(ScanMachineTest, KeepsThePauseWhateverIsSeenMeanwhile) {
  scan({directory("a", 1)});
  end(101);
  pass(milliseconds(500));
  scan({directory("a", 1)});
  EXPECT_TRUE(quiet());
  EXPECT_EQ(timer_, kBegin + kSupervisorPause);
  appear(directory("a", 1));
  EXPECT_TRUE(quiet());
  scan({directory("renamed", 1)});
  EXPECT_TRUE(quiet());
  appear(directory("b", 2));
  EXPECT_EQ(started_, Names{"b"});
  EXPECT_EQ(timer_, kBegin + kSupervisorPause);
}

TEST_F(ScanMachineTest, ArmsTheTimerForTheEarliestOfSeveral) {
  scan({directory("a", 1)});
  pass(milliseconds(200));
  appear(directory("b", 2));
  pass(milliseconds(200));
  end(102);
  EXPECT_EQ(timer_, kBegin + milliseconds(1200));
  end(101);
  EXPECT_EQ(timer_, kBegin + milliseconds(1000));
  pass(milliseconds(600));
  expire();
  EXPECT_EQ(started_, Names{"a"});
  EXPECT_EQ(timer_, kBegin + milliseconds(1200));
}

TEST_F(ScanMachineTest, TriesAgainASecondAfterAFailedFork) {
  forks_fail_ = true;
  scan({directory("a", 1)});
  EXPECT_EQ(started_, Names{"a"});
  EXPECT_TRUE(machine_.supervisors().empty());
  EXPECT_TRUE(machine_.supervises(identity(1))) << "it is there, even if nothing runs for it yet";
  expire();
  EXPECT_TRUE(quiet());
  EXPECT_EQ(timer_, kBegin + kSupervisorPause);
  pass(kSupervisorPause);
  forks_fail_ = false;
  expire();
  EXPECT_EQ(started_, Names{"a"});
  EXPECT_EQ(machine_.supervisors(), Pids{101});
}

TEST_F(ScanMachineTest, ForgetsADirectoryThatGoesAfterAFailedFork) {
  forks_fail_ = true;
  scan({directory("a", 1)});
  scan({});
  EXPECT_TRUE(quiet());
  EXPECT_FALSE(machine_.supervises(identity(1)));
}

TEST_F(ScanMachineTest, IgnoresTheEndOfAChildItDoesNotKnow) {
  scan({directory("a", 1)});
  end(4711);
  EXPECT_TRUE(quiet());
  EXPECT_EQ(machine_.supervisors(), Pids{101});
}

TEST_F(ScanMachineTest, NamesForAHangupOnlySupervisorsThatWereNotToldYet) {
  scan({directory("a", 1), directory("b", 2), directory("c", 3)});
  scan({directory("b", 2), directory("c", 3)});
  end(103);
  EXPECT_EQ(machine_.supervisors(), Pids{102});
}

TEST_F(ScanMachineTest, ManyDirectoriesComeAndGoTogether) {
  Found many;
  for (std::uint64_t inode = 1; inode <= 10'000; ++inode)
    many.push_back(directory(std::to_string(inode), inode));
  scan(many);
  EXPECT_EQ(started_.size(), many.size());
  EXPECT_EQ(machine_.supervisors().size(), many.size());
  scan({});
  EXPECT_EQ(terminated_.size(), many.size());
  EXPECT_TRUE(machine_.supervisors().empty());
}

}  // namespace
