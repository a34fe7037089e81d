// What can happen to a world, and when two worlds are the same.

#include <fmt/format.h>

#include <algorithm>
#include <csignal>

#include "world.hpp"

namespace runvisor::model {

using core::Action;

namespace {

/// All differences of time in a walk are multiples of this.
constexpr std::chrono::milliseconds kTick{500};
/// From here on a time that has passed makes no difference any more.
constexpr int kLongAgo = 2;

/// How a child can end, as far as anybody tells the difference: well, badly, by a signal with a core.
constexpr std::array<std::pair<int, int>, 3> kEnds{{{0, 0}, {111, 0}, {-1, 0x80 | SIGSEGV}}};

std::string_view name(Role role) { return role == Role::log ? "log" : "service"; }

std::uint8_t ticks(SteadyTime::duration time) {
  const auto count = (time + kTick - SteadyTime::duration{1}) / kTick;
  return static_cast<std::uint8_t>(std::clamp<std::int64_t>(count, -1, kLongAgo) + 1);
}

}  // namespace

std::string describe(const Event& event) {
  const std::string_view who = name(event.role);
  switch (event.kind) {
    case Event::Kind::begin:
      return fmt::format("{} begins", who);
    case Event::Kind::attach_log:
      return fmt::format("log appears, {}", event.want == Want::up ? "wanted up" : "with a down file");
    case Event::Kind::command:
      return fmt::format("{} is told {}", who, core::info(event.command).word);
    case Event::Kind::process_ended:
      return fmt::format("{}'s process ends ({} {}){}", who, event.exit_code, event.status,
                         event.left_over ? ", something is left over" : "");
    case Event::Kind::hook_ended:
      return fmt::format("{}'s hook ends ({} {})", who, event.exit_code, event.status);
    case Event::Kind::start_succeeds:
      return fmt::format("{}'s start succeeds", who);
    case Event::Kind::start_fails:
      return fmt::format("{}'s start fails", who);
    case Event::Kind::timer_expires:
      return fmt::format("{}'s timer expires", who);
    case Event::Kind::timer_misfires:
      return fmt::format("{}'s timer misfires", who);
    case Event::Kind::time_passes:
      return fmt::format("{} ms pass", event.time.count());
    case Event::Kind::turn_ends:
      return "the turn ends";
    case Event::Kind::supervisor_dies:
      return fmt::format("the supervisor dies, {} down file", event.want == Want::up ? "no" : "with a");
  }
  return "";
}

std::vector<Event> World::events(const Bounds& bounds) const {
  std::vector<Event> out;
  if (left_) {
    out.push_back({.kind = Event::Kind::turn_ends});
    return out;
  }
  const Side& service = side(Role::service);
  const Side& log = side(Role::log);
  const bool log_must_begin = has_log_ && !log.begun;
  if (bounds.log_appears && service.begun && !has_log_ && !log.asked && !closing_) {
    for (const Want want : {Want::up, Want::down}) {
      out.push_back({.kind = Event::Kind::attach_log, .role = Role::log, .want = want});
    }
  }
  // The answer comes before anything else; but the log may appear while the service is being started.
  if (log_must_begin) {
    out.push_back({.kind = Event::Kind::begin, .role = Role::log});
    return out;
  }
  for (const Role role : {Role::log, Role::service}) {
    if (!side(role).asked) continue;
    out.push_back({.kind = Event::Kind::start_succeeds, .role = role});
    out.push_back({.kind = Event::Kind::start_fails, .role = role});
    return out;
  }
  if (!service.begun) {
    out.push_back({.kind = Event::Kind::begin});
    return out;
  }
  add_events(Role::service, bounds, out);
  if (has_log_) add_events(Role::log, bounds, out);
  out.push_back({.kind = Event::Kind::time_passes, .time = kTick});
  out.push_back({.kind = Event::Kind::turn_ends});
  if (bounds.supervisor_dies) {
    for (const Want want : {Want::up, Want::down}) {
      out.push_back({.kind = Event::Kind::supervisor_dies, .want = want});
    }
  }
  return out;
}

void World::add_events(Role role, const Bounds& bounds, std::vector<Event>& out) const {
  const Side& that = side(role);
  const bool is_log = role == Role::log;
  if (that.waiting.size() < bounds.queue) {
    for (const Command command : is_log ? bounds.log_commands : bounds.service_commands) {
      out.push_back({.kind = Event::Kind::command, .role = role, .command = command});
    }
  }
  if (that.runs() && !is_log) {
    for (const auto& [exit_code, status] : kEnds) {
      for (const bool finish : {false, true}) {
        out.push_back({.kind = Event::Kind::process_ended,
                       .exit_code = exit_code,
                       .status = status,
                       .left_over = finish});
      }
    }
  } else if (that.process != 0) {
    // Neither the end of a finish nor that of a log service may lead to a finish.
    out.push_back({.kind = Event::Kind::process_ended, .role = role, .exit_code = 1, .left_over = true});
    if (that.drained) out.push_back({.kind = Event::Kind::process_ended, .role = role, .exit_code = 1});
  }
  if (that.hook != 0) {
    for (const auto& [exit_code, status] : kEnds) {
      out.push_back({.kind = Event::Kind::hook_ended,
                     .role = role,
                     .exit_code = exit_code,
                     .status = status,
                     .left_over = true});
    }
  }
  if (that.timer) out.push_back({.kind = Event::Kind::timer_expires, .role = role});
  out.push_back({.kind = Event::Kind::timer_misfires, .role = role});
}

Key World::key() const {
  Key key{};
  std::size_t size = 0;
  const auto put = [&](auto value) { key.at(size++) = static_cast<std::uint8_t>(value); };
  const auto put_bits = [&](std::initializer_list<bool> bits) {
    unsigned value = 0;
    for (const bool bit : bits) value = value << 1 | static_cast<unsigned>(bit);
    put(value);
  };
  put_bits({has_log_, closing_, left_});
  for (const Role role : {Role::service, Role::log}) {
    if (role == Role::log && !has_log_) continue;
    const Side& that = side(role);
    const core::ProcessState& state = machine_.process(role).state();
    const core::StatusRecord& record = state.published;
    put_bits({that.begun, that.process != 0, that.is_finish, that.stopped, that.termed, that.hook != 0,
              that.once, that.drained});
    put_bits({record.pid != 0, record.paused, record.got_term, state.once, state.awaiting_answer,
              state.hook_pid != 0, that.finish_due.has_value(), that.starting});
    put(that.asked ? static_cast<int>(that.asked->kind) + 1 : 0);
    put(static_cast<unsigned>(that.then) << 4 | static_cast<unsigned>(state.hook_step));
    put(that.then == Then::nothing_runs ? 0 : static_cast<int>(that.hook_command));
    put(state.hook_step == core::HookStep::none ? 0 : static_cast<int>(state.hook));
    put(static_cast<unsigned>(that.want) << 4 | static_cast<unsigned>(record.want) << 2 |
        static_cast<unsigned>(record.state));
    put(that.finish_due ? that.finish_due->status + that.finish_due->exit_code + 1 : 0);
    put(state.run_end.status + state.run_end.exit_code + 1);
    // The start matters until run has ended and gone down.
    const bool down = that.process == 0 && !that.finish_due;
    put(down ? 0 : ticks(now_ - that.started));
    put(down ? 0 : ticks(now_ - state.started));
    put(ticks(std::max(that.earliest - now_, SteadyTime::duration{})));
    put(ticks(std::max(state.not_before - now_, SteadyTime::duration{})));
    put(that.timer ? ticks(*that.timer - now_) + 1 : 0);
    put(state.timer ? ticks(*state.timer - now_) + 1 : 0);
    put(static_cast<unsigned>(that.drain_starts) << 4 | state.drain_starts);
    put(state.queue.size());
    for (const Command command : state.queue) put(command);
  }
  return key;
}

bool World::will_exit() const noexcept {
  if (closing_) return true;
  Want want = side(Role::service).want;
  for (const Command command : side(Role::service).waiting) {
    if (command == Command::exit) want = Want::exit;
    if (command == Command::up) want = Want::up;
    if (command == Command::down || command == Command::once) want = Want::down;
  }
  return want == Want::exit;
}

bool World::will_be_up(Role role) const noexcept {
  const Side& that = side(role);
  return that.begun && that.want == Want::up && that.waiting.empty() && !closing_;
}

bool World::runs(Role role) const noexcept { return side(role).runs(); }

World::Awaited World::awaited() const noexcept {
  Awaited bits = 0;
  for (std::size_t i = 0; i < sides_.size(); ++i) {
    const Side& that = sides_.at(i);
    const unsigned of_side = unsigned{that.process != 0} | unsigned{that.hook != 0} << 1 |
                             unsigned{that.asked.has_value()} << 2 | unsigned{that.timer.has_value()} << 3 |
                             unsigned{!that.begun && (i == 0 || has_log_)} << 4;
    bits = static_cast<Awaited>(bits | of_side << (5 * i));
  }
  return bits;
}

World::Awaited World::fulfils(const Event& event) const noexcept {
  const auto bit = [&event](unsigned which) {
    return static_cast<Awaited>(1U << (which + (event.role == Role::log ? 5 : 0)));
  };
  switch (event.kind) {
    case Event::Kind::process_ended:
      return bit(0);
    case Event::Kind::hook_ended:
      return bit(1);
    case Event::Kind::start_succeeds:
      return bit(2);
    case Event::Kind::start_fails:
      // There is no such hook: that is for ever. A fork fails for a while only.
      return side(event.role).asked->kind == Action::Kind::run_hook ? bit(2) : Awaited{0};
    case Event::Kind::timer_expires:
      return bit(3);
    case Event::Kind::begin:
      return bit(4);
    case Event::Kind::attach_log:
    case Event::Kind::command:
    case Event::Kind::timer_misfires:
    case Event::Kind::time_passes:
    case Event::Kind::turn_ends:
    case Event::Kind::supervisor_dies:
      return 0;
  }
  return 0;
}

}  // namespace runvisor::model
