#include "log_collector.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <climits>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "core/container_log.hpp"
#include "sys/descriptor_passing.hpp"

namespace runvisor::container_init {
namespace {

constexpr std::string_view kProgram = "/my_init-log";
/// The socket's number in the other programs. Source: log_main.cpp.
constexpr int kSocket = 3;
/// How soon a process that does not live is started again.
constexpr std::chrono::seconds kPause{1};

/// The folder that this program has been started from, symlinks resolved; empty if that cannot be told.
std::string own_folder() {
  std::array<char, PATH_MAX> path{};
  const ssize_t size = ::readlink("/proc/self/exe", path.data(), path.size());
  if (size <= 0) return {};
  const std::string_view file(path.data(), static_cast<std::size_t>(size));
  return std::string(file.substr(0, file.rfind('/')));
}

/// Where an installed tree has it, wherever that tree has been put; or else where it was to be installed.
std::string find_program() {
  for (std::string folder : {own_folder() + "/" RUNVISOR_LOG_FROM_BIN, std::string(RUNVISOR_LOG_DIR)}) {
    folder += kProgram;
    if (::access(folder.c_str(), X_OK) == 0) return folder;
  }
  return {};
}

struct Ends {
  sys::Fd ours;
  sys::Fd theirs;
};

sys::Result<Ends> make_socket() {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) == -1) return sys::last_error();
  return Ends{sys::Fd{ends[0]}, sys::Fd{ends[1]}};
}

}  // namespace

LogCollector::LogCollector(sys::System& system, event::Loop& loop, event::Reaper& reaper,
                           std::function<void(const std::string&, sys::Error)> warn)
    : system_(system), loop_(loop), reaper_(reaper), warn_(std::move(warn)), restart_(loop, [this] {
        if (const auto started = start(); !started) {
          warn_("Unable to collect the services' output", started.error());
          restart_.arm(system_.now().steady + kPause);
        }
      }) {}

LogCollector::~LogCollector() { reaper_.forget(*this); }

sys::Result<void> LogCollector::open(const char* format, const sigset_t& mask) {
  program_ = find_program();
  if (program_.empty()) return sys::Error{ENOENT};
  format_ = format;
  mask_ = mask;
  auto socket = make_socket();
  if (!socket) return socket.error();
  if (const auto begun = start(); !begun) return begun.error();
  for_supervisor_ = std::move(socket->theirs);
  from_services_.emplace(loop_, std::move(socket->ours), [this] { receive_stream(); });
  from_services_->wait();
  return {};
}

sys::Result<void> LogCollector::start() {
  auto socket = make_socket();
  if (!socket) return socket.error();
  const char* const argv[] = {program_.c_str(), "collect", format_, nullptr};
  const std::array<sys::Handover, 1> handover{{{socket->theirs.get(), kSocket}}};
  const auto pid = system_.spawn({.who = "*** ",
                                  .failure = "Unable to collect the services' output",
                                  .path = program_.c_str(),
                                  .argv = argv,
                                  .handovers = handover,
                                  .signal_mask = &mask_});
  if (!pid) return pid.error();
  reaper_.watch(*pid, *this);
  last_start_ = system_.now().steady;
  // Whatever the one before had is this one's now.
  unsent_.clear();
  for (const auto& [id, stream] : streams_) unsent_.push_back(id);
  is_ready_ = false;
  process_.emplace(loop_, std::move(socket->ours), [this] { receive_answer(); });
  process_->wait();
  return {};
}

void LogCollector::child_ended(const core::ChildEnd& end) {
  process_.reset();
  if (is_abandoned_) return;
  // It leaves by itself when no stream is left, and none will come.
  if (!from_services_ && for_supervisor_.get() == -1 && end.exit_code == EXIT_SUCCESS) {
    streams_.clear();
    return;
  }
  restart_.arm(std::max(system_.now().steady, last_start_ + kPause));
}

void LogCollector::receive_stream() {
  auto received = sys::receive_descriptor(from_services_->fd());
  if (received && !received->message.empty()) {
    streams_.emplace(++last_id_, Stream{std::move(received->message), std::move(received->descriptor)});
    unsent_.push_back(last_id_);
  } else if (!received && sys::number(received.error()) == EPIPE) {
    from_services_.reset();
  }
  if (from_services_) from_services_->wait();
  send_next();
}

void LogCollector::receive_answer() {
  std::array<char, 32> bytes{};
  const ssize_t size = ::recv(process_->fd(), bytes.data(), bytes.size(), MSG_DONTWAIT);
  if (size == 0 || (size == -1 && errno != EAGAIN && errno != EINTR)) {
    // It has ended, or is about to: its end is told otherwise.
    process_.reset();
    return;
  }
  if (size > 0) {
    const auto answer = core::parse_collector_answer({bytes.data(), static_cast<std::size_t>(size)});
    if (answer && answer->ended) streams_.erase(*answer->ended);
    if (answer && !answer->ended) is_ready_ = true;
  }
  process_->wait();
  send_next();
}

void LogCollector::send_next() {
  if (!process_) return;
  while (is_ready_ && !unsent_.empty()) {
    const auto next = streams_.find(unsent_.front());
    unsent_.pop_front();
    if (next == streams_.end()) continue;
    const std::string message = core::stream_announcement(next->first, next->second.message);
    is_ready_ = false;
    // One that is not sent, since the process has just gone, is sent to the next.
    (void)sys::send_descriptor(process_->fd(), message, next->second.pipe.get());
  }
  // It may leave when all that it has been given has ended.
  if (!from_services_ && unsent_.empty()) ::shutdown(process_->fd(), SHUT_WR);
}

std::vector<const char*> LogCollector::prefix() const { return {program_.c_str(), "start"}; }

sys::Handover LogCollector::handover() const noexcept { return {for_supervisor_.get(), kSocket}; }

}  // namespace runvisor::container_init
