#pragma once

#include <sys/types.h>

#include <array>
#include <bitset>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/service_machine.hpp"

namespace runvisor::model {

using core::Command;
using core::Role;
using core::SteadyTime;
using core::Want;

/// The rules that the machine has to keep in every reachable state. `sentence` spells them out.
enum class Rule : std::uint8_t {
  one_process,
  signal_meets_run,
  pid_is_observed,
  state_is_true,
  want_is_true,
  paused_is_true,
  term_is_true,
  since_is_true,
  pause_between_starts,
  start_is_wanted,
  finish_gets_the_end,
  hooks_belong_to_service,
  timer_is_true,
  never_stuck,
  queue_keeps_order,
  does_what_is_due,
  asks_last,
  few_actions,
  closes_down_in_order,
  exit_is_reached,
  up_is_reached,
};
inline constexpr std::size_t kRules = static_cast<std::size_t>(Rule::up_is_reached) + 1;
using Rules = std::bitset<kRules>;

[[nodiscard]] std::string_view sentence(Rule rule);

/// One thing that can happen to a service machine.
struct Event {
  enum class Kind : std::uint8_t {
    begin,           ///< the first event of a process
    attach_log,      ///< a log directory has appeared
    command,         ///< a byte in the control FIFO
    process_ended,   ///< `run` or `finish`
    hook_ended,      ///< `control/X`
    start_succeeds,  ///< the answer to what was asked for
    start_fails,
    timer_expires,   ///< at its time, or at once if that has gone by
    timer_misfires,  ///< without being due, or without being armed
    time_passes,
    turn_ends,        ///< the shell asks what is left to do
    supervisor_dies,  ///< and another one goes on from what it has left
  };

  Kind kind;
  Role role = Role::service;
  Command command = Command::up;
  /// process_ended, hook_ended.
  int exit_code = 0;
  int status = 0;
  /// process_ended: there is a finish, or something in the pipe of a log service.
  bool left_over = false;
  /// attach_log; supervisor_dies: what the `down` files say.
  Want want = Want::up;
  /// time_passes.
  std::chrono::milliseconds time{};
};

[[nodiscard]] std::string describe(const Event& event);

/// What a walk lets happen.
struct Bounds {
  std::vector<Command> service_commands;
  std::vector<Command> log_commands;
  /// No command comes while as many wait in the queue.
  std::size_t queue = 2;
  bool log_appears = false;
  bool supervisor_dies = false;
};

/// A state as far as it decides what can follow: times relative to now, pids by what they are.
using Key = std::array<std::uint8_t, 56>;

/// A service machine and the small world it lives in: which children there are, what reached them, which
/// timer is armed. The world plays everything that the machine asks for, and holds it to the rules with a
/// second, plain account of what each process is to do, kept from events and observations only.
class World {
 public:
  /// `service` and `log` as for ServiceMachine.
  World(Want service, std::optional<Want> log);

  /// What can happen next.
  [[nodiscard]] std::vector<Event> events(const Bounds& bounds) const;
  /// Lets `event` happen; the rules it broke.
  Rules apply(const Event& event);

  [[nodiscard]] Key key() const;
  /// The machine has given its last duty.
  [[nodiscard]] bool left() const noexcept { return left_; }
  /// Every command that waits having been obeyed, the service will be told to exit.
  [[nodiscard]] bool will_exit() const noexcept;
  /// Every command that waits having been obeyed, `role` will be wanted up for good.
  [[nodiscard]] bool will_be_up(Role role) const noexcept;
  [[nodiscard]] bool runs(Role role) const noexcept;

  /// The things that happen sooner or later if nobody interferes, one bit each: a child's end, an answer, the
  /// expiry of an armed timer. `awaited` tells which are under way.
  using Awaited = std::uint16_t;
  [[nodiscard]] Awaited awaited() const noexcept;
  /// The bit of `event`; 0 for one that may never happen: a command, time, a failed fork.
  [[nodiscard]] Awaited fulfils(const Event& event) const noexcept;

  [[nodiscard]] const core::ServiceMachine& machine() const noexcept { return machine_; }
  [[nodiscard]] std::size_t most_actions() const noexcept { return most_actions_; }
  [[nodiscard]] SteadyTime now() const noexcept { return now_; }

 private:
  /// What happens when the hook that is asked for or running has ended.
  enum class Then : std::uint8_t { nothing_runs, start_run, send_signal, stop, go_on };

  /// One process: what there is, and what is to be done.
  struct Side {
    bool begun = false;
    std::optional<core::Action> asked;
    pid_t process = 0;
    bool is_finish = false;
    bool stopped = false;
    bool termed = false;
    pid_t hook = 0;
    std::optional<SteadyTime> timer;

    Want want = Want::up;
    bool once = false;
    bool drained = false;
    int drain_starts = 0;
    std::vector<Command> waiting;
    /// run or finish is to be started, or has been asked for.
    bool starting = false;
    Then then = Then::nothing_runs;
    Command hook_command = Command::up;
    std::optional<core::ChildEnd> finish_due;
    SteadyTime started{};
    SteadyTime earliest{};
    core::WallTime since{};

    [[nodiscard]] bool runs() const noexcept { return process != 0 && !is_finish; }
    [[nodiscard]] bool waits() const noexcept { return starting || then != Then::nothing_runs; }
    [[nodiscard]] bool start_due() const noexcept {
      return finish_due || (process == 0 && (want == Want::up || once));
    }
  };

  /// An action that is due, pids left out.
  struct Expected {
    core::Action::Kind kind;
    Command hook = Command::up;
    int signal = 0;
  };

  [[nodiscard]] Side& side(Role role) noexcept { return sides_[role == Role::log ? 1 : 0]; }
  [[nodiscard]] const Side& side(Role role) const noexcept { return sides_[role == Role::log ? 1 : 0]; }
  [[nodiscard]] core::Now moment() const noexcept { return {now_, wall_}; }
  void require(bool kept, Rule rule) {
    if (!kept) broken_.set(static_cast<std::size_t>(rule));
  }

  // The account of what is to be done (expectations.cpp).
  void settle(Role role);
  void obey(Role role, Command command);
  void hook_done(Role role, bool swallowed);
  void expect_signal(Side& side, int signal);
  void expect_start(Side& side, core::Action::Kind program);
  void expect_hook(Role role, Command hook, Then then);
  void process_gone(Side& side, Role role, const Event& event);

  // The machine's world (world.cpp).
  void end_process(const Event& event);
  void end_hook(const Event& event);
  void answer(const Event& event);
  void expire(const Event& event);
  void end_turn();
  void replace_supervisor(Want by_file);
  void play(Role role, const core::ActionList& actions);
  void play(Role role, const core::Action& action);
  void check(Role role);
  [[nodiscard]] bool service_gone() const noexcept;
  void add_events(Role role, const Bounds& bounds, std::vector<Event>& out) const;

  core::ServiceMachine machine_;
  std::array<Side, 2> sides_{};
  bool has_log_ = false;
  bool closing_ = false;
  bool left_ = false;
  SteadyTime now_{std::chrono::hours{1}};
  core::WallTime wall_{};
  pid_t next_pid_ = 100;
  std::vector<Expected> expected_;
  std::size_t most_actions_ = 0;
  Rules broken_;
};

}  // namespace runvisor::model
