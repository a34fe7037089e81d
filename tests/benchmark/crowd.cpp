#include "crowd.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <stdexcept>
#include <system_error>

namespace runvisor::benchmark {
namespace {

constexpr int kEventTimeoutMs = 60'000;

[[noreturn]] void fail(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

}  // namespace

const char* init_script_word(Action action) noexcept {
  switch (action) {
    case Action::Down:
      return "stop";
    case Action::Up:
      return "start";
    case Action::Restart:
      return "restart";
  }
  return "";
}

Crowd::Crowd(const Peer& peer, const std::filesystem::path& base)
    : peer_(peer), base_(base), scan_(base / "scan") {
  std::filesystem::create_directories(scan_);
  std::filesystem::create_directories(base_ / "stock");
  const auto fifo = scan_ / "events";
  if (mkfifo(fifo.c_str(), 0600) != 0) {
    fail(fifo.string());
  }
  std::filesystem::create_symlink(fifo, base_ / "stock" / "events");
  // Opened for both ends: the services never wait for a reader, and no end of file is ever seen.
  events_ = open(fifo.c_str(), O_RDWR | O_CLOEXEC | O_NONBLOCK);
  if (events_ < 0) {
    fail(fifo.string());
  }
  fcntl(events_, F_SETPIPE_SZ, 1 << 20);
}

Crowd::~Crowd() { close(events_); }

std::filesystem::path Crowd::service_program(ServiceKind kind) const {
  const std::filesystem::path helpers = RUNVISOR_BENCHMARK_HELPERS;
  return helpers / (kind == ServiceKind::Dying ? "benchmark-service-dying" : "benchmark-service");
}

void Crowd::make_service(const std::filesystem::path& path, ServiceKind kind) const {
  std::filesystem::create_directory(path);
  std::filesystem::create_symlink(service_program(kind), path / "run");
}

void Crowd::add_services(int count, ServiceKind kind) {
  for (int service = 0; service < count; ++service) {
    services_.push_back((scan_ / fmt::format("service-{}", service)).string());
    make_service(services_.back(), kind);
  }
}

Clock::time_point Crowd::start() {
  const Command command = root_command();
  // Nothing has changed here lately: runit's runsvdir puts a directory off that has been changed within a
  // second.
  std::filesystem::last_write_time(scan_,
                                   std::filesystem::file_time_type::clock::now() - std::chrono::minutes{1});
  const auto before = Clock::now();
  root_ = start_command(command);
  return before;
}

Clock::time_point Crowd::await_start() {
  Clock::time_point last{};
  for (int started = 0; started < size(); ++started) {
    last = std::max(last, time_of(next_event(EventKind::Started)));
  }
  return last;
}

void Crowd::make_newcomer(const std::string& name) {
  make_service(base_ / "stock" / name, ServiceKind::Reporting);
}

void Crowd::connect(const std::filesystem::path& newcomer) const {
  std::filesystem::create_directory_symlink(newcomer, scan_ / newcomer.filename());
}

Clock::time_point Crowd::bring_in(const std::string& name) {
  const Command nudge = nudge_command();
  const auto before = Clock::now();
  connect(base_ / "stock" / name);
  services_.push_back((scan_ / name).string());
  if (!nudge.empty()) {
    nudge_ = start_command(nudge);
  }
  return before;
}

void Crowd::reap_nudge() {
  if (nudge_ != 0) {
    wait_for(nudge_);
    nudge_ = 0;
  }
}

void Crowd::flush() const { syncfs(events_); }

EventRecord Crowd::next_event() {
  for (;;) {
    EventRecord record{};
    if (read(events_, &record, sizeof record) == static_cast<ssize_t>(sizeof record)) {
      return record;
    }
    check_interrupted();
    pollfd wait{events_, POLLIN, 0};
    if (poll(&wait, 1, kEventTimeoutMs) == 0) {
      throw std::runtime_error(
          fmt::format("{}: no service reported within {} ms", peer_.name, kEventTimeoutMs));
    }
  }
}

EventRecord Crowd::next_event(EventKind kind) {
  EventRecord record = next_event();
  while (record.kind != kind) {
    record = next_event();
  }
  return record;
}

Clock::time_point Crowd::write_byte(int service, char byte) {
  const std::string fifo = service_path(service) + "/supervise/control";
  const int control = open(fifo.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC);
  if (control < 0) {
    fail(fifo);
  }
  const auto before = Clock::now();
  const bool written = write(control, &byte, 1) == 1;
  close(control);
  if (!written) {
    fail(fifo);
  }
  return before;
}

std::vector<pid_t> Crowd::supervisors() const {
  if (!traits_of(peer_.family).supervisor_per_service) {
    return {};
  }
  return children_of(root_);
}

pid_t Crowd::start_command(const Command& command) const {
  return spawn(command, base_ / "errors", peer_.programs);
}

Microseconds Crowd::run(const Command& command) const {
  const auto before = Clock::now();
  const int status = wait_for(start_command(command));
  const Microseconds duration = Clock::now() - before;
  if (status != 0) {
    throw std::runtime_error(
        fmt::format("{}: {} failed: wait status {}", peer_.name, command.front(), status));
  }
  return duration;
}

Clock::time_point Crowd::signal_root(int signal) const {
  const auto before = Clock::now();
  kill(root_, signal);
  return before;
}

std::unique_ptr<Crowd> make_crowd(const Peer& peer, const std::filesystem::path& base) {
  switch (peer.family) {
    case Family::Runvisor:
    case Family::Runit:
    case Family::Busybox:
      return make_runit_crowd(peer, base);
    case Family::S6:
    case Family::S6Ready:
      return make_s6_crowd(peer, base);
    case Family::Daemontools:
      return make_daemontools_crowd(peer, base);
    case Family::Supervisord:
      return make_supervisord_crowd(peer, base);
  }
  throw std::logic_error("a family without a crowd");
}

}  // namespace runvisor::benchmark
