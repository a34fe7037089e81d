#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/my_init_command_line.hpp"
#include "core/container_machine.hpp"
#include "critical_services.hpp"
#include "environment.hpp"
#include "event/loop.hpp"
#include "event/signals.hpp"
#include "log_collector.hpp"
#include "services.hpp"
#include "sys/system.hpp"

namespace runvisor::container_init {

/// The first process of a container: starts what is due, reaps whatever ends, and stops everything in order.
class Init final : private event::ChildObserver {
 public:
  /// Blocks all signals that are received later. To be called first of all: the kernel drops what process
  /// number 1 neither blocks nor handles.
  static void block_signals() noexcept;

  Init(sys::System& system, const cli::MyInitInvocation& invocation);

  /// Runs until the container's end; returns the exit status.
  [[nodiscard]] int run();

 private:
  using Machine = core::ContainerMachine;

  [[nodiscard]] core::ContainerOptions options();
  [[nodiscard]] std::optional<std::chrono::milliseconds> seconds_in(const char* variable);
  void open_critical();
  void open_log();
  void receive(int signal);
  void child_ended(const core::ChildEnd& end) override;
  void perform(const Machine::Actions& actions);
  [[nodiscard]] Machine::Actions run_script(core::ScriptFolder folder);
  [[nodiscard]] Machine::Actions start(core::ContainerJob job);
  [[nodiscard]] Machine::Actions spawn(core::ContainerJob job, const char* const* argv);
  void list_scripts(core::ScriptFolder folder);
  [[nodiscard]] bool stop_is_due() const;
  void signal_everything(int signal);
  void look_for_everything();
  void say(const Machine::Action& action);
  void tell(std::string_view text);
  void warn(std::string_view text);

  sys::System& system_;
  cli::MyInitInvocation invocation_;
  event::Loop loop_;
  event::Reaper reaper_;
  event::Signals signals_;
  Environment environment_;
  std::optional<Machine> machine_;
  Services services_;
  std::optional<CriticalServices> critical_;
  std::optional<LogCollector> log_;
  event::Timer timer_;
  event::Timer deadline_;
  sigset_t child_mask_{};
  /// The scripts still to be run, last first, and the one that was started last.
  std::optional<core::ScriptFolder> listed_;
  std::vector<std::string> scripts_;
  std::string script_;
  pid_t script_pid_ = 0;
  /// Everything was signalled, and nothing is to be left.
  bool awaits_everything_ = false;
  bool is_killing_ = false;
  int status_ = 0;
};

}  // namespace runvisor::container_init
