#include "sys/supervise_client.hpp"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <span>

namespace runvisor::sys {
namespace {

using core::Step;
using core::Trouble;

int open_path(int base, const char* path, int flags) noexcept {
  int fd = -1;
  do {
    fd = ::openat(base, path, flags | O_CLOEXEC | O_NOCTTY);
  } while (fd == -1 && errno == EINTR);
  return fd;
}

core::WallTime wall_time(const timespec& time) noexcept {
  return core::WallTime{std::chrono::seconds{time.tv_sec} + std::chrono::nanoseconds{time.tv_nsec}};
}

}  // namespace

Reached<SuperviseClient> SuperviseClient::open(int base, const char* path) noexcept {
  Fd directory{open_path(base, path, O_PATH | O_DIRECTORY)};
  if (!directory) return Trouble{Step::change_directory, errno};
  return SuperviseClient{std::move(directory)};
}

Reached<std::optional<SuperviseClient>> SuperviseClient::log() const noexcept {
  Fd directory{open_path(directory_.get(), "log", O_PATH | O_DIRECTORY)};
  if (!directory) {
    if (errno == ENOENT) return std::optional<SuperviseClient>{};
    return Trouble{Step::change_log_directory, errno};
  }
  // O_PATH does not ask for the right to enter, which a client needs.
  if (::faccessat(directory.get(), ".", F_OK, 0) == -1) return Trouble{Step::change_log_directory, errno};
  return std::optional{SuperviseClient{std::move(directory)}};
}

Reached<Fd> SuperviseClient::open_ok() const noexcept {
  Fd ok{open_path(directory_.get(), "supervise/ok", O_WRONLY | O_NONBLOCK)};
  if (ok) return ok;
  const int error = errno;
  if (error == EACCES && ::faccessat(directory_.get(), ".", F_OK, 0) == -1) {
    return Trouble{Step::change_directory, errno};
  }
  return Trouble{Step::open_ok, error};
}

Reached<core::StatusRecord> SuperviseClient::read_record() const noexcept {
  const Fd status{open_path(directory_.get(), "supervise/status", O_RDONLY | O_NONBLOCK)};
  if (!status) return Trouble{Step::open_status, errno};
  std::array<std::byte, core::kStatusSize> bytes{};
  const ssize_t size = ::read(status.get(), bytes.data(), bytes.size());
  if (size == -1) return Trouble{Step::read_status, errno};
  const auto record = core::unpack(std::span{bytes}.first(static_cast<std::size_t>(size)));
  if (!record) return Trouble{Step::parse_status, 0};
  return *record;
}

Reached<core::StatusRecord> SuperviseClient::read_status() const noexcept {
  if (const auto ok = open_ok(); !ok) return ok.error();
  return read_record();
}

Reached<void> SuperviseClient::send(std::string_view bytes) const noexcept {
  const Fd control{open_path(directory_.get(), "supervise/control", O_WRONLY | O_NONBLOCK)};
  if (!control) return Trouble{Step::open_control, errno};
  const ssize_t size = ::write(control.get(), bytes.data(), bytes.size());
  if (size == -1) return Trouble{Step::write_control, errno};
  return {};
}

core::ControlTrace SuperviseClient::trace() const noexcept {
  core::ControlTrace trace;
  trace.now = std::chrono::system_clock::now();
  trace.unread = 1;
  const Fd control{open_path(directory_.get(), "supervise/control", O_WRONLY | O_NONBLOCK)};
  struct stat fifo {};
  struct stat status {};
  int unread = 0;
  if (!control || ::fstat(control.get(), &fifo) == -1 || ::ioctl(control.get(), FIONREAD, &unread) == -1 ||
      ::fstatat(directory_.get(), "supervise/status", &status, 0) == -1) {
    return trace;
  }
  trace.unread = static_cast<std::size_t>(unread);
  trace.written = wall_time(fifo.st_mtim);
  trace.read = wall_time(fifo.st_atim);
  trace.published = wall_time(status.st_mtim);
  return trace;
}

bool SuperviseClient::has(const char* name) const noexcept {
  return ::faccessat(directory_.get(), name, F_OK, 0) == 0;
}

}  // namespace runvisor::sys
