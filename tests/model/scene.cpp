#include "scene.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <utility>

namespace runvisor::model {

using core::Action;
using core::ActionList;
using core::Role;
using core::SteadyTime;

namespace {

/// The scene begins at this time; it is not the clock's zero.
constexpr std::chrono::hours kBegin{1};

std::string_view name_of(int signal) {
  switch (signal) {
    case SIGTERM:
      return "TERM";
    case SIGCONT:
      return "CONT";
    case SIGSTOP:
      return "STOP";
    case SIGKILL:
      return "KILL";
    case SIGHUP:
      return "HUP";
    case SIGALRM:
      return "ALRM";
    case SIGINT:
      return "INT";
    case SIGQUIT:
      return "QUIT";
    case SIGUSR1:
      return "USR1";
    case SIGUSR2:
      return "USR2";
    default:
      return "a signal that runsv never sends";
  }
}

}  // namespace

Scene::Scene(Setup setup)
    : machine_(setup.service, setup.log, {SteadyTime{kBegin}, {}}), setup_(std::move(setup)) {
  for (const Role role : {Role::log, Role::service}) {
    if (role == Role::log && !setup_.log) continue;
    perform(role, machine_.process(role).begin(now()));
  }
  end_turn();
}

core::Now Scene::now() const {
  return {SteadyTime{kBegin + time_},
          core::WallTime{std::chrono::duration_cast<std::chrono::nanoseconds>(time_)}};
}

void Scene::tell(std::string_view bytes, Role role) {
  for (const char byte : bytes) {
    if (const auto command = core::command_from_byte(byte)) {
      perform(role, machine_.command(role, *command, now()));
    }
  }
  end_turn();
}

void Scene::ends(int exit_code, int status, Role role) {
  core::ProcessMachine& process = machine_.process(role);
  const auto pid = static_cast<pid_t>(process.record().pid);
  const bool left_over = role == Role::log ? setup_.input_left : setup_.finish;
  perform(role, process.child_ended({pid, exit_code, status}, left_over, now()));
  end_turn();
}

void Scene::hook_ends(int exit_code, int status) {
  core::ProcessMachine& process = machine_.process(Role::service);
  perform(Role::service,
          process.child_ended({process.state().hook_pid, exit_code, status}, setup_.finish, now()));
  end_turn();
}

void Scene::pass(std::chrono::milliseconds time) {
  const std::chrono::milliseconds end = time_ + time;
  while (true) {
    std::optional<Role> next;
    std::chrono::milliseconds at = end;
    for (const Role role : {Role::service, Role::log}) {
      if (role == Role::log && !machine_.has_log()) continue;
      const auto& timer = machine_.process(role).state().timer;
      if (!timer) continue;
      const auto due =
          std::chrono::duration_cast<std::chrono::milliseconds>(timer->time_since_epoch() - kBegin);
      if (due > at) continue;
      next = role;
      at = due;
    }
    time_ = std::max(time_, at);
    if (!next) return;
    perform(*next, machine_.process(*next).timer_expired(now()));
    end_turn();
  }
}

void Scene::attach_log(core::Want want) {
  machine_.attach_log(want, now());
  perform(Role::log, machine_.process(Role::log).begin(now()));
  end_turn();
}

void Scene::perform(Role role, ActionList actions) {
  for (std::optional<ActionList> answer = actions; answer;) {
    const ActionList current = *answer;
    answer.reset();
    for (const Action& action : current) answer = carry_out(role, action);
  }
}

std::optional<ActionList> Scene::carry_out(Role role, const Action& action) {
  core::ProcessMachine& process = machine_.process(role);
  switch (action.kind) {
    case Action::Kind::arm_timer:
    case Action::Kind::disarm_timer:
      return std::nullopt;
    case Action::Kind::send_signal:
      note(role, name_of(action.signal));
      return std::nullopt;
    case Action::Kind::run_hook:
      if (setup_.hooks.find(static_cast<char>(action.hook)) == std::string_view::npos) {
        return process.start_failed(now());
      }
      note(role, fmt::format("hook {}", static_cast<char>(action.hook)));
      return process.started(next_pid_++, now());
    case Action::Kind::start_run:
    case Action::Kind::start_finish:
      if (forks_fail_) {
        note(role, "fork fails");
        return process.start_failed(now());
      }
      note(role, action.kind == Action::Kind::start_run
                     ? "run"
                     : fmt::format("finish {} {}", action.end.exit_code, action.end.status));
      return process.started(next_pid_++, now());
  }
  return std::nullopt;
}

void Scene::end_turn() {
  switch (machine_.close_down()) {
    case core::ServiceMachine::Duty::none:
      return;
    case core::ServiceMachine::Duty::close_log_pipe:
      note(Role::service, "close pipe");
      return;
    case core::ServiceMachine::Duty::leave:
      note(Role::service, "leave");
      return;
  }
}

void Scene::note(Role role, std::string_view what) {
  if (!done_.empty()) done_ += ", ";
  if (role == Role::log) done_ += "log ";
  done_ += what;
}

std::string Scene::done() { return std::exchange(done_, {}); }

std::string Scene::stat(Role role) const {
  std::string line = core::stat_line(record(role));
  line.pop_back();
  return line;
}

const core::StatusRecord& Scene::record(Role role) const { return machine_.process(role).record(); }

std::chrono::milliseconds Scene::time() const { return time_; }

}  // namespace runvisor::model
