#pragma once

#include <signal.h>

#include <optional>
#include <string_view>

#include "core/init_machine.hpp"
#include "sys/machine_control.hpp"
#include "sys/system.hpp"

namespace runvisor::machine_init {

/// The shell around core::InitMachine: turns signals, ended children and time into events, and performs the
/// actions. It allocates no memory and throws nothing, since process number 1 must not end.
class FirstProcess {
 public:
  /// Files whose presence or mode asks for something. Source: runit(8).
  struct Files {
    const char* stop;
    const char* restart;
    const char* no_sync = "/etc/runit/nosync";
  };

  FirstProcess(sys::System& system, sys::MachineControl& control, Files files) noexcept
      : system_(system), control_(control), files_(files) {}

  /// Sets the process up, says hello as `version`, and starts the first stage. All signals are blocked from
  /// now on.
  void begin(std::string_view version);
  /// A signal was received.
  void receive(int signal);
  /// Waits for a signal until the time that is due next, and handles what comes.
  void wait();

  /// begin(), and wait() for ever.
  [[noreturn]] void run(std::string_view version);

 private:
  using Machine = core::InitMachine;

  void perform(const Machine::Actions& actions);
  void perform(const Machine::Action& action);
  void start(core::InitProgram program);
  void request_power(core::PowerRequest request);
  void collect_children();
  void expire();
  void clear_stop_file();
  void say(std::initializer_list<std::string_view> pieces);
  [[nodiscard]] bool executable(const char* file);

  sys::System& system_;
  sys::MachineControl& control_;
  Files files_;
  Machine machine_;
  std::optional<core::SteadyTime> due_;
  /// The child that makes a power request, 0 for none.
  pid_t power_ = 0;
};

}  // namespace runvisor::machine_init
