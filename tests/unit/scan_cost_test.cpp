// What one event costs the scan machine among few services and among many.
#include <gtest/gtest.h>
#include <time.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include "core/scan_machine.hpp"

namespace {

using runvisor::core::FoundDirectory;
using runvisor::core::kSupervisorPause;
using runvisor::core::Now;
using runvisor::core::ScanMachine;
using runvisor::core::SteadyTime;
using std::chrono::nanoseconds;

nanoseconds processor_time() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) + nanoseconds(time.tv_nsec);
}

/// A machine with services that all have their supervisors.
class Crowd {
 public:
  explicit Crowd(int size) {
    std::vector<FoundDirectory> found;
    for (int i = 0; i < size; ++i) found.push_back(directory(i));
    perform(machine_.scanned(found, now()));
    size_ = size;
  }

  /// Processor time of one service's death and restart and of another that comes and is looked up, the least
  /// of several tries.
  [[nodiscard]] nanoseconds cost() {
    constexpr int kEvents = 100;
    auto least = nanoseconds::max();
    for (int turn = 0; turn < 10; ++turn) {
      const nanoseconds before = processor_time();
      for (int i = 0; i < kEvents; ++i) {
        now_ += kSupervisorPause;
        perform(machine_.child_ended(first_pid_++, false, now()));
        const FoundDirectory newcomer = directory(size_++);
        EXPECT_FALSE(machine_.knows(newcomer.name));
        perform(machine_.appeared(newcomer, now()));
      }
      least = std::min(least, (processor_time() - before) / kEvents);
    }
    return least;
  }

  [[nodiscard]] int started() const { return last_pid_; }

 private:
  static FoundDirectory directory(int number) {
    return {"service-" + std::to_string(number), {.device = 1, .inode = static_cast<std::uint64_t>(number)}};
  }
  [[nodiscard]] Now now() const { return {.steady = now_, .wall = {}}; }
  void perform(const ScanMachine::Actions& actions) {
    for (const auto& action : actions) {
      ASSERT_EQ(action.kind, ScanMachine::Action::Kind::start);
      machine_.started(action.directory.identity, ++last_pid_, now());
    }
  }

  ScanMachine machine_;
  SteadyTime now_{std::chrono::hours(1)};
  int size_ = 0;
  pid_t first_pid_ = 1;
  pid_t last_pid_ = 0;
};

TEST(ScanCost, OfAnEventDoesNotGrowWithTheNumberOfServices) {
  Crowd few(100);
  Crowd many(50'000);
  const nanoseconds among_few = few.cost();
  const nanoseconds among_many = many.cost();
  // Every event has led to one start.
  EXPECT_EQ(few.started(), 100 + 2000);
  EXPECT_EQ(many.started(), 50'000 + 2000);
  RecordProperty("nanoseconds_among_100", static_cast<int>(among_few.count()));
  RecordProperty("nanoseconds_among_50000", static_cast<int>(among_many.count()));
  // Looking at each service would cost more than a hundred times as much.
  EXPECT_LT(among_many, 20 * among_few) << among_few.count() << " ns among 100";
}

}  // namespace
