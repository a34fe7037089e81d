#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/bounded_list.hpp"
#include "core/process_machine.hpp"

namespace runvisor::core {

/// What the first process runs: its three stages, and what a ctrl-alt-del request leads to.
enum class InitProgram : std::uint8_t { boot, run, shutdown, ctrl_alt_del };

/// The program's path. Source: runit(8).
[[nodiscard]] const char* path_of(InitProgram program) noexcept;

/// What the first process says on the console.
enum class InitNotice : std::uint8_t {
  enter,
  leave,
  failed,
  crashed,
  skipping_run,
  killing_run,
  restarting_run,
  run_only,
  ctrl_alt_del,
  not_terminated,
  killing_everything,
  restart,
  power_off,
  halt,
};

/// The line for a notice in two parts: its words, and whether the program's path follows them.
struct InitWords {
  std::string_view text;
  bool names_program;
};
[[nodiscard]] InitWords words_of(InitNotice notice) noexcept;

/// What the machine as a whole is to do at the end.
enum class PowerRequest : std::uint8_t { restart, power_off, halt };

/// How the stages end. Source: runit(8), and the behaviour of runit 2.1.2.
inline constexpr int kSkipRun = 100;
inline constexpr int kRestartRun = 111;

/// Between the end of stage 2 and its next start.
inline constexpr std::chrono::seconds kRunPause{5};
/// Before another try to start what could not be started for want of processes or memory.
inline constexpr std::chrono::seconds kForkPause{5};
/// How long stage 2 may take to obey TERM.
inline constexpr std::chrono::seconds kTerminationGrace{5};
/// How long power off may take before the machine is halted instead.
inline constexpr std::chrono::seconds kPowerOffGrace{2};

/// The life of process number 1 as a state machine: what happened goes in, what to do comes out. It makes no
/// system call and knows no clock, only how long to wait. There is no state from which it could not go on.
class InitMachine {
 public:
  struct Action {
    enum class Kind : std::uint8_t {
      say,              ///< `notice`, about `program`
      start,            ///< `program`; answer with started() or start_failed(). Comes last
      signal,           ///< send `number` to `pid`
      signal_group,     ///< send `number` to the process group `pid`
      arm_timer,        ///< call timer_expired() after `delay`, in place of an earlier request
      disarm_timer,     ///< do not
      clear_stop_file,  ///< take the execute permission away from the file that asks for the end
      look_for_stop,    ///< answer with continued(). Comes last
      kill_everything,  ///< KILL to all other processes; answer with everything_killed(). Comes last
      request_power,    ///< `power`; answer with power_failed() or power_unavailable(). Comes last
    };
    Kind kind;
    InitProgram program = InitProgram::boot;
    InitNotice notice = InitNotice::enter;
    PowerRequest power = PowerRequest::halt;
    pid_t pid = 0;
    int number = 0;
    std::chrono::seconds delay{0};
  };

  /// A few actions, in order.
  using Actions = BoundedList<Action, 8>;

  /// The first process has set itself up.
  [[nodiscard]] Actions begin();

  void started(InitProgram program, pid_t pid);
  /// There was no process for it.
  [[nodiscard]] Actions start_failed(InitProgram program);
  /// Any child has ended, an adopted one too.
  [[nodiscard]] Actions child_ended(const ChildEnd& end);
  [[nodiscard]] Actions timer_expired();

  /// CONT was received, or is due; `stop_file`: the file that asks for the end is executable.
  [[nodiscard]] Actions continued(bool stop_file);
  /// INT was received: a ctrl-alt-del request; `has_program`: there is something to be run for it.
  [[nodiscard]] Actions interrupted(bool has_program);
  /// PWR was received.
  [[nodiscard]] Actions power_failing();
  /// ALRM was received: it is meant for the scan directory's supervisor, which stage 2 becomes.
  [[nodiscard]] Actions alarmed();

  /// `restart_file`: the file that asks for a restart is executable.
  [[nodiscard]] Actions everything_killed(bool restart_file);
  /// The machine is still there after a request.
  [[nodiscard]] Actions power_failed();
  /// There was no process to make the request.
  [[nodiscard]] Actions power_unavailable();

  /// Whether a ctrl-alt-del request can be served now; one that cannot should be kept for later.
  [[nodiscard]] bool takes_ctrl_alt_del() const noexcept { return ctrl_alt_del_ == 0; }

  friend bool operator==(const InitMachine&, const InitMachine&) = default;

 private:
  enum class Phase : std::uint8_t {
    idle,      ///< before begin()
    starting,  ///< the stage is to be started, now or when the timer expires
    running,   ///< the stage runs
    stopping,  ///< stage 2 has been told to end
    pausing,   ///< stage 2 waits to be started again
    leaving,   ///< everything is being killed
    powering,  ///< a power request has been made
    asking,    ///< the power request is to be made when the timer expires
    falling,   ///< power off is given its time
    over,      ///< nothing is left to be done
  };

  [[nodiscard]] bool in_run() const noexcept;
  void enter(InitProgram stage, Actions& out);
  void start_stage(Actions& out);
  void leave(Actions& out) const;
  void report(const ChildEnd& end, Actions& out) const;
  void stop_run(Actions& out);
  void run_ended(const ChildEnd& end, Actions& out);
  void ctrl_alt_del_ended(const ChildEnd& end, Actions& out);
  void request(PowerRequest power, Actions& out);

  Phase phase_ = Phase::idle;
  InitProgram stage_ = InitProgram::boot;
  PowerRequest power_ = PowerRequest::halt;
  /// The stage's process and that of the ctrl-alt-del request, 0 for none.
  pid_t pid_ = 0;
  pid_t ctrl_alt_del_ = 0;
};

}  // namespace runvisor::core
