#include "log_sink.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <utility>
#include <vector>

#include "sys/descriptor_passing.hpp"
#include "sys/output.hpp"

namespace runvisor::container_init {
namespace {

/// The numbers of streams begin with one.
constexpr std::uint64_t kSocketTag = 0;

}  // namespace

sys::Result<void> LogSink::run() {
  // It ends when those have that write to it; what asks all processes to end is not for it. Neither is a
  // reader of its output that has gone.
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGPIPE}) ::signal(signal, SIG_IGN);
  auto poller = sys::Poller::create();
  if (!poller) return poller.error();
  ::fcntl(socket_.get(), F_SETFD, FD_CLOEXEC);
  if (const auto added = poller->add_readable(socket_.get(), kSocketTag); !added) return added.error();
  answer({});
  std::vector<std::uint32_t> ended;
  while (may_get_more_ || !sources_.empty()) {
    for (const auto tag : poller->wait(std::chrono::hours{1})) {
      if (tag == kSocketTag) {
        accept(*poller);
      } else if (const auto source = sources_.find(tag); source != sources_.end()) {
        if (!read(source->second)) ended.push_back(static_cast<std::uint32_t>(tag));
      }
    }
    (void)sys::write_all(STDOUT_FILENO, shown_);
    shown_.clear();
    // Not before its last line has been written is a stream over.
    for (const std::uint32_t id : std::exchange(ended, {})) {
      sources_.erase(id);
      answer({id});
    }
  }
  return {};
}

/// Whoever is told may have gone.
void LogSink::answer(const core::CollectorAnswer& answer) const {
  const std::string text = core::to_text(answer);
  (void)::send(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL);
}

void LogSink::accept(sys::Poller& poller) {
  auto received = sys::receive_descriptor(socket_.get());
  if (!received) {
    if (sys::number(received.error()) == EPIPE) {
      may_get_more_ = false;
      poller.remove(socket_.get());
    }
    return;
  }
  if (auto announced = core::parse_stream_announcement(received->message)) {
    Source source;
    source.stream = announced->stream;
    source.name = std::move(announced->name);
    source.pipe = std::move(received->descriptor);
    if (poller.add_readable(source.pipe.get(), announced->id)) {
      sources_.emplace(announced->id, std::move(source));
    }
  }
  answer({});
}

bool LogSink::read(Source& source) {
  std::array<char, 16384> buffer{};
  const ssize_t count = ::read(source.pipe.get(), buffer.data(), buffer.size());
  if (count == -1) return errno == EINTR || errno == EAGAIN;
  source.lines.add({buffer.data(), static_cast<std::size_t>(count)});
  while (const auto line = source.lines.take()) show(source, *line);
  if (count != 0) return true;
  if (const auto line = source.lines.take_last()) show(source, *line);
  return false;
}

void LogSink::show(Source& source, std::string_view line) {
  core::append_line(shown_, style_, std::chrono::system_clock::now(), source.name, source.stream, line);
}

}  // namespace runvisor::container_init
