#include "core/init_machine.hpp"

#include <csignal>

namespace runvisor::core {
namespace {

using Action = InitMachine::Action;
using Actions = InitMachine::Actions;
using Kind = Action::Kind;

void say(InitNotice notice, InitProgram program, Actions& out) {
  out.add({.kind = Kind::say, .program = program, .notice = notice});
}

bool crashed(const ChildEnd& end) { return end.exit_code == -1; }

}  // namespace

const char* path_of(InitProgram program) noexcept {
  switch (program) {
    case InitProgram::boot:
      return "/etc/runit/1";
    case InitProgram::run:
      return "/etc/runit/2";
    case InitProgram::shutdown:
      return "/etc/runit/3";
    case InitProgram::ctrl_alt_del:
      return "/etc/runit/ctrlaltdel";
  }
  return "";
}

InitWords words_of(InitNotice notice) noexcept {
  switch (notice) {
    case InitNotice::enter:
      return {"enter stage: ", true};
    case InitNotice::leave:
      return {"leave stage: ", true};
    case InitNotice::failed:
      return {"warning: child failed: ", true};
    case InitNotice::crashed:
      return {"warning: child crashed: ", true};
    case InitNotice::skipping_run:
      return {"warning: skipping stage 2...", false};
    case InitNotice::killing_run:
      return {"warning: killing all processes in stage 2...", false};
    case InitNotice::restarting_run:
      return {"warning: restarting.", false};
    case InitNotice::run_only:
      return {"warning: signals only work in stage 2.", false};
    case InitNotice::ctrl_alt_del:
      return {"ctrl-alt-del request...", false};
    case InitNotice::not_terminated:
      return {"warning: stage 2 not terminated, sending sigkill...", false};
    case InitNotice::killing_everything:
      return {"sending KILL signal to all processes...", false};
    case InitNotice::restart:
      return {"system reboot.", false};
    case InitNotice::power_off:
      return {"power off...", false};
    case InitNotice::halt:
      return {"system halt.", false};
  }
  return {"", false};
}

InitMachine::Actions InitMachine::begin() {
  Actions out;
  enter(InitProgram::boot, out);
  return out;
}

void InitMachine::enter(InitProgram stage, Actions& out) {
  stage_ = stage;
  say(InitNotice::enter, stage, out);
  start_stage(out);
}

void InitMachine::start_stage(Actions& out) {
  phase_ = Phase::starting;
  out.add({.kind = Kind::start, .program = stage_});
}

void InitMachine::leave(Actions& out) const { say(InitNotice::leave, stage_, out); }

void InitMachine::report(const ChildEnd& end, Actions& out) const {
  if (crashed(end)) {
    say(InitNotice::crashed, stage_, out);
  } else if (end.exit_code != 0) {
    say(InitNotice::failed, stage_, out);
  }
}

void InitMachine::started(InitProgram program, pid_t pid) {
  if (program == InitProgram::ctrl_alt_del) {
    ctrl_alt_del_ = pid;
  } else {
    pid_ = pid;
    phase_ = Phase::running;
  }
}

InitMachine::Actions InitMachine::start_failed(InitProgram program) {
  Actions out;
  // A ctrl-alt-del request can be made again; a stage cannot be left out.
  if (program != InitProgram::ctrl_alt_del) out.add({.kind = Kind::arm_timer, .delay = kForkPause});
  return out;
}

InitMachine::Actions InitMachine::child_ended(const ChildEnd& end) {
  Actions out;
  if (end.pid == ctrl_alt_del_) {
    ctrl_alt_del_ended(end, out);
  } else if (end.pid == pid_) {
    switch (stage_) {
      case InitProgram::boot:
        pid_ = 0;
        report(end, out);
        leave(out);
        if (crashed(end) || end.exit_code == kSkipRun) {
          say(InitNotice::skipping_run, stage_, out);
          enter(InitProgram::shutdown, out);
        } else {
          enter(InitProgram::run, out);
        }
        break;
      case InitProgram::run:
        run_ended(end, out);
        break;
      case InitProgram::shutdown:
        pid_ = 0;
        report(end, out);
        leave(out);
        phase_ = Phase::leaving;
        say(InitNotice::killing_everything, stage_, out);
        out.add({.kind = Kind::kill_everything});
        break;
      case InitProgram::ctrl_alt_del:
        break;
    }
  }
  return out;
}

void InitMachine::run_ended(const ChildEnd& end, Actions& out) {
  const pid_t group = pid_;
  pid_ = 0;
  if (phase_ == Phase::stopping) {
    out.add({.kind = Kind::disarm_timer});
    leave(out);
    enter(InitProgram::shutdown, out);
    return;
  }
  report(end, out);
  if (crashed(end) || end.exit_code == kRestartRun) {
    phase_ = Phase::pausing;
    say(InitNotice::killing_run, stage_, out);
    out.add({.kind = Kind::signal_group, .pid = group, .number = SIGKILL});
    out.add({.kind = Kind::arm_timer, .delay = kRunPause});
  } else {
    leave(out);
    enter(InitProgram::shutdown, out);
  }
}

void InitMachine::ctrl_alt_del_ended(const ChildEnd& end, Actions& out) {
  ctrl_alt_del_ = 0;
  if (crashed(end)) say(InitNotice::crashed, InitProgram::ctrl_alt_del, out);
  say(InitNotice::leave, InitProgram::ctrl_alt_del, out);
  if (in_run()) out.add({.kind = Kind::look_for_stop});
}

/// Whether stage 2 is on, or about to be.
bool InitMachine::in_run() const noexcept {
  if (stage_ != InitProgram::run) return false;
  switch (phase_) {
    case Phase::starting:
    case Phase::running:
    case Phase::stopping:
    case Phase::pausing:
      return true;
    case Phase::idle:
    case Phase::leaving:
    case Phase::powering:
    case Phase::asking:
    case Phase::falling:
    case Phase::over:
      return false;
  }
  return false;
}

void InitMachine::stop_run(Actions& out) {
  if (phase_ == Phase::running) {
    phase_ = Phase::stopping;
    out.add({.kind = Kind::signal, .pid = pid_, .number = SIGTERM});
    out.add({.kind = Kind::arm_timer, .delay = kTerminationGrace});
  } else if (phase_ == Phase::starting || phase_ == Phase::pausing) {
    out.add({.kind = Kind::disarm_timer});
    leave(out);
    enter(InitProgram::shutdown, out);
  }
}

InitMachine::Actions InitMachine::continued(bool stop_file) {
  Actions out;
  if (!in_run()) {
    say(InitNotice::run_only, stage_, out);
  } else if (stop_file) {
    out.add({.kind = Kind::clear_stop_file});
    stop_run(out);
  }
  return out;
}

InitMachine::Actions InitMachine::interrupted(bool has_program) {
  Actions out;
  if (!in_run()) {
    say(InitNotice::run_only, stage_, out);
  } else if (has_program && ctrl_alt_del_ == 0 && phase_ != Phase::stopping) {
    say(InitNotice::ctrl_alt_del, InitProgram::ctrl_alt_del, out);
    say(InitNotice::enter, InitProgram::ctrl_alt_del, out);
    out.add({.kind = Kind::start, .program = InitProgram::ctrl_alt_del});
  }
  return out;
}

InitMachine::Actions InitMachine::power_failing() {
  Actions out;
  if (in_run()) {
    stop_run(out);
  } else {
    say(InitNotice::run_only, stage_, out);
  }
  return out;
}

InitMachine::Actions InitMachine::alarmed() {
  Actions out;
  if (stage_ == InitProgram::run && phase_ == Phase::running) {
    out.add({.kind = Kind::signal, .pid = pid_, .number = SIGALRM});
  }
  return out;
}

InitMachine::Actions InitMachine::timer_expired() {
  Actions out;
  switch (phase_) {
    case Phase::starting:
      start_stage(out);
      break;
    case Phase::stopping:
      say(InitNotice::not_terminated, stage_, out);
      out.add({.kind = Kind::signal, .pid = pid_, .number = SIGKILL});
      break;
    case Phase::pausing:
      say(InitNotice::restarting_run, stage_, out);
      enter(InitProgram::run, out);
      break;
    case Phase::asking:
      request(power_, out);
      break;
    case Phase::falling:
      request(PowerRequest::halt, out);
      break;
    case Phase::idle:
    case Phase::running:
    case Phase::leaving:
    case Phase::powering:
    case Phase::over:
      break;
  }
  return out;
}

void InitMachine::request(PowerRequest power, Actions& out) {
  phase_ = Phase::powering;
  power_ = power;
  switch (power) {
    case PowerRequest::restart:
      say(InitNotice::restart, stage_, out);
      break;
    case PowerRequest::power_off:
      say(InitNotice::power_off, stage_, out);
      break;
    case PowerRequest::halt:
      say(InitNotice::halt, stage_, out);
      break;
  }
  out.add({.kind = Kind::request_power, .power = power});
}

InitMachine::Actions InitMachine::everything_killed(bool restart_file) {
  Actions out;
  request(restart_file ? PowerRequest::restart : PowerRequest::power_off, out);
  return out;
}

InitMachine::Actions InitMachine::power_failed() {
  Actions out;
  if (phase_ != Phase::powering) return out;
  if (power_ == PowerRequest::power_off) {
    phase_ = Phase::falling;
    out.add({.kind = Kind::arm_timer, .delay = kPowerOffGrace});
  } else {
    phase_ = Phase::over;
  }
  return out;
}

InitMachine::Actions InitMachine::power_unavailable() {
  Actions out;
  phase_ = Phase::asking;
  out.add({.kind = Kind::arm_timer, .delay = kForkPause});
  return out;
}

}  // namespace runvisor::core
