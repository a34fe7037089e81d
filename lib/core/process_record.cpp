#include "core/process_record.hpp"

#include <fmt/compile.h>

#include <algorithm>
#include <charconv>
#include <limits>

namespace runvisor::core {
namespace {

constexpr std::string_view kVersion = "1";

std::string_view word(Role role) noexcept { return role == Role::log ? "log" : "service"; }

std::string_view word(State state) noexcept {
  switch (state) {
    case State::down:
      return "down";
    case State::run:
      return "run";
    case State::finish:
      return "finish";
  }
  return "";
}

std::string_view word(Want want) noexcept {
  switch (want) {
    case Want::up:
      return "up";
    case Want::down:
      return "down";
    case Want::exit:
      return "exit";
  }
  return "";
}

/// Takes a line apart, word by word.
class Words {
 public:
  explicit Words(std::string_view text) noexcept : rest_(text) {}

  std::string_view next() noexcept {
    const std::size_t end = std::min(rest_.find(' '), rest_.size());
    const std::string_view found = rest_.substr(0, end);
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    return found;
  }

  template <typename Number>
  bool take(Number& number, Number least, Number most) noexcept {
    const std::string_view text = next();
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc{} && end == text.data() + text.size() && number >= least && number <= most;
  }

  template <typename Enum>
  bool take(Enum& value, std::initializer_list<Enum> all) noexcept {
    const std::string_view text = next();
    const auto* const found =
        std::find_if(all.begin(), all.end(), [text](Enum one) { return word(one) == text; });
    if (found != all.end()) value = *found;
    return found != all.end();
  }

  bool take(std::chrono::nanoseconds& time) noexcept {
    std::int64_t count = 0;
    const bool is_number = take<std::int64_t>(count, 0, std::numeric_limits<std::int64_t>::max());
    time = std::chrono::nanoseconds{count};
    return is_number;
  }

  /// `yes`, or a dash.
  bool take(bool& value, std::string_view yes) noexcept {
    const std::string_view text = next();
    value = text == yes;
    return value || text == "-";
  }

  [[nodiscard]] bool at_end() const noexcept { return rest_.empty(); }

 private:
  std::string_view rest_;
};

}  // namespace

std::string process_line(const ProcessRecord& record) {
  const StatusRecord& status = record.status;
  std::string line =
      fmt::format(FMT_COMPILE("{} {} {} {} {} {} {} {} {} {} {} {}"), kVersion, record.boot_id,
                  word(record.role), word(status.state), status.pid, record.birth.after.count(),
                  record.birth.before.count(), status.since.time_since_epoch().count(), word(status.want),
                  status.paused ? "paused" : "-", status.got_term ? "term" : "-", record.log_pipe);
  line.resize(kProcessLineSize - 1, ' ');
  line += '\n';
  return line;
}

std::optional<ProcessRecord> parse_process_record(std::string_view text) noexcept {
  if (text.size() != kProcessLineSize || text.back() != '\n') return std::nullopt;
  Words words(text.substr(0, text.find_last_not_of(" \n") + 1));
  if (words.next() != kVersion) return std::nullopt;
  ProcessRecord record;
  record.boot_id = words.next();
  if (record.boot_id.size() != kBootIdSize) return std::nullopt;
  StatusRecord& status = record.status;
  std::chrono::nanoseconds since{};
  constexpr auto kMostPid = static_cast<std::uint32_t>(std::numeric_limits<pid_t>::max());
  const bool is_whole =
      words.take(record.role, {Role::service, Role::log}) &&
      words.take(status.state, {State::down, State::run, State::finish}) &&
      words.take<std::uint32_t>(status.pid, 0, kMostPid) && words.take(record.birth.after) &&
      words.take(record.birth.before) && words.take(since) &&
      words.take(status.want, {Want::up, Want::down, Want::exit}) && words.take(status.paused, "paused") &&
      words.take(status.got_term, "term") &&
      words.take<std::uint64_t>(record.log_pipe, 0, std::numeric_limits<std::uint64_t>::max()) &&
      words.at_end();
  const bool is_possible = (status.state != State::down || status.pid == 0) &&
                           (record.role != Role::log || status.state != State::finish);
  if (!is_whole || !is_possible) return std::nullopt;
  status.since = WallTime{since};
  return record;
}

bool was_born(const Birth& birth, std::chrono::nanoseconds start) noexcept {
  return start + kStartTick > birth.after && start <= birth.before;
}

ProcessState resumed(const StatusRecord& record, SteadyTime started, Now now) {
  ProcessState state;
  state.published = record;
  state.started = started;
  state.not_before = now.steady;
  return state;
}

}  // namespace runvisor::core
