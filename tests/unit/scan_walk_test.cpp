// Random walks of the scan machine through a small world, with what must always hold checked after each step.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <random>
#include <set>

#include "core/scan_machine.hpp"

namespace {

using runvisor::core::DirectoryIdentity;
using runvisor::core::FoundDirectory;
using runvisor::core::kSupervisorPause;
using runvisor::core::Now;
using runvisor::core::ScanMachine;
using runvisor::core::SteadyTime;
using std::chrono::milliseconds;

/// A scan directory, the processes started for it, and a clock. What happens is chosen at random; the machine
/// learns of it as runsvdir would tell it, at once or with the next scan.
class World {
 public:
  explicit World(unsigned seed) : random_(seed) {}

  void step() {
    switch (below(9)) {
      case 0:
        add_name();
        break;
      case 1:
        names_.erase(any_name());
        break;
      case 2:
        rename();
        break;
      case 3:
      case 4:
        scan();
        break;
      case 5:
        end_a_child(false);
        break;
      case 6:
        end_a_child(true);
        break;
      case 7:
        pass(milliseconds(below(700)));
        break;
      case 8:
        forks_fail_ = below(4) == 0;
        break;
      default:
        break;
    }
    check();
  }

  /// Lets everything settle: one supervisor for each directory that is there, no other process.
  void settle() {
    forks_fail_ = false;
    scan();
    while (std::any_of(children_.begin(), children_.end(), [](const auto& c) { return c.second.told; })) {
      end_a_child(true);
    }
    for (int i = 0; i < 4; ++i) pass(kSupervisorPause);
    check();
    std::set<DirectoryIdentity> present;
    for (const auto& [name, identity] : names_) present.insert(identity);
    EXPECT_EQ(children_.size(), present.size());
    EXPECT_EQ(machine_.supervisors().size(), present.size());
    EXPECT_FALSE(timer_);
    for (const auto& [pid, child] : children_) EXPECT_TRUE(present.contains(child.identity));
  }

  /// Empties the world; the machine must then know of nothing.
  void clear() {
    names_.clear();
    scan();
    while (!children_.empty()) end_a_child(true);
    EXPECT_TRUE(machine_.supervisors().empty());
    for (std::uint64_t inode = 1; inode <= kInodes; ++inode) EXPECT_FALSE(machine_.supervises({1, inode}));
  }

 private:
  static constexpr std::uint64_t kInodes = 6;
  static constexpr std::array<const char*, 5> kNames{"a", "b", "c", "d", "e"};

  struct Child {
    DirectoryIdentity identity;
    /// It has been sent TERM.
    bool told = false;
  };

  unsigned below(unsigned limit) { return std::uniform_int_distribution<unsigned>(0, limit - 1)(random_); }
  std::string any_name() { return kNames.at(below(kNames.size())); }
  [[nodiscard]] Now now() const { return {.steady = now_, .wall = {}}; }

  void add_name() {
    const std::string name = any_name();
    const DirectoryIdentity identity{1, 1 + below(kInodes)};
    names_.insert_or_assign(name, identity);
    if (!machine_.knows(name) && below(2) == 0) perform(machine_.appeared({name, identity}, now()));
  }

  void rename() {
    const auto from = names_.find(any_name());
    if (from == names_.end()) return;
    const DirectoryIdentity identity = from->second;
    names_.erase(from);
    names_.insert_or_assign(any_name(), identity);
  }

  void scan() {
    std::vector<FoundDirectory> found;
    for (const auto& [name, identity] : names_) found.push_back({name, identity});
    std::shuffle(found.begin(), found.end(), random_);
    seen_.clear();
    for (const auto& directory : found) seen_.insert(directory.identity);
    perform(machine_.scanned(found, now()));
    for (const auto& [pid, child] : children_) {
      EXPECT_TRUE(child.told || seen_.contains(child.identity)) << "nobody told " << pid;
    }
  }

  void end_a_child(bool told_only) {
    for (auto child = children_.begin(); child != children_.end(); ++child) {
      if (told_only && !child->second.told) continue;
      const pid_t pid = child->first;
      children_.erase(child);
      perform(machine_.child_ended(pid, below(2) == 0, now()));
      return;
    }
  }

  void pass(std::chrono::nanoseconds time) {
    const SteadyTime until = now_ + time;
    while (timer_ && *timer_ <= until) {
      now_ = std::max(now_, *timer_);
      timer_.reset();
      perform(machine_.timer_expired(now()));
    }
    now_ = until;
  }

  void perform(const ScanMachine::Actions& actions) {
    bool failed = false;
    for (const auto& action : actions) {
      switch (action.kind) {
        case ScanMachine::Action::Kind::start:
          failed = !start(action.directory) || failed;
          break;
        case ScanMachine::Action::Kind::terminate:
          ASSERT_TRUE(children_.contains(action.pid)) << "a signal to a process that is not there";
          children_.at(action.pid).told = true;
          break;
        case ScanMachine::Action::Kind::arm_timer:
          EXPECT_GT(action.at, now_) << "a timer that is due already would be a hot loop";
          timer_ = action.at;
          break;
      }
    }
    if (failed) perform(machine_.timer_expired(now()));
  }

  bool start(const FoundDirectory& directory) {
    const auto last = last_start_.find(directory.identity);
    if (last != last_start_.end() && children_since_.contains(directory.identity)) {
      EXPECT_GE(now_ - last->second, kSupervisorPause) << directory.name << " is started too often";
    }
    last_start_.insert_or_assign(directory.identity, now_);
    children_since_.insert(directory.identity);
    if (forks_fail_) {
      machine_.start_failed(directory.identity, now());
      return false;
    }
    machine_.started(directory.identity, ++last_pid_, now());
    children_.emplace(last_pid_, Child{directory.identity});
    return true;
  }

  void check() {
    std::set<DirectoryIdentity> supervised;
    for (const auto& [pid, child] : children_) {
      EXPECT_TRUE(supervised.insert(child.identity).second) << "two supervisors for one directory";
    }
    bool waiting = false;
    for (std::uint64_t inode = 1; inode <= kInodes; ++inode) {
      const DirectoryIdentity identity{1, inode};
      if (machine_.supervises(identity) && !supervised.contains(identity)) waiting = true;
      // A directory the machine has forgotten may come anew without a pause.
      if (!machine_.supervises(identity) && !supervised.contains(identity)) children_since_.erase(identity);
    }
    EXPECT_TRUE(!waiting || timer_) << "a directory without supervisor, and nothing will start one";
    for (const pid_t pid : machine_.supervisors()) EXPECT_TRUE(children_.contains(pid));
  }

  std::mt19937 random_;
  ScanMachine machine_;
  SteadyTime now_{std::chrono::hours(1)};
  std::optional<SteadyTime> timer_;
  std::map<std::string, DirectoryIdentity> names_;
  std::set<DirectoryIdentity> seen_;
  std::map<pid_t, Child> children_;
  std::map<DirectoryIdentity, SteadyTime> last_start_;
  std::set<DirectoryIdentity> children_since_;
  pid_t last_pid_ = 100;
  bool forks_fail_ = false;
};

TEST(ScanWalk, NeverTwoSupervisorsForOneDirectoryAndAlwaysOneOrATimerForIt) {
  for (unsigned seed = 1; seed <= 200 && !::testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE(seed);
    World world(seed);
    for (int i = 0; i < 500 && !::testing::Test::HasFailure(); ++i) world.step();
    world.settle();
    world.clear();
  }
}

}  // namespace
