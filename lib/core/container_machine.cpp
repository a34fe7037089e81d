#include "core/container_machine.hpp"

#include <csignal>

namespace runvisor::core {
namespace {

using Action = ContainerMachine::Action;
using Actions = ContainerMachine::Actions;
using Kind = Action::Kind;

void say(ContainerNotice notice, Actions& out, pid_t pid = 0, int number = 0) {
  out.add({.kind = Kind::say, .notice = notice, .pid = pid, .number = number});
}

void signal(pid_t pid, int number, Actions& out) {
  out.add({.kind = Kind::signal, .pid = pid, .number = number});
}

void arm(std::chrono::milliseconds delay, Actions& out) {
  out.add({.kind = Kind::arm_timer, .delay = delay});
}

}  // namespace

int exit_status_of(const ChildEnd& end) noexcept {
  constexpr int kCoreBit = 0x80;
  return end.exit_code == -1 ? 128 + (end.status & ~kCoreBit) : end.exit_code;
}

Actions ContainerMachine::begin() {
  Actions out;
  if (options_.has_startup) {
    phase_ = Phase::startup;
    out.add({.kind = Kind::run_script, .folder = ScriptFolder::startup});
  } else {
    boot(out);
  }
  return out;
}

void ContainerMachine::boot(Actions& out) {
  phase_ = Phase::booting;
  if (options_.has_services) {
    say(ContainerNotice::booting, out);
    out.add({.kind = Kind::start, .job = ContainerJob::supervisor});
  } else {
    start_command(out);
  }
}

void ContainerMachine::start_command(Actions& out) {
  if (options_.has_command) {
    say(ContainerNotice::running_command, out);
    out.add({.kind = Kind::start, .job = ContainerJob::command});
  } else if (options_.has_services) {
    phase_ = Phase::running;
  } else {
    // There is nothing to stay for.
    leave(kContainerAborted, false, out);
  }
}

Actions ContainerMachine::started(ContainerJob job, pid_t pid) {
  Actions out;
  switch (job) {
    case ContainerJob::script:
      script_ = pid;
      break;
    case ContainerJob::supervisor:
      supervisor_ = last_supervisor_ = pid;
      say(ContainerNotice::supervisor_started, out, pid);
      start_command(out);
      break;
    case ContainerJob::command:
      command_ = pid;
      phase_ = Phase::running;
      break;
  }
  return out;
}

Actions ContainerMachine::start_failed(ContainerJob job) {
  Actions out;
  if (job == ContainerJob::script && phase_ == Phase::pre_shutdown) {
    stop_services(out);
  } else if (job == ContainerJob::script && phase_ == Phase::post_shutdown) {
    terminate_everything(out);
  } else {
    leave(kContainerAborted, true, out);
  }
  return out;
}

Actions ContainerMachine::scripts_done() {
  Actions out;
  if (phase_ == Phase::startup) {
    boot(out);
  } else if (phase_ == Phase::pre_shutdown) {
    stop_services(out);
  } else if (phase_ == Phase::post_shutdown) {
    terminate_everything(out);
  }
  return out;
}

Actions ContainerMachine::child_ended(const ChildEnd& end) {
  Actions out;
  if (end.pid == script_) {
    script_ = 0;
    script_ended(end, out);
  } else if (end.pid == supervisor_) {
    supervisor_ = 0;
    supervisor_ended(end, out);
  } else if (end.pid == command_) {
    command_ = 0;
    command_ended(end, out);
  }
  return out;
}

void ContainerMachine::script_ended(const ChildEnd& end, Actions& out) {
  const int status = exit_status_of(end);
  if (status != 0 && phase_ != Phase::aborting) say(ContainerNotice::script_failed, out, 0, status);
  if (phase_ == Phase::startup) {
    if (status == 0) {
      out.add({.kind = Kind::run_script, .folder = ScriptFolder::startup});
    } else {
      leave(kContainerAborted, true, out);
    }
  } else if (phase_ == Phase::aborting) {
    terminate_everything(out);
  } else if (phase_ == Phase::pre_shutdown) {
    if (overdue_) {
      stop_services(out);
    } else {
      out.add({.kind = Kind::run_script, .folder = ScriptFolder::pre_shutdown});
    }
  } else if (phase_ == Phase::post_shutdown) {
    if (overdue_) {
      terminate_everything(out);
    } else {
      out.add({.kind = Kind::run_script, .folder = ScriptFolder::post_shutdown});
    }
  }
}

void ContainerMachine::supervisor_ended(const ChildEnd& end, Actions& out) {
  if (phase_ == Phase::stopping_services) {
    // One that was killed, or never got as far as to receive signals, has told nobody.
    if (end.exit_code != kSupervisorTold) out.add({.kind = Kind::tell_services});
    if (overdue_) out.add({.kind = Kind::kill_services});
    out.add({.kind = Kind::watch_services});
    return;
  }
  const int status = exit_status_of(end);
  if (phase_ != Phase::terminating && phase_ != Phase::killing) {
    say(ContainerNotice::supervisor_ended, out, 0, status);
  }
  // With a command, its services go on as they are: their own supervisors are still there.
  if (phase_ == Phase::running && !options_.has_command) leave(status, false, out);
}

void ContainerMachine::command_ended(const ChildEnd& end, Actions& out) {
  const int status = exit_status_of(end);
  if (phase_ == Phase::running) {
    say(ContainerNotice::command_ended, out, 0, status);
    leave(status, false, out);
  } else if (phase_ == Phase::delaying) {
    say(ContainerNotice::command_ended, out, 0, status);
    stop_command(out);
  } else if (phase_ == Phase::stopping_command) {
    run_scripts(Phase::pre_shutdown, out);
  }
}

Actions ContainerMachine::received(int number) {
  Actions out;
  if (number == SIGTERM || number == SIGINT) {
    stop(out);
  } else if (command_ != 0) {
    signal(command_, number, out);
  }
  return out;
}

Actions ContainerMachine::critical_ended(int status) {
  Actions out;
  if (phase_ == Phase::running) leave(status, false, out);
  return out;
}

/// A stop was requested.
void ContainerMachine::stop(Actions& out) {
  if (phase_ == Phase::startup && script_ != 0) {
    status_ = kContainerInterrupted;
    aborted_ = true;
    phase_ = Phase::aborting;
    out.add({.kind = Kind::arm_deadline, .delay = options_.total_grace});
    has_deadline_ = true;
    say(ContainerNotice::stopping_script, out, script_);
    signal(script_, SIGTERM, out);
    signal(script_, SIGCONT, out);
    arm(options_.process_grace, out);
  } else if (phase_ == Phase::running && options_.stop_delay.count() > 0) {
    status_ = kContainerInterrupted;
    aborted_ = true;
    phase_ = Phase::delaying;
    say(ContainerNotice::delaying, out);
    out.add({.kind = Kind::arm_deadline, .delay = options_.stop_delay + options_.total_grace});
    has_deadline_ = true;
    arm(options_.stop_delay, out);
  } else if (phase_ == Phase::running || phase_ == Phase::booting || phase_ == Phase::startup) {
    leave(kContainerInterrupted, true, out);
  } else if (phase_ == Phase::delaying) {
    stop_command(out);
  }
}

void ContainerMachine::leave(int status, bool aborted, Actions& out) {
  status_ = status;
  aborted_ = aborted;
  if (!has_deadline_) out.add({.kind = Kind::arm_deadline, .delay = options_.total_grace});
  has_deadline_ = true;
  stop_command(out);
}

void ContainerMachine::stop_command(Actions& out) {
  if (command_ == 0) {
    run_scripts(Phase::pre_shutdown, out);
    return;
  }
  phase_ = Phase::stopping_command;
  say(ContainerNotice::stopping_command, out, command_);
  signal(command_, SIGTERM, out);
  signal(command_, SIGCONT, out);
  arm(options_.process_grace, out);
}

void ContainerMachine::run_scripts(Phase phase, Actions& out) {
  overdue_ = false;
  if (last_supervisor_ == 0) {
    terminate_everything(out);
    return;
  }
  phase_ = phase;
  arm(options_.process_grace, out);
  const bool is_first = phase == Phase::pre_shutdown;
  out.add({.kind = Kind::run_script,
           .folder = is_first ? ScriptFolder::pre_shutdown : ScriptFolder::post_shutdown});
}

void ContainerMachine::stop_services(Actions& out) {
  phase_ = Phase::stopping_services;
  overdue_ = false;
  say(ContainerNotice::stopping_services, out, last_supervisor_);
  arm(options_.process_grace, out);
  if (supervisor_ != 0) {
    signal(supervisor_, SIGHUP, out);
    signal(supervisor_, SIGCONT, out);
  } else {
    out.add({.kind = Kind::tell_services});
    out.add({.kind = Kind::watch_services});
  }
}

Actions ContainerMachine::services_down() {
  Actions out;
  if (phase_ == Phase::stopping_services) run_scripts(Phase::post_shutdown, out);
  return out;
}

void ContainerMachine::services_overdue(Actions& out) {
  if (overdue_) {
    // Not even `finish` has ended. What is left goes with everything else.
    run_scripts(Phase::post_shutdown, out);
    return;
  }
  overdue_ = true;
  say(ContainerNotice::services_overdue, out, last_supervisor_);
  arm(kFinishGrace, out);
  if (supervisor_ != 0) signal(supervisor_, SIGKILL, out);
  out.add({.kind = Kind::kill_services});
}

void ContainerMachine::terminate_everything(Actions& out) {
  if (aborted_) say(ContainerNotice::aborted, out);
  if (!options_.kills_everything) {
    exit(out);
    return;
  }
  phase_ = Phase::terminating;
  say(ContainerNotice::killing_everything, out);
  arm(options_.everything_grace, out);
  out.add({.kind = Kind::signal_everything, .number = SIGTERM});
}

void ContainerMachine::kill_everything(Actions& out) {
  phase_ = Phase::killing;
  arm(kKillGrace, out);
  out.add({.kind = Kind::signal_everything, .number = SIGKILL});
}

Actions ContainerMachine::everything_gone() {
  Actions out;
  if (phase_ == Phase::terminating || phase_ == Phase::killing) exit(out);
  return out;
}

void ContainerMachine::exit(Actions& out) {
  phase_ = Phase::over;
  out.add({.kind = Kind::disarm_timer});
  out.add({.kind = Kind::exit, .number = status_});
}

Actions ContainerMachine::timer_expired() {
  Actions out;
  switch (phase_) {
    case Phase::delaying:
      stop_command(out);
      break;
    case Phase::stopping_command:
      say(ContainerNotice::command_overdue, out, command_);
      signal(command_, SIGKILL, out);
      break;
    case Phase::aborting:
    case Phase::pre_shutdown:
    case Phase::post_shutdown:
      overdue_ = true;
      say(ContainerNotice::script_overdue, out, script_);
      signal(script_, SIGKILL, out);
      break;
    case Phase::stopping_services:
      services_overdue(out);
      break;
    case Phase::terminating:
      say(ContainerNotice::everything_overdue, out);
      kill_everything(out);
      break;
    case Phase::killing:
      exit(out);
      break;
    case Phase::idle:
    case Phase::startup:
    case Phase::booting:
    case Phase::running:
    case Phase::over:
      break;
  }
  return out;
}

Actions ContainerMachine::deadline_expired() {
  Actions out;
  if (phase_ == Phase::killing || phase_ == Phase::over) return out;
  say(ContainerNotice::total_overdue, out);
  if (options_.kills_everything) {
    kill_everything(out);
  } else {
    exit(out);
  }
  return out;
}

}  // namespace runvisor::core
