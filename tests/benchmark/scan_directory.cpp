#include "scan_directory.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>
#include <system_error>

namespace runvisor::benchmark {
namespace {

constexpr int kEventTimeoutMs = 15'000;

[[noreturn]] void fail(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

}  // namespace

ScanDirectory::ScanDirectory(const Suite& suite, const std::filesystem::path& base)
    : suite_(suite), base_(base), scan_(base / "scan") {
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

ScanDirectory::~ScanDirectory() { close(events_); }

void ScanDirectory::make_service(const std::filesystem::path& path, ServiceKind kind) const {
  std::filesystem::create_directory(path);
  const std::filesystem::path helpers = RUNVISOR_BENCHMARK_HELPERS;
  const auto* program = kind == ServiceKind::Dying ? "benchmark-service-dying" : "benchmark-service";
  std::filesystem::create_symlink(helpers / program, path / "run");
}

void ScanDirectory::add_services(int count, ServiceKind kind) {
  for (int service = 0; service < count; ++service) {
    make_service(service_path(service), kind);
  }
}

std::filesystem::path ScanDirectory::stock_service(const std::string& name) {
  const auto path = base_ / "stock" / name;
  make_service(path, ServiceKind::Reporting);
  return path;
}

Clock::time_point ScanDirectory::link_in(const std::filesystem::path& service) {
  const auto before = Clock::now();
  std::filesystem::create_directory_symlink(service, scan_ / service.filename());
  return before;
}

Clock::time_point ScanDirectory::start() {
  const auto before = Clock::now();
  runsvdir_ =
      spawn({(suite_.programs / "runsvdir").string(), scan_.string()}, base_ / "errors", suite_.programs);
  return before;
}

void ScanDirectory::flush() const { syncfs(events_); }

EventRecord ScanDirectory::next_event() {
  for (;;) {
    EventRecord record{};
    if (read(events_, &record, sizeof record) == static_cast<ssize_t>(sizeof record)) {
      return record;
    }
    check_interrupted();
    pollfd wait{events_, POLLIN, 0};
    if (poll(&wait, 1, kEventTimeoutMs) == 0) {
      throw std::runtime_error(
          fmt::format("{}: no service reported within {} ms", suite_.name, kEventTimeoutMs));
    }
  }
}

EventRecord ScanDirectory::next_event(EventKind kind) {
  EventRecord record = next_event();
  while (record.kind != kind) {
    record = next_event();
  }
  return record;
}

Clock::time_point ScanDirectory::command(int service, char byte) {
  const auto fifo = service_path(service) / "supervise" / "control";
  const int control = open(fifo.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC);
  if (control < 0) {
    fail(fifo.string());
  }
  const auto before = Clock::now();
  const bool written = write(control, &byte, 1) == 1;
  close(control);
  if (!written) {
    fail(fifo.string());
  }
  return before;
}

std::filesystem::path ScanDirectory::service_path(int service) const {
  return scan_ / fmt::format("service-{}", service);
}

Microseconds ScanDirectory::run_sv(const std::vector<std::string>& arguments) const {
  std::vector<std::string> command{(suite_.programs / "sv").string()};
  command.insert(command.end(), arguments.begin(), arguments.end());
  const auto before = Clock::now();
  const int status = wait_for(spawn(command, base_ / "errors"));
  const Microseconds duration = Clock::now() - before;
  if (status != 0) {
    throw std::runtime_error(
        fmt::format("{}: sv {} failed: wait status {}", suite_.name, arguments.front(), status));
  }
  return duration;
}

Clock::time_point ScanDirectory::hang_up() {
  const auto before = Clock::now();
  kill(runsvdir_, SIGHUP);
  return before;
}

}  // namespace runvisor::benchmark
