#pragma once

#include <cstdint>
#include <optional>

#include "core/process_machine.hpp"

namespace runvisor::core {

/// A service directory's life: the service, its log service if there is one, and the order in which both end.
/// As pure as ProcessMachine.
class ServiceMachine {
 public:
  /// What is left to do for the service directory as a whole.
  enum class Duty : std::uint8_t {
    none,
    close_log_pipe,  ///< the service has ended for good: close the pipe's end so that the log service sees it
    leave,           ///< both have ended: the supervisor's work is done
  };

  /// `service` and `log` tell whether each is to be started (`Want::up`) or has a `down` file (`Want::down`).
  ServiceMachine(Want service, std::optional<Want> log, Now now);

  /// A log directory was found after start-up.
  void attach_log(Want want, Now now);

  /// Lets one of the two go on from a stored state, before its first event.
  void resume(Role role, ProcessState state);

  [[nodiscard]] bool has_log() const noexcept { return log_.has_value(); }
  /// Role::log only where has_log().
  [[nodiscard]] ProcessMachine& process(Role role) noexcept;
  [[nodiscard]] const ProcessMachine& process(Role role) const noexcept;

  /// Obeys a command for one of the two; once the pipe is closed, the service takes no more.
  [[nodiscard]] ActionList command(Role role, Command command, Now now);

  /// To be asked after every turn; `close_log_pipe` and `leave` are each given once.
  [[nodiscard]] Duty close_down();

 private:
  enum class Phase : std::uint8_t { supervising, draining, left };

  ProcessMachine service_;
  std::optional<ProcessMachine> log_;
  Phase phase_ = Phase::supervising;
};

}  // namespace runvisor::core
