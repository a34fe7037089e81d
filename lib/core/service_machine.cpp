#include "core/service_machine.hpp"

#include <utility>

namespace runvisor::core {

ServiceMachine::ServiceMachine(Want service, std::optional<Want> log, Now now)
    : service_(Role::service, service, now) {
  if (log) attach_log(*log, now);
}

void ServiceMachine::attach_log(Want want, Now now) { log_.emplace(Role::log, want, now); }

void ServiceMachine::resume(Role role, ProcessState state) {
  process(role) = ProcessMachine(role, std::move(state));
}

ProcessMachine& ServiceMachine::process(Role role) noexcept { return role == Role::log ? *log_ : service_; }

const ProcessMachine& ServiceMachine::process(Role role) const noexcept {
  return role == Role::log ? *log_ : service_;
}

ActionList ServiceMachine::command(Role role, Command command, Now now) {
  if (role == Role::service && phase_ != Phase::supervising) return {};
  return process(role).command(command, now);
}

ServiceMachine::Duty ServiceMachine::close_down() {
  switch (phase_) {
    case Phase::supervising:
      if (!service_.exited()) return Duty::none;
      // What the service wrote last is still in the pipe: the log service's next instance reads it.
      if (log_ && log_->run_due()) return Duty::none;
      if (log_ && log_->record().pid != 0) {
        phase_ = Phase::draining;
        log_->drain();
        return Duty::close_log_pipe;
      }
      phase_ = Phase::left;
      return Duty::leave;
    case Phase::draining:
      if (!log_->exited()) return Duty::none;
      phase_ = Phase::left;
      return Duty::leave;
    case Phase::left:
      return Duty::none;
  }
  return Duty::none;
}

}  // namespace runvisor::core
