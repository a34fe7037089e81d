#pragma once

#include <sys/types.h>

#include <chrono>
#include <compare>
#include <cstddef>
#include <cstdint>

#include "core/bounded_list.hpp"
#include "core/process_machine.hpp"

namespace runvisor::core {

/// The programs that a container's first process runs one after the other.
enum class ScriptFolder : std::uint8_t { startup, pre_shutdown, post_shutdown };

/// What it keeps running beside them.
enum class ContainerJob : std::uint8_t { script, supervisor, command };

/// What it says.
enum class ContainerNotice : std::uint8_t {
  script_failed,       ///< the script started last, with `number`
  stopping_script,     ///< the same one is told to end
  script_overdue,      ///< and killed
  booting,             ///< the supervisor is about to be started
  supervisor_started,  ///< as `pid`
  supervisor_ended,    ///< with `number`
  running_command,
  command_ended,  ///< with `number`
  stopping_command,
  command_overdue,
  delaying,  ///< a stop was requested, and waits
  stopping_services,
  services_overdue,
  aborted,
  killing_everything,
  everything_overdue,
  total_overdue,
};

/// How a container's first process ends if not by its command, its supervisor or a critical service. Source:
/// the behaviour of phusion's my_init.
inline constexpr int kContainerAborted = 1;
inline constexpr int kContainerInterrupted = 2;

/// How runsvdir ends when HUP has made it send TERM to all it started. Source: runsvdir(8).
inline constexpr int kSupervisorTold = 111;

/// How long `finish` may take after a service was killed, and how long everything may take to go after KILL.
inline constexpr std::chrono::milliseconds kFinishGrace{1000};
inline constexpr std::chrono::milliseconds kKillGrace{500};

/// The exit status that stands for a child's end: its code, or 128 and the number of the signal.
[[nodiscard]] int exit_status_of(const ChildEnd& end) noexcept;

/// What the command line and the variables ask for.
struct ContainerOptions {
  bool has_startup = true;
  bool has_services = true;
  bool has_command = false;
  bool kills_everything = true;
  /// How long the command, the services, and the scripts of each folder may take to end.
  std::chrono::milliseconds process_grace{4000};
  /// How long all the rest may take.
  std::chrono::milliseconds everything_grace{1000};
  /// How long the whole stop may take.
  std::chrono::milliseconds total_grace{9000};
  /// How long a requested stop waits before it begins.
  std::chrono::milliseconds stop_delay{0};

  friend auto operator<=>(const ContainerOptions&, const ContainerOptions&) = default;
};

/// The life of a container's first process as a state machine: what happened goes in, what to do comes out.
/// It makes no system call and knows no clock, only how long to wait. Once it is leaving, nothing is started
/// any more but the scripts of the shutdown, and it leaves within its total grace whatever happens.
class ContainerMachine {
 public:
  struct Action {
    enum class Kind : std::uint8_t {
      say,                ///< `notice`
      run_script,         ///< the folder's next one; answer with started(), start_failed() or scripts_done()
      start,              ///< `job`; answer with started() or start_failed(); see is_leaving()
      signal,             ///< send `number` to `pid`
      tell_services,      ///< ask every runsv to end its service and itself
      watch_services,     ///< answer with services_down() as soon as no runsv is left
      kill_services,      ///< kill the services of those that are left
      signal_everything,  ///< `number` to all other processes; answer with everything_gone() when they are
      arm_timer,          ///< call timer_expired() after `delay`, in place of an earlier request
      disarm_timer,       ///< do not
      arm_deadline,       ///< call deadline_expired() after `delay`
      exit,               ///< with the status `number`
    };
    Kind kind;
    ContainerNotice notice = ContainerNotice::aborted;
    ScriptFolder folder = ScriptFolder::startup;
    ContainerJob job = ContainerJob::script;
    pid_t pid = 0;
    int number = 0;
    std::chrono::milliseconds delay{0};
  };

  /// A few actions, in order. One that is answered comes last.
  using Actions = BoundedList<Action, 10>;

  explicit ContainerMachine(const ContainerOptions& options) noexcept : options_(options) {}

  [[nodiscard]] Actions begin();

  [[nodiscard]] Actions started(ContainerJob job, pid_t pid);
  /// There was no process for it.
  [[nodiscard]] Actions start_failed(ContainerJob job);
  /// No script of the folder is left to be run.
  [[nodiscard]] Actions scripts_done();
  /// Whether what is asked for now is part of the shutdown. Anything else is better not started when a stop
  /// has been requested that this machine is still to be told of: received() is an answer as well.
  [[nodiscard]] bool is_leaving() const noexcept { return has_deadline_; }
  /// Any child has ended, an adopted one too.
  [[nodiscard]] Actions child_ended(const ChildEnd& end);
  /// A signal was received: TERM and INT request the stop, all others are the command's.
  [[nodiscard]] Actions received(int signal);
  /// A service without which the container is not to run has ended with `status`.
  [[nodiscard]] Actions critical_ended(int status);
  [[nodiscard]] Actions services_down();
  [[nodiscard]] Actions everything_gone();
  [[nodiscard]] Actions timer_expired();
  [[nodiscard]] Actions deadline_expired();

  friend auto operator<=>(const ContainerMachine&, const ContainerMachine&) = default;

 private:
  enum class Phase : std::uint8_t {
    idle,               ///< before begin()
    startup,            ///< the startup scripts run
    booting,            ///< the supervisor is being started, or the command
    running,            ///< all that was to be started has been
    delaying,           ///< the stop waits
    aborting,           ///< a startup script was told to end
    stopping_command,   ///< the command was told to end
    pre_shutdown,       ///< the scripts before the services' end run
    stopping_services,  ///< the services were told to end
    post_shutdown,      ///< the scripts after it run
    terminating,        ///< all else was told to end
    killing,            ///< all else was killed
    over,
  };

  void boot(Actions& out);
  void start_command(Actions& out);
  void leave(int status, bool aborted, Actions& out);
  void stop(Actions& out);
  void stop_command(Actions& out);
  void run_scripts(Phase phase, Actions& out);
  void script_ended(const ChildEnd& end, Actions& out);
  void supervisor_ended(const ChildEnd& end, Actions& out);
  void command_ended(const ChildEnd& end, Actions& out);
  void stop_services(Actions& out);
  void services_overdue(Actions& out);
  void terminate_everything(Actions& out);
  void kill_everything(Actions& out);
  void exit(Actions& out);

  ContainerOptions options_;
  Phase phase_ = Phase::idle;
  /// 0 for none.
  pid_t script_ = 0;
  pid_t supervisor_ = 0;
  pid_t command_ = 0;
  /// The supervisor's pid, for what is said when it has gone.
  pid_t last_supervisor_ = 0;
  int status_ = 0;
  /// The end was not one of its own accord.
  bool aborted_ = false;
  /// The phase's time is over.
  bool overdue_ = false;
  bool has_deadline_ = false;
};

}  // namespace runvisor::core
