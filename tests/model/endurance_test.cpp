// A million kill -9s on a clock that the test turns: the same pace and the same size at the end as at the
// start.

#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <new>

#include "core/process_machine.hpp"

namespace {

/// Allocations that have not been freed yet.
long g_allocations = 0;

}  // namespace

void* operator new(std::size_t size) {
  ++g_allocations;
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc{};
}
void operator delete(void* memory) noexcept {
  if (memory != nullptr) --g_allocations;
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept { operator delete(memory); }

namespace runvisor::model {
namespace {

using core::Action;
using core::ActionList;
using core::Command;
using core::Role;
using core::SteadyTime;
using std::chrono::milliseconds;

constexpr int kCycles = 1'000'000;

/// A process that is killed whenever it runs. It asks for nothing but starts and timers.
class Victim {
 public:
  explicit Victim(Role role) : machine_(role, core::Want::up, now()) { perform(machine_.begin(now())); }

  /// Lets it run for `life`, kills it, and waits for the next start; how long that was after the last one.
  milliseconds cycle(milliseconds life, bool finish) {
    const SteadyTime start = time_;
    time_ += life;
    end_process(-1, SIGKILL, finish);
    if (finish) end_process(0, 0, finish);
    while (machine_.record().state != core::State::run) {
      time_ = std::max(time_, machine_.state().timer.value());
      perform(machine_.timer_expired(now()));
    }
    return std::chrono::duration_cast<milliseconds>(time_ - start);
  }

  /// Tells it `commands` while the hook of the first one runs.
  void command_during_hook(std::initializer_list<Command> commands) {
    has_hooks_ = true;
    for (const Command command : commands) perform(machine_.command(command, now()));
    while (machine_.hook_runs()) {
      perform(machine_.child_ended({machine_.state().hook_pid, 1, 0}, false, now()));
    }
    has_hooks_ = false;
  }

  [[nodiscard]] const core::ProcessMachine& machine() const { return machine_; }

 private:
  [[nodiscard]] core::Now now() const { return {time_, core::WallTime{time_.time_since_epoch()}}; }

  void end_process(int exit_code, int status, bool finish) {
    const auto pid = static_cast<pid_t>(machine_.record().pid);
    perform(machine_.child_ended({pid, exit_code, status}, finish, now()));
  }

  void perform(ActionList actions) {
    while (actions.size() > 0) {
      const Action last = *(actions.end() - 1);
      const bool hook = last.kind == Action::Kind::run_hook;
      const bool start = last.kind == Action::Kind::start_run || last.kind == Action::Kind::start_finish;
      if (!hook && !start) return;
      actions = hook && !has_hooks_ ? machine_.start_failed(now()) : machine_.started(next_pid(), now());
    }
  }

  /// Pids come round again, as the kernel's do.
  pid_t next_pid() {
    pid_ = pid_ == 32768 ? 2 : pid_ + 1;
    return pid_;
  }

  SteadyTime time_{std::chrono::hours{1}};
  pid_t pid_ = 2;
  bool has_hooks_ = false;
  core::ProcessMachine machine_;
};

TEST(AMillionKills, KeepTheirPace) {
  Victim victim(Role::service);
  for (int cycle = 0; cycle < kCycles; ++cycle) {
    // Quick ends wait a full second, later ones not at all.
    const milliseconds life{cycle % 4 * 400};
    const milliseconds expected = life < std::chrono::seconds{1} ? life + std::chrono::seconds{1} : life;
    ASSERT_EQ(victim.cycle(life, cycle % 3 == 0), expected) << "cycle " << cycle;
  }
}

TEST(AMillionKills, LeaveNothingBehind) {
  Victim victim(Role::service);
  const auto busy_cycle = [&victim](int cycle) {
    (void)victim.cycle(milliseconds{cycle % 1500}, cycle % 2 == 0);
    if (cycle % 10 == 0) {
      victim.command_during_hook(
          {Command::hangup, Command::term, Command::pause, Command::cont, Command::up});
    }
  };
  for (int cycle = 0; cycle < 100; ++cycle) busy_cycle(cycle);
  const long allocations = g_allocations;
  const std::size_t capacity = victim.machine().state().queue.capacity();
  for (int cycle = 0; cycle < kCycles; ++cycle) busy_cycle(cycle);
  EXPECT_EQ(g_allocations, allocations);
  EXPECT_EQ(victim.machine().state().queue.capacity(), capacity);
  EXPECT_TRUE(victim.machine().state().queue.empty());
}

TEST(AMillionKills, AreSurvivedByALogServiceToo) {
  Victim victim(Role::log);
  const long allocations = g_allocations;
  for (int cycle = 0; cycle < kCycles; ++cycle) {
    const milliseconds life{cycle % 2 * 1000};
    ASSERT_EQ(victim.cycle(life, false), std::chrono::seconds{1}) << "cycle " << cycle;
  }
  EXPECT_EQ(g_allocations, allocations);
}

}  // namespace
}  // namespace runvisor::model
