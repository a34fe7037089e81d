// What a process has to do, told from the commands it was given and from what was observed of its children.

#include <csignal>

#include "world.hpp"

namespace runvisor::model {

using core::Action;

namespace {

constexpr std::chrono::seconds kPause{1};

int signal_of(Command command) {
  switch (command) {
    case Command::up:
    case Command::once:
      return 0;
    case Command::down:
    case Command::exit:
    case Command::term:
      return SIGTERM;
    case Command::kill:
      return SIGKILL;
    case Command::pause:
      return SIGSTOP;
    case Command::cont:
      return SIGCONT;
    case Command::hangup:
      return SIGHUP;
    case Command::alarm:
      return SIGALRM;
    case Command::interrupt:
      return SIGINT;
    case Command::quit:
      return SIGQUIT;
    case Command::usr1:
      return SIGUSR1;
    case Command::usr2:
      return SIGUSR2;
  }
  return 0;
}

}  // namespace

/// Obeys what waits, in order, up to the first hook; then starts what is due.
void World::settle(Role role) {
  Side& that = side(role);
  while (!that.waits() && !that.waiting.empty()) {
    const Command next = that.waiting.front();
    that.waiting.erase(that.waiting.begin());
    obey(role, next);
  }
  if (that.waits() || !that.start_due() || now_ < that.earliest) return;
  if (that.finish_due) {
    expect_start(that, Action::Kind::start_finish);
  } else if (role == Role::service) {
    expect_hook(role, Command::up, Then::start_run);
  } else {
    expect_start(that, Action::Kind::start_run);
  }
}

void World::obey(Role role, Command command) {
  Side& that = side(role);
  const bool log_takes_no_exit = role == Role::log && command == Command::exit;
  if (log_takes_no_exit) return;
  // Once an exit has come true, nothing changes it any more.
  const bool has_left = that.want == Want::exit && that.process == 0 && !that.finish_due && !that.once;
  if (has_left) return;
  const bool stops = command == Command::down || command == Command::exit || command == Command::term;
  const bool sets_want = command == Command::up || command == Command::once || command == Command::down ||
                         command == Command::exit;
  if (sets_want && !that.drained) {
    if (command == Command::up) that.want = Want::up;
    if (command == Command::down || command == Command::once) that.want = Want::down;
    if (command == Command::exit) that.want = Want::exit;
    that.once = command == Command::once && that.process == 0 && !that.finish_due;
  }
  if (that.drained && command == Command::down) that.once = false;
  if (that.drained && (stops || command == Command::kill)) that.drain_starts = 0;
  if (!that.runs() || signal_of(command) == 0) return;
  expect_hook(role, stops ? Command::term : command, stops ? Then::stop : Then::send_signal);
}

void World::expect_start(Side& that, Action::Kind program) {
  that.starting = true;
  expected_.push_back({.kind = program});
}

/// A hook comes first; a log service has none.
void World::expect_hook(Role role, Command hook, Then then) {
  Side& that = side(role);
  that.then = then;
  that.hook_command = hook;
  if (role == Role::log) {
    hook_done(role, false);
  } else {
    expected_.push_back({.kind = Action::Kind::run_hook, .hook = hook});
  }
}

void World::hook_done(Role role, bool swallowed) {
  Side& that = side(role);
  const Then then = that.then;
  that.then = Then::nothing_runs;
  switch (then) {
    case Then::nothing_runs:
    case Then::go_on:
      return;
    case Then::start_run:
      expect_start(that, Action::Kind::start_run);
      return;
    case Then::send_signal:
      if (!swallowed) expect_signal(that, signal_of(that.hook_command));
      // The hook that says it has paused or continued the service is believed.
      if (swallowed && that.runs() && that.hook_command == Command::pause) that.stopped = true;
      if (swallowed && that.runs() && that.hook_command == Command::cont) that.stopped = false;
      return;
    case Then::stop:
      if (!swallowed) expect_signal(that, SIGTERM);
      if (that.want == Want::up) return;
      expect_signal(that, SIGCONT);
      expect_hook(role, that.want == Want::exit ? Command::exit : Command::down, Then::go_on);
      return;
  }
}

/// Nothing is sent to a process that has ended in the meantime, or that is a finish.
void World::expect_signal(Side& that, int signal) {
  if (that.runs()) expected_.push_back({.kind = Action::Kind::send_signal, .signal = signal});
}

void World::process_gone(Side& that, Role role, const Event& event) {
  const bool was_run = that.runs();
  that.process = 0;
  that.is_finish = that.stopped = that.termed = false;
  if (was_run && role == Role::service && event.left_over) {
    that.finish_due = core::ChildEnd{.pid = 0, .exit_code = event.exit_code, .status = event.status};
    that.earliest = now_;
    return;
  }
  that.since = wall_;
  that.earliest = now_ - that.started < kPause ? now_ + kPause : now_;
  if (that.drained && event.left_over && that.drain_starts > 0) {
    --that.drain_starts;
    that.once = true;
  }
}

}  // namespace runvisor::model
