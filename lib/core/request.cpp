#include "core/request.hpp"

#include <algorithm>

#include "core/command.hpp"

namespace runvisor::core {
namespace {

Effect if_so(bool taken) noexcept { return taken ? Effect::taken : Effect::none; }

Effect effect_of_up(const StatusRecord& now) noexcept {
  return now.want == Want::up && now.state == State::run && now.pid != 0 ? Effect::if_check_passes
                                                                         : Effect::none;
}

bool is_down(const StatusRecord& now) noexcept { return now.pid == 0 && now.state == State::down; }

Effect effect_of_end(const StatusRecord& before, const StatusRecord& now) noexcept {
  if (now.pid == 0) return if_so(now.want != Want::up);
  const bool started_since = now.since != before.since;
  return started_since && !now.got_term ? Effect::if_check_passes : Effect::none;
}

Effect effect_of_command(Command command, const StatusRecord& before, const StatusRecord& now) noexcept {
  switch (command) {
    case Command::up:
      return effect_of_up(now);
    case Command::down:
      return if_so(is_down(now) && now.want != Want::up);
    case Command::once:
      return if_so(now.want != Want::up && (now.pid != 0 || now.since != before.since));
    case Command::exit:
      return Effect::none;
    case Command::term:
    case Command::kill:
      return effect_of_end(before, now);
    case Command::pause:
      return if_so(now.pid == 0 || now.paused);
    case Command::cont:
      return if_so(now.pid == 0 || !now.paused);
    case Command::hangup:
    case Command::alarm:
    case Command::interrupt:
    case Command::quit:
    case Command::usr1:
    case Command::usr2:
      return Effect::taken;
  }
  return Effect::none;
}

}  // namespace

std::optional<Request> find_request(std::string_view word, Caller caller) noexcept {
  if (word.empty()) return std::nullopt;
  for (const Request& row : kRequests) {
    const bool whole =
        row.match == Match::whole || (row.task == Task::status && caller == Caller::init_script);
    if (whole ? row.word == word : row.word.front() == word.front()) return row;
  }
  return std::nullopt;
}

bool asks_for_exit(const Request& request) noexcept { return request.bytes == "x"; }

bool wanted_already(const Request& request, const StatusRecord& record) noexcept {
  if (request.bytes == "u") return record.want == Want::up;
  if (request.bytes == "d") return record.want != Want::up && record.got_term;
  return false;
}

bool is_settled(const ControlTrace& trace) noexcept {
  if (trace.unread != 0) return false;
  if (trace.written <= trace.created && trace.read <= trace.created) return true;
  if (trace.now - trace.written >= kQuietTime) return true;
  return trace.read >= trace.written && trace.published > trace.read;
}

bool shows_effect_already(const Request& request, const StatusRecord& before) noexcept {
  const bool about_want = request.bytes == "u" || request.bytes == "d" || request.bytes == "o";
  return about_want && effect_of(request, before, before) != Effect::none;
}

Effect effect_of(const Request& request, const StatusRecord& before, const StatusRecord& now) noexcept {
  if (request.task == Task::check) return now.want == Want::up ? effect_of_up(now) : if_so(is_down(now));
  Effect effect = Effect::taken;
  for (const char byte : request.bytes) {
    if (const auto command = command_from_byte(byte)) {
      effect = std::min(effect, effect_of_command(*command, before, now));
    }
  }
  return effect;
}

}  // namespace runvisor::core
