#include "core/process_machine.hpp"

#include <csignal>
#include <utility>

namespace runvisor::core {

ProcessMachine::ProcessMachine(Role role, Want want, Now now) : role_(role) {
  state_.published.since = now.wall;
  state_.published.want = want;
  state_.not_before = now.steady;
}

ProcessMachine::ProcessMachine(Role role, ProcessState state) : role_(role), state_(std::move(state)) {}

ActionList ProcessMachine::begin(Now now) {
  ActionList out;
  settle(out, now);
  return out;
}

ActionList ProcessMachine::command(Command command, Now now) {
  ActionList out;
  state_.queue.push_back(command);
  settle(out, now);
  return out;
}

ActionList ProcessMachine::timer_expired(Now now) {
  ActionList out;
  state_.timer.reset();
  settle(out, now);
  return out;
}

ActionList ProcessMachine::child_ended(const ChildEnd& end, bool left_over, Now now) {
  ActionList out;
  if (state_.hook_step != HookStep::none && end.pid == state_.hook_pid) {
    hook_ended(end.exit_code == 0, out);
  } else if (state_.published.pid != 0 && std::cmp_equal(state_.published.pid, end.pid)) {
    state_.published.pid = 0;
    state_.published.paused = false;
    state_.published.got_term = false;
    if (state_.published.state == State::run && role_ == Role::service && left_over) {
      state_.published.state = State::finish;
      state_.run_end = end;
      state_.not_before = now.steady;
    } else {
      go_down(now);
      if (draining() && left_over && state_.drain_starts > 0) {
        --state_.drain_starts;
        state_.once = true;
      }
    }
  }
  settle(out, now);
  return out;
}

ActionList ProcessMachine::started(pid_t pid, Now now) {
  ActionList out;
  state_.awaiting_answer = false;
  if (state_.hook_step != HookStep::none) {
    state_.hook_pid = pid;
    return out;
  }
  if (state_.published.state == State::down) {
    state_.published.state = State::run;
    state_.published.since = now.wall;
    state_.started = now.steady;
    state_.once = false;
  }
  state_.published.pid = static_cast<std::uint32_t>(pid);
  settle(out, now);
  return out;
}

ActionList ProcessMachine::start_failed(Now now) {
  ActionList out;
  state_.awaiting_answer = false;
  if (state_.hook_step != HookStep::none) {
    hook_ended(false, out);
  } else {
    state_.not_before = now.steady + kRestartPause;
  }
  settle(out, now);
  return out;
}

void ProcessMachine::drain() {
  state_.published.want = Want::exit;
  state_.once = false;
  state_.drain_starts = kDrainStarts;
}

bool ProcessMachine::owns(pid_t pid) const noexcept {
  return pid != 0 && (std::cmp_equal(state_.published.pid, pid) || state_.hook_pid == pid);
}

bool ProcessMachine::exited() const noexcept {
  return state_.published.want == Want::exit && state_.published.state == State::down && !state_.once &&
         !busy();
}

/// Obeys what has been queued and then does what the state calls for, until something has to be waited for.
void ProcessMachine::settle(ActionList& out, Now now) {
  while (!busy() && !state_.queue.empty()) {
    const Command next = state_.queue.front();
    state_.queue.erase(state_.queue.begin());
    obey(next, out);
  }
  if (!busy()) advance(out, now);
}

void ProcessMachine::obey(Command command, ActionList& out) {
  // There is no way back from having left.
  if (exited()) return;
  const bool stops = command == Command::down || command == Command::term || command == Command::kill;
  // Whoever ends a log service that drains does not want it back.
  if (draining() && stops) state_.drain_starts = 0;
  switch (command) {
    case Command::up:
      if (draining()) return;
      state_.published.want = Want::up;
      state_.once = false;
      return;
    case Command::once:
      if (draining()) return;
      state_.published.want = Want::down;
      state_.once = state_.published.state == State::down;
      return;
    case Command::down:
      if (!draining()) state_.published.want = Want::down;
      state_.once = false;
      stop(out);
      return;
    case Command::exit:
      if (role_ == Role::log) return;
      state_.published.want = Want::exit;
      state_.once = false;
      stop(out);
      return;
    case Command::term:
      stop(out);
      return;
    case Command::kill:
    case Command::pause:
    case Command::cont:
    case Command::hangup:
    case Command::alarm:
    case Command::interrupt:
    case Command::quit:
    case Command::usr1:
    case Command::usr2:
      if (running()) run_hook(command, HookStep::instead, out);
      return;
  }
}

void ProcessMachine::stop(ActionList& out) {
  if (running()) run_hook(Command::term, HookStep::instead_term, out);
}

void ProcessMachine::run_hook(Command hook, HookStep step, ActionList& out) {
  state_.hook = hook;
  state_.hook_step = step;
  state_.hook_pid = 0;
  if (role_ == Role::log) {
    hook_ended(false, out);
    return;
  }
  ask({.kind = Action::Kind::run_hook, .hook = hook, .pid = static_cast<pid_t>(state_.published.pid)}, out);
}

void ProcessMachine::hook_ended(bool swallowed, ActionList& out) {
  const HookStep step = std::exchange(state_.hook_step, HookStep::none);
  state_.hook_pid = 0;
  switch (step) {
    case HookStep::none:
    case HookStep::after_stop:
      return;
    case HookStep::before_run:
      ask({.kind = Action::Kind::start_run}, out);
      return;
    case HookStep::instead:
      if (!swallowed) signal(state_.hook, out);
      // A hook that takes the signal's place pauses or continues the service in its own way.
      if (running() && state_.hook == Command::pause) state_.published.paused = true;
      if (running() && state_.hook == Command::cont) state_.published.paused = false;
      return;
    case HookStep::instead_term:
      after_term_hook(swallowed, out);
      return;
  }
}

void ProcessMachine::after_term_hook(bool swallowed, ActionList& out) {
  if (!swallowed && running()) {
    signal(Command::term, out);
    state_.published.got_term = true;
  }
  if (state_.published.want == Want::up) return;
  signal(Command::cont, out);
  state_.published.paused = false;
  run_hook(state_.published.want == Want::exit ? Command::exit : Command::down, HookStep::after_stop, out);
}

void ProcessMachine::signal(Command command, ActionList& out) {
  if (!running()) return;
  out.push({.kind = Action::Kind::send_signal,
            .signal = info(command).signal,
            .pid = static_cast<pid_t>(state_.published.pid)});
}

void ProcessMachine::go_down(Now now) {
  state_.published.state = State::down;
  state_.published.since = now.wall;
  state_.run_end = {};
  const bool ended_at_once = now.steady < state_.started + kRestartPause;
  state_.not_before = ended_at_once ? now.steady + kRestartPause : now.steady;
}

/// Starts what is due, or arms the timer for it.
void ProcessMachine::advance(ActionList& out, Now now) {
  const bool finish_due = state_.published.state == State::finish && state_.published.pid == 0;
  const bool due = finish_due || run_due();
  if (due && now.steady < state_.not_before) {
    if (state_.timer == state_.not_before) return;
    state_.timer = state_.not_before;
    out.push({.kind = Action::Kind::arm_timer, .at = state_.not_before});
    return;
  }
  if (state_.timer) {
    state_.timer.reset();
    out.push({.kind = Action::Kind::disarm_timer});
  }
  if (!due) return;
  if (finish_due) {
    ask({.kind = Action::Kind::start_finish, .end = state_.run_end}, out);
  } else if (role_ == Role::service) {
    run_hook(Command::up, HookStep::before_run, out);
  } else {
    ask({.kind = Action::Kind::start_run}, out);
  }
}

void ProcessMachine::ask(const Action& action, ActionList& out) {
  state_.awaiting_answer = true;
  out.push(action);
}

}  // namespace runvisor::core
