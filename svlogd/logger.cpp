#include "logger.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <climits>

#include "sys/output.hpp"

namespace runvisor::svlogd {
namespace {

/// Reads are at least so large: what a pipe holds.
constexpr std::size_t kReadSize = std::size_t{64} * 1024;

/// How often a processor that fails is started again after the input has ended.
constexpr int kLastTries = 5;

log::StampStyle stamp_style(int stamps) noexcept {
  switch (stamps) {
    case 0:
      return log::StampStyle::none;
    case 1:
      return log::StampStyle::tai64n;
    case 2:
      return log::StampStyle::utc_underscore;
    default:
      return log::StampStyle::utc_t;
  }
}

}  // namespace

Logger::Logger(sys::System& system, const cli::SvlogdInvocation& invocation)
    : system_(system),
      reporter_(system, invocation.verbose),
      settings_{stamp_style(invocation.stamps), invocation.line_size, {}},
      intake_(std::max(kReadSize, invocation.buffer_size), invocation.line_size) {
  if (invocation.replaces) replacement_.emplace(invocation.replace_by, invocation.replaced);
  for (const char* name : invocation.directories) {
    logs_.push_back(std::make_unique<LogDirectory>(system_, reporter_, settings_, name));
  }
}

int Logger::run() {
  if (const auto opened = signals_.open(); !opened) {
    reporter_.fatal({"unable to receive signals"}, opened.error());
    return cli::kSvlogdFailure;
  }
  settings_.child_mask = signals_.child_mask();
  if (!open_logs()) return cli::kSvlogdFailure;
  while (!finished()) {
    wait();
    if (failed_) return cli::kSvlogdFailure;
  }
  close_logs();
  return 0;
}

bool Logger::open_logs() {
  now_ = system_.now();
  bool any = false;
  for (const auto& log : logs_) any = log->open(now_) || any;
  if (!any) reporter_.fatal({"no functional log directories."});
  return any;
}

void Logger::close_logs() {
  for (const auto& log : logs_) log->close();
}

/// Waits until there is something to do, and does it.
void Logger::wait() {
  const bool reads = end_ == End::none && drained();
  std::array<pollfd, 2> awaited{{{signals_.fd(), POLLIN, 0}, {reads ? STDIN_FILENO : -1, POLLIN, 0}}};
  std::optional<core::SteadyTime> next;
  for (const auto& log : logs_) {
    const auto time = log->next_time();
    if (time && (!next || *time < *next)) next = time;
  }
  int timeout = -1;
  if (next) {
    // Rounded up: waking before the time would mean turning in circles until it comes.
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(*next - system_.now().steady).count();
    timeout = static_cast<int>(std::clamp<std::int64_t>(left, 0, INT_MAX));
  }
  const int ready = ::poll(awaited.data(), awaited.size(), timeout);
  now_ = system_.now();
  if (ready > 0 && awaited[0].revents != 0) receive_signals();
  if (next && now_.steady >= *next) {
    for (const auto& log : logs_) {
      if (log->is_open()) log->proceed(now_, alerts_);
    }
  }
  if (ready > 0 && awaited[1].revents != 0 && end_ == End::none && drained()) read_input();
  if (end_ != End::none && !input_finished_ && drained()) finish_input();
  write_alerts();
}

void Logger::receive_signals() {
  while (const auto signal = signals_.next()) {
    switch (*signal) {
      case SIGTERM:
        reporter_.info({"sigterm received."});
        if (end_ == End::none) end_ = End::signal;
        break;
      case SIGALRM:
        reporter_.info({"sigalarm received."});
        for (const auto& log : logs_) {
          if (log->is_open()) log->request_rotation();
        }
        drain();
        break;
      case SIGHUP:
        reporter_.info({"sighangup received."});
        close_logs();
        failed_ = !open_logs();
        drain();
        break;
      case SIGCHLD:
        reporter_.info({"sigchild received."});
        reap();
        break;
      default:
        break;
    }
  }
}

void Logger::reap() {
  while (const auto end = system_.reap()) {
    for (const auto& log : logs_) {
      if (log->child_ended(*end, now_)) break;
    }
  }
  // Some may have waited for their processor.
  drain();
}

void Logger::read_input() {
  const std::size_t held = intake_.held();
  if (read_some(SIZE_MAX)) hand_out(intake_.take(), held);
}

/// Reads once; false if that gave nothing.
bool Logger::read_some(std::size_t most) {
  const std::span<char> space = intake_.space();
  const auto count = system_.read(STDIN_FILENO, space.first(std::min(most, space.size())));
  if (!count) {
    // Somebody else has made it non-blocking, and read it empty.
    if (count.error() == sys::Error{EAGAIN}) return false;
    reporter_.warn({"unable to read standard input"}, count.error());
  }
  if (!count || *count == 0) {
    end_ = End::input;
    return false;
  }
  const std::span<char> received = intake_.received(*count);
  if (replacement_) replacement_->apply(received);
  return true;
}

/// Has all logs write what has been read and can be passed on.
void Logger::hand_out(std::string_view text, std::size_t held) {
  // The clock may step back; the stamps do not.
  last_time_ = std::max(last_time_, now_.wall);
  if (!text.empty()) {
    const std::string stamp = log::stamp(settings_.stamps, last_time_);
    // A line has the time at which its beginning was read.
    const std::string first_stamp = held > 0 ? log::stamp(settings_.stamps, held_since_) : stamp;
    const std::size_t first = held > 0 ? std::min(text.find('\n', held), text.size() - 1) + 1 : 0;
    for (const auto& log : logs_) {
      if (log->is_open()) log->take({text.substr(0, first), first_stamp}, {text.substr(first), stamp});
    }
    drain();
  }
  if (held == 0 || !text.empty()) held_since_ = last_time_;
}

void Logger::drain() {
  for (const auto& log : logs_) {
    if (log->is_open()) (void)log->drain(now_, alerts_);
  }
}

/// Reads the rest of the line that has been read in part, as far as it is there.
void Logger::complete_line() {
  constexpr std::size_t kMost = std::size_t{64} * 1024;
  for (std::size_t count = 0; count < kMost && drained(); ++count) {
    pollfd input{STDIN_FILENO, POLLIN, 0};
    const std::size_t held = intake_.held();
    if (::poll(&input, 1, 0) != 1 || !read_some(1)) return;
    hand_out(intake_.take(), held);
    if (intake_.held() == 0 && !intake_.within_line()) return;
  }
}

/// Writes what is left of the input, when there will be no more.
void Logger::finish_input() {
  if (end_ == End::signal && (intake_.held() > 0 || intake_.within_line())) complete_line();
  if (!drained()) return;
  const std::size_t held = intake_.held();
  hand_out(intake_.take_held(), held);
  if (intake_.within_line() && drained()) {
    // What follows, from another svlogd perhaps, is another line.
    intake_.end_line();
    for (const auto& log : logs_) {
      if (log->is_open()) log->take({}, {"\n", {}});
    }
    drain();
  }
  input_finished_ = intake_.held() == 0 && !intake_.within_line();
}

bool Logger::drained() const {
  return std::all_of(logs_.begin(), logs_.end(),
                     [](const auto& log) { return !log->is_open() || log->drained(); });
}

/// Whether everything has been written and processed.
bool Logger::finished() {
  if (!input_finished_ || !drained()) return false;
  return std::none_of(logs_.begin(), logs_.end(), [this](const auto& log) {
    const Processor& processor = log->processor();
    if (processor.running()) return true;
    // After a signal, the next svlogd will go on.
    return end_ == End::input && processor.wanted() && processor.backlog() > 0 &&
           processor.failures() < kLastTries;
  });
}

void Logger::write_alerts() {
  if (alerts_.empty()) return;
  [[maybe_unused]] const auto written = sys::write_all(STDERR_FILENO, alerts_.take());
}

}  // namespace runvisor::svlogd
