#pragma once

#include <sys/types.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/command.hpp"
#include "core/status_record.hpp"
#include "core/time.hpp"

namespace runvisor::core {

/// Which of a service directory's two processes a machine supervises.
enum class Role : std::uint8_t {
  /// `run` and `finish`, with control hooks.
  service,
  /// `log/run`: no finish, no hooks, and it ends with its service, never by `exit`.
  log,
};

/// How long a service that ended within this time of its start stays down before it is started again, and
/// how long a failed fork waits for its next try. Source: runsv(8), "waits a second".
inline constexpr std::chrono::seconds kRestartPause{1};

/// How often a log service that ends before its input does is started again while the supervisor leaves.
inline constexpr std::uint8_t kDrainStarts = 3;

/// How a child ended.
struct ChildEnd {
  pid_t pid = 0;
  /// Its exit code, -1 if a signal ended it.
  int exit_code = 0;
  /// Low byte of the wait status: 0, or the signal's number with the core bit.
  int status = 0;
};

/// What a machine asks for. Those marked * need an answer before anything else is fed in.
struct Action {
  enum class Kind : std::uint8_t {
    start_run,     ///< * start `./run`; answer `started` or `start_failed`
    start_finish,  ///< * start `./finish` with `end`'s code and status; answer as for start_run
    run_hook,      ///< * start `control/COMMAND`; answer `started`, or `start_failed` where there is none
    send_signal,   ///< send `signal` to `pid`
    arm_timer,     ///< feed `timer_expired` at `at`; replaces an earlier one
    disarm_timer,  ///< the armed timer is no longer needed
  };

  Kind kind;
  /// run_hook: which hook.
  Command hook = Command::up;
  /// send_signal.
  int signal = 0;
  /// send_signal: the receiver; run_hook: the service's pid, 0 if it has none.
  pid_t pid = 0;
  /// start_finish.
  ChildEnd end{};
  /// arm_timer.
  SteadyTime at{};
};

/// The actions one event leads to, in order. An action that needs an answer is the last.
class ActionList {
 public:
  void push(const Action& action) noexcept { actions_.at(size_++) = action; }
  [[nodiscard]] const Action* begin() const noexcept { return actions_.data(); }
  [[nodiscard]] const Action* end() const noexcept { return actions_.data() + size_; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }

 private:
  std::array<Action, 6> actions_{};
  std::size_t size_ = 0;
};

/// Where the machine goes on when the control hook that is being run has ended.
enum class HookStep : std::uint8_t {
  none,
  before_run,    ///< `control/u`: start `run`, whatever it said
  instead,       ///< `control/COMMAND`: send the command's signal unless it said 0
  instead_term,  ///< `control/t` for term, down or exit: send TERM unless it said 0, then go on
  after_stop,    ///< `control/d` or `control/x`: nothing more to do
};

/// Everything a machine knows: a plain value, so that it can be stored, compared, and taken over by another
/// process.
struct ProcessState {
  StatusRecord published;
  /// `once` came while the process was down and has not been obeyed yet.
  bool once = false;
  /// The machine waits for the answer to its last action.
  bool awaiting_answer = false;
  /// The armed timer's time.
  std::optional<SteadyTime> timer;
  /// `run`'s last start; the restart pause counts from here.
  SteadyTime started{};
  /// Neither `run` nor `finish` is started before this.
  SteadyTime not_before{};
  /// How `run` ended, while `finish` is still to be started or running.
  ChildEnd run_end{};
  HookStep hook_step = HookStep::none;
  Command hook = Command::up;
  /// The hook's process, 0 while it is being started.
  pid_t hook_pid = 0;
  /// Commands that came while a hook ran, oldest first.
  std::vector<Command> queue;
  /// Draining: how often it may still be started to read on.
  std::uint8_t drain_starts = 0;
};

/// The life of one supervised process as a state machine: events and a time go in, actions come out. It makes
/// no system call and reads no clock.
///
/// Rules that hold in every state: the pid is set only by `started` and cleared only by `child_ended`; no
/// program is started while a pid is set; a signal is only sent to a pid that is set and in state run; a
/// command that arrives while a control hook runs is obeyed after it, in order.
class ProcessMachine {
 public:
  ProcessMachine(Role role, Want want, Now now);
  /// Goes on from a stored state.
  ProcessMachine(Role role, ProcessState state);

  /// The first event: starts the process if it is wanted up.
  [[nodiscard]] ActionList begin(Now now);
  [[nodiscard]] ActionList command(Command command, Now now);
  /// A child with the pid of the process or of the hook has ended. `left_over` tells whether something
  /// is left to do after it: for `run`, that `./finish` could be opened just now; for a draining log service,
  /// that there is still something in its pipe.
  [[nodiscard]] ActionList child_ended(const ChildEnd& end, bool left_over, Now now);
  [[nodiscard]] ActionList timer_expired(Now now);

  /// Answers to the last action.
  [[nodiscard]] ActionList started(pid_t pid, Now now);
  [[nodiscard]] ActionList start_failed(Now now);

  /// Role log: its service has gone, and nothing more is written into the pipe. It gets no signal, and is
  /// started again only to read what it left there.
  void drain();

  /// Whether `pid` is the process or the hook that is being run.
  [[nodiscard]] bool owns(pid_t pid) const noexcept;
  /// A control hook is being run: commands are queued until it ends.
  [[nodiscard]] bool hook_runs() const noexcept { return state_.hook_step != HookStep::none; }
  /// Told to exit and nothing is left to wait for.
  [[nodiscard]] bool exited() const noexcept;
  /// Down, and to be started now or when a pause is over.
  [[nodiscard]] bool run_due() const noexcept {
    return state_.published.state == State::down && (state_.published.want == Want::up || state_.once);
  }
  [[nodiscard]] const StatusRecord& record() const noexcept { return state_.published; }
  [[nodiscard]] const ProcessState& state() const noexcept { return state_; }

 private:
  [[nodiscard]] bool busy() const noexcept {
    return state_.awaiting_answer || state_.hook_step != HookStep::none;
  }
  [[nodiscard]] bool running() const noexcept {
    return state_.published.state == State::run && state_.published.pid != 0;
  }
  /// A log service whose service has gone.
  [[nodiscard]] bool draining() const noexcept {
    return role_ == Role::log && state_.published.want == Want::exit;
  }
  void settle(ActionList& out, Now now);
  void obey(Command command, ActionList& out);
  void stop(ActionList& out);
  void after_term_hook(bool swallowed, ActionList& out);
  void run_hook(Command hook, HookStep step, ActionList& out);
  void hook_ended(bool swallowed, ActionList& out);
  void go_down(Now now);
  void advance(ActionList& out, Now now);
  void signal(Command command, ActionList& out);
  void ask(const Action& action, ActionList& out);

  Role role_;
  ProcessState state_;
};

}  // namespace runvisor::core
