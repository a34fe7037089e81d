#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "core/service_machine.hpp"
#include "event/loop.hpp"
#include "event/signals.hpp"
#include "service/supervise_directory.hpp"
#include "sys/system.hpp"

namespace runvisor::service {

/// A service directory under supervision: carries out what its ServiceMachine asks for and tells it what
/// happens. Holds no global state; many of these can share one loop.
class Service final : private event::TurnEnd, private event::ChildObserver {
 public:
  struct Options {
    /// The service directory's name, for messages.
    std::string name;
    /// Its descriptor, AT_FDCWD for the working directory. Not owned.
    int directory = AT_FDCWD;
    /// Called once, when the service has been told to exit and it and its log service have ended.
    std::function<void()> left;
  };

  Service(sys::System& system, event::Loop& loop, event::Reaper& reaper, Options options);
  ~Service();
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  /// Claims the directory for this process. A failure is the reason not to supervise. If it has to wait for
  /// somebody else's lock on the log directory, `waiting_mask` is the signal mask for as long.
  [[nodiscard]] std::optional<Failure> open(const sigset_t& waiting_mask);
  /// Whether open() has taken over a process of an earlier supervisor's.
  [[nodiscard]] bool has_adopted() const noexcept;
  /// Lets clients see the supervisor and starts what is to be started; afterwards the loop does the rest.
  /// `child_mask` is the signal mask of everything started here.
  void begin(const sigset_t& child_mask);
  /// Obeys a command as if it had been written into the service's control FIFO now. Not before begin().
  void command(core::Command command);

 private:
  /// What belongs to one of the two processes besides its machine.
  struct Process;

  [[nodiscard]] Process& process(core::Role role) noexcept;
  [[nodiscard]] std::optional<Failure> open_log(const sigset_t* waiting);
  [[nodiscard]] core::Want wanted_by_file(const char* down);
  [[nodiscard]] std::optional<Failure> take_over(Process& that, std::optional<core::ProcessState>& state);
  [[nodiscard]] sys::Result<sys::Pipe> find_log_pipe(const Process& log);
  [[nodiscard]] std::optional<Failure> prepare_to_show(Process& that, const core::StatusRecord& record);
  void introduce(core::Role role);
  void look_for_log();
  void read_control(core::Role role);
  std::size_t obey_control(core::Role role);
  void perform(core::Role role, core::ActionList actions);
  [[nodiscard]] sys::Result<pid_t> start(core::Role role, const core::Action& action, core::Now now);
  [[nodiscard]] sys::Result<pid_t> run_hook(core::Role role, const core::Action& action, core::Now now);
  [[nodiscard]] sys::Result<pid_t> spawn(core::Role role, bool is_hook, core::Now now, sys::Program program);
  void send_signal(Process& that, const core::Action& action);
  void note(Process& that, const core::StatusRecord& record);
  void child_ended(const core::ChildEnd& end) override;
  void record_end(const core::ChildEnd& end);
  void end_turn() override;
  void publish(core::Role role);
  void publish(Process& that, const core::StatusRecord& record);
  void warn(const std::string& what, std::optional<sys::Error> error);

  sys::System& system_;
  event::Loop& loop_;
  event::Reaper& reaper_;
  Options options_;
  std::string who_;
  sigset_t child_mask_{};
  std::optional<core::ServiceMachine> machine_;
  std::unique_ptr<Process> service_;
  std::unique_ptr<Process> log_;
  sys::Pipe log_pipe_;
  /// Inode number of the log pipe, 0 for none.
  std::uint64_t log_pipe_inode_ = 0;
  std::string boot_id_;
  bool fork_fails_ = false;
  /// Why the last hook could not be looked for, which is asked before each start.
  int hook_error_ = 0;
  bool log_fails_ = false;
};

}  // namespace runvisor::service
