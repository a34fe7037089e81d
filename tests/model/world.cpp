#include "world.hpp"

#include <algorithm>
#include <csignal>
#include <utility>

#include "core/process_record.hpp"

namespace runvisor::model {

using core::Action;
using core::ActionList;
using core::ServiceMachine;
using core::State;

namespace {

constexpr std::chrono::seconds kPause{1};

}  // namespace

std::string_view sentence(Rule rule) {
  switch (rule) {
    case Rule::one_process:
      return "there are never two live processes of run and finish, nor two hooks";
    case Rule::signal_meets_run:
      return "a signal goes to the live run of its own role and to nothing else";
    case Rule::pid_is_observed:
      return "a pid is set by an answer, cleared by the end of its process, and by nothing else";
    case Rule::state_is_true:
      return "the published state tells which of its programs lives or is due";
    case Rule::want_is_true:
      return "the published want is that of the last command";
    case Rule::paused_is_true:
      return "paused is published exactly while run is stopped";
    case Rule::term_is_true:
      return "got TERM is published exactly from TERM to the end of run";
    case Rule::since_is_true:
      return "the published time is when run was started or the service went down";
    case Rule::pause_between_starts:
      return "nothing is started before the pause after a quick end or a failed fork is over";
    case Rule::start_is_wanted:
      return "run is started only when it is wanted";
    case Rule::finish_gets_the_end:
      return "finish is started once after each end of run, with its code and status";
    case Rule::hooks_belong_to_service:
      return "a hook is run for the service only, with the pid of its run";
    case Rule::timer_is_true:
      return "the timer is armed exactly while something is due in the future, for that time";
    case Rule::never_stuck:
      return "what is wanted up runs, is being started, or waits for a child or the timer";
    case Rule::queue_keeps_order:
      return "no command is lost or overtaken";
    case Rule::does_what_is_due:
      return "each event leads to the actions that the commands call for, each once and in order";
    case Rule::asks_last:
      return "an action that needs an answer is the last, and there is one at a time";
    case Rule::few_actions:
      return "an event leads to at most four actions";
    case Rule::closes_down_in_order:
      return "the log pipe is closed when the service has gone, and the end is told when all have gone";
    case Rule::exit_is_reached:
      return "once exit is wanted, every fair course of the world leads to the end";
    case Rule::up_is_reached:
      return "what is wanted up runs in the end in every fair course of the world";
  }
  return "";
}

World::World(Want service, std::optional<Want> log)
    : machine_(service, log, {SteadyTime{std::chrono::hours{1}}, {}}), has_log_(log.has_value()) {
  for (Side& that : sides_) that.earliest = now_;
  side(Role::service).want = service;
  if (log) side(Role::log).want = *log;
}

Rules World::apply(const Event& event) {
  broken_.reset();
  expected_.clear();
  wall_ += std::chrono::nanoseconds{1};
  switch (event.kind) {
    case Event::Kind::begin:
      side(event.role).begun = true;
      settle(event.role);
      play(event.role, machine_.process(event.role).begin(moment()));
      break;
    case Event::Kind::attach_log:
      machine_.attach_log(event.want, moment());
      has_log_ = true;
      side(Role::log).want = event.want;
      side(Role::log).since = wall_;
      break;
    case Event::Kind::command:
      if (event.role == Role::log || !closing_) {
        side(event.role).waiting.push_back(event.command);
        settle(event.role);
      }
      play(event.role, machine_.command(event.role, event.command, moment()));
      break;
    case Event::Kind::process_ended:
      end_process(event);
      break;
    case Event::Kind::hook_ended:
      end_hook(event);
      break;
    case Event::Kind::start_succeeds:
    case Event::Kind::start_fails:
      answer(event);
      break;
    case Event::Kind::timer_expires:
    case Event::Kind::timer_misfires:
      expire(event);
      break;
    case Event::Kind::time_passes:
      now_ += event.time;
      break;
    case Event::Kind::turn_ends:
      end_turn();
      break;
    case Event::Kind::supervisor_dies:
      replace_supervisor(event.want);
      break;
  }
  check(Role::service);
  if (has_log_) check(Role::log);
  return broken_;
}

void World::end_process(const Event& event) {
  Side& that = side(event.role);
  const pid_t pid = that.process;
  process_gone(that, event.role, event);
  settle(event.role);
  play(event.role, machine_.process(event.role)
                       .child_ended({.pid = pid, .exit_code = event.exit_code, .status = event.status},
                                    event.left_over, moment()));
}

void World::end_hook(const Event& event) {
  Side& that = side(event.role);
  const pid_t pid = std::exchange(that.hook, 0);
  hook_done(event.role, event.exit_code == 0);
  settle(event.role);
  play(event.role, machine_.process(event.role)
                       .child_ended({.pid = pid, .exit_code = event.exit_code, .status = event.status},
                                    event.left_over, moment()));
}

void World::answer(const Event& event) {
  Side& that = side(event.role);
  core::ProcessMachine& process = machine_.process(event.role);
  const Action::Kind kind = that.asked->kind;
  that.asked.reset();
  that.starting = false;
  if (event.kind == Event::Kind::start_fails) {
    if (kind == Action::Kind::run_hook) {
      hook_done(event.role, false);
    } else {
      that.earliest = now_ + kPause;
    }
    settle(event.role);
    play(event.role, process.start_failed(moment()));
    return;
  }
  const pid_t pid = next_pid_++;
  if (kind == Action::Kind::run_hook) {
    require(that.hook == 0, Rule::one_process);
    that.hook = pid;
  } else {
    require(that.process == 0, Rule::one_process);
    that.process = pid;
    that.is_finish = kind == Action::Kind::start_finish;
    that.finish_due.reset();
    if (!that.is_finish) {
      that.started = now_;
      that.since = wall_;
      that.once = false;
    }
    settle(event.role);
  }
  play(event.role, process.started(pid, moment()));
}

void World::expire(const Event& event) {
  Side& that = side(event.role);
  const std::optional<SteadyTime> due = std::exchange(that.timer, std::nullopt);
  if (event.kind == Event::Kind::timer_expires && due) now_ = std::max(now_, *due);
  settle(event.role);
  play(event.role, machine_.process(event.role).timer_expired(moment()));
}

bool World::service_gone() const noexcept {
  const Side& service = side(Role::service);
  return service.want == Want::exit && service.process == 0 && !service.finish_due && !service.waits();
}

void World::end_turn() {
  const bool log_lives = has_log_ && side(Role::log).process != 0;
  // A log service that waits for its next start is waited for: the pipe may still hold something for it.
  const bool log_due = has_log_ && side(Role::log).start_due();
  auto expected = ServiceMachine::Duty::none;
  if (!left_ && service_gone() && !log_due) {
    if (!log_lives) expected = ServiceMachine::Duty::leave;
    if (log_lives && !closing_) expected = ServiceMachine::Duty::close_log_pipe;
  }
  const ServiceMachine::Duty duty = machine_.close_down();
  require(duty == expected, Rule::closes_down_in_order);
  switch (duty) {
    case ServiceMachine::Duty::none:
      break;
    case ServiceMachine::Duty::close_log_pipe:
      closing_ = true;
      side(Role::log).drained = true;
      side(Role::log).want = Want::exit;
      side(Role::log).once = false;
      side(Role::log).drain_starts = 3;
      break;
    case ServiceMachine::Duty::leave:
      closing_ = left_ = true;
      for (const Side& that : sides_) {
        require(that.process == 0 && that.hook == 0, Rule::closes_down_in_order);
      }
      break;
  }
}

/// What lives goes on; hooks and waiting commands are lost. Nothing may be doubled, and all rules hold on.
void World::replace_supervisor(Want by_file) {
  std::array<std::optional<core::ProcessState>, 2> states;
  for (const Role role : {Role::service, Role::log}) {
    if (role == Role::log && !has_log_) continue;
    const core::StatusRecord record = machine_.process(role).record();
    Side next;
    next.earliest = now_;
    next.since = wall_;
    next.want = record.want == Want::down ? Want::down : by_file;
    if (const Side& that = side(role); that.process != 0) {
      next.process = that.process;
      next.is_finish = that.is_finish;
      next.stopped = that.stopped;
      next.termed = that.termed;
      next.since = that.since;
      // Of a finish only its own start is known.
      next.started = that.is_finish ? now_ : that.started;
      const bool is_draining = role == Role::log && that.want == Want::exit;
      if (!is_draining) next.want = that.want;
      core::ProcessState state = core::resumed(record, next.started, moment());
      state.published.want = next.want;
      states.at(role == Role::log ? 1 : 0) = std::move(state);
    }
    side(role) = next;
  }
  closing_ = false;
  machine_ = ServiceMachine(side(Role::service).want,
                            has_log_ ? std::optional(side(Role::log).want) : std::nullopt, moment());
  if (states[0]) machine_.resume(Role::service, std::move(*states[0]));
  if (states[1]) machine_.resume(Role::log, std::move(*states[1]));
}

void World::play(Role role, const ActionList& actions) {
  most_actions_ = std::max(most_actions_, actions.size());
  require(actions.size() <= 4, Rule::few_actions);
  auto expected = expected_.begin();
  for (const Action& action : actions) {
    require(!side(role).asked, Rule::asks_last);
    play(role, action);
    if (action.kind == Action::Kind::arm_timer || action.kind == Action::Kind::disarm_timer) continue;
    const bool due = expected != expected_.end() && expected->kind == action.kind &&
                     expected->hook == action.hook && expected->signal == action.signal;
    require(due, Rule::does_what_is_due);
    if (due) ++expected;
  }
  require(expected == expected_.end(), Rule::does_what_is_due);
}

void World::play(Role role, const Action& action) {
  Side& that = side(role);
  switch (action.kind) {
    case Action::Kind::start_run:
      require(that.process == 0 && !that.finish_due, Rule::one_process);
      require(now_ >= that.earliest, Rule::pause_between_starts);
      // A command given while `control/u` runs waits until run is started.
      require(that.want == Want::up || that.once, Rule::start_is_wanted);
      that.asked = action;
      return;
    case Action::Kind::start_finish:
      require(that.process == 0, Rule::one_process);
      require(now_ >= that.earliest, Rule::pause_between_starts);
      require(role == Role::service && that.finish_due &&
                  that.finish_due->exit_code == action.end.exit_code &&
                  that.finish_due->status == action.end.status,
              Rule::finish_gets_the_end);
      that.asked = action;
      return;
    case Action::Kind::run_hook:
      require(that.hook == 0, Rule::one_process);
      require(role == Role::service && action.pid == (that.runs() ? that.process : 0),
              Rule::hooks_belong_to_service);
      that.asked = action;
      return;
    case Action::Kind::send_signal:
      require(that.runs() && action.pid == that.process, Rule::signal_meets_run);
      if (action.signal == SIGSTOP) that.stopped = true;
      if (action.signal == SIGCONT) that.stopped = false;
      if (action.signal == SIGTERM) that.termed = true;
      return;
    case Action::Kind::arm_timer:
      require(that.timer != action.at, Rule::timer_is_true);
      that.timer = action.at;
      return;
    case Action::Kind::disarm_timer:
      require(that.timer.has_value(), Rule::timer_is_true);
      that.timer.reset();
      return;
  }
}

void World::check(Role role) {
  const Side& that = side(role);
  const core::ProcessMachine& process = machine_.process(role);
  const core::StatusRecord& record = process.record();
  const core::ProcessState& state = process.state();
  const State ended = that.finish_due ? State::finish : State::down;
  const State living = that.is_finish ? State::finish : State::run;

  require(std::cmp_equal(record.pid, that.process) && state.hook_pid == that.hook, Rule::pid_is_observed);
  require(process.owns(that.process) == (that.process != 0) && process.owns(that.hook) == (that.hook != 0) &&
              !process.owns(next_pid_),
          Rule::pid_is_observed);
  require(record.state == (that.process != 0 ? living : ended), Rule::state_is_true);
  require(record.want == that.want, Rule::want_is_true);
  require(record.paused == that.stopped, Rule::paused_is_true);
  require(record.got_term == that.termed, Rule::term_is_true);
  require(record.since == that.since, Rule::since_is_true);
  require(state.queue == that.waiting, Rule::queue_keeps_order);

  const bool timer_due = that.begun && !that.waits() && that.start_due();
  const auto due = timer_due ? std::optional(that.earliest) : std::nullopt;
  require(that.timer == due && state.timer == due, Rule::timer_is_true);
  const bool something_lives = that.process != 0 || that.hook != 0;
  const bool rests = that.want != Want::up && !that.once && !that.finish_due;
  require(!that.begun || rests || something_lives || that.asked || that.timer, Rule::never_stuck);
  require(that.waiting.empty() || that.waits(), Rule::never_stuck);
  if (role == Role::service) require(process.exited() == service_gone(), Rule::closes_down_in_order);
}

}  // namespace runvisor::model
