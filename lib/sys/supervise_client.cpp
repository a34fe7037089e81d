#include "sys/supervise_client.hpp"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <span>

#include "sys/kernel_calls.hpp"
#include "sys/trust.hpp"

namespace runvisor::sys {
namespace {

using core::Step;
using core::Trouble;

core::WallTime wall_time(const struct statx_timestamp& time) noexcept {
  return core::WallTime{std::chrono::seconds{time.tv_sec} + std::chrono::nanoseconds{time.tv_nsec}};
}

}  // namespace

SuperviseClient::SuperviseClient(int base, std::string_view path)
    : SuperviseClient(base, path, Step::change_directory) {}

SuperviseClient::SuperviseClient(int base, std::string_view path, core::Step entering)
    : base_(base), entering_(entering), path_(path) {
  // An empty path names nothing, and must not become the root directory.
  if (!path_.empty()) path_ += '/';
  directory_length_ = path_.size();
}

SuperviseClient SuperviseClient::log() const {
  std::string path = path_.substr(0, directory_length_);
  path += "log";
  return {base_, path, Step::change_log_directory};
}

const char* SuperviseClient::path_of(std::string_view file) {
  path_.resize(directory_length_);
  if (directory_length_ != 0) path_ += file;
  return path_.c_str();
}

Fd SuperviseClient::open(std::string_view file, int flags) {
  flags |= O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
  const char* const path = path_of(file);
  int fd = -1;
  do {
    fd = ::openat(base_, path, flags);
  } while (fd == -1 && errno == EINTR);
  return Fd{fd};
}

/// Symlinks are followed only where nobody else can have put them.
Fd SuperviseClient::open_supervised(std::string_view file, int flags) {
  Fd opened = open(file, flags | O_NOFOLLOW);
  if (opened || errno != ELOOP) return opened;
  struct stat directory {};
  if (::fstatat(base_, path_of("supervise"), &directory, 0) == 0 && !is_untrusted(directory)) {
    return open(file, flags);
  }
  errno = ELOOP;
  return {};
}

Reached<Fd> SuperviseClient::open_ok() {
  Fd ok = open_supervised("supervise/ok", O_WRONLY);
  if (ok) return ok;
  const int error = errno;
  // Walking through "." asks for the right to enter, which tells the directory's trouble from the file's.
  if (::faccessat(base_, path_of("."), F_OK, 0) == -1) return Trouble{entering_, errno};
  return Trouble{Step::open_ok, error};
}

Reached<core::StatusRecord> SuperviseClient::read_record() {
  const Fd status = open_supervised("supervise/status", O_RDONLY);
  if (!status) return Trouble{Step::open_status, errno};
  std::array<std::byte, core::kStatusSize> bytes{};
  const ssize_t size = ::read(status.get(), bytes.data(), bytes.size());
  if (size == -1) return Trouble{Step::read_status, errno};
  const auto record = core::unpack(std::span{bytes}.first(static_cast<std::size_t>(size)));
  if (!record) return Trouble{Step::parse_status, 0};
  return *record;
}

Reached<core::StatusRecord> SuperviseClient::read_status() {
  if (const auto ok = open_ok(); !ok) return ok.error();
  return read_record();
}

Reached<void> SuperviseClient::send(std::string_view bytes) {
  const Fd control = open_supervised("supervise/control", O_WRONLY);
  if (!control) return Trouble{Step::open_control, errno};
  struct stat found {};
  // Where something else stands in the FIFO's place, no runsv reads it, and it must not be written to.
  if (::fstat(control.get(), &found) == -1 || !S_ISFIFO(found.st_mode)) {
    return Trouble{Step::open_control, ENXIO};
  }
  const ssize_t size = ::write(control.get(), bytes.data(), bytes.size());
  if (size == -1) return Trouble{Step::write_control, errno};
  return {};
}

core::ControlTrace SuperviseClient::trace() {
  core::ControlTrace trace;
  trace.now = std::chrono::system_clock::now();
  trace.unread = 1;
  const Fd control = open_supervised("supervise/control", O_WRONLY);
  struct statx fifo {};
  struct statx status {};
  int unread = 0;
  if (!control || ::ioctl(control.get(), FIONREAD, &unread) == -1 ||
      extended_status(control.get(), "", AT_EMPTY_PATH, STATX_BASIC_STATS | STATX_BTIME, fifo) == -1 ||
      extended_status(base_, path_of("supervise/status"), 0, STATX_MTIME, status) == -1) {
    return trace;
  }
  trace.unread = static_cast<std::size_t>(unread);
  if ((fifo.stx_mask & STATX_BTIME) != 0) trace.created = wall_time(fifo.stx_btime);
  trace.written = wall_time(fifo.stx_mtime);
  trace.read = wall_time(fifo.stx_atime);
  trace.published = wall_time(status.stx_mtime);
  return trace;
}

bool SuperviseClient::has(std::string_view name) {
  // Cheaper than access(2), which makes new credentials first.
  struct stat status {};
  return ::fstatat(base_, path_of(name), &status, 0) == 0;
}

Reached<Fd> SuperviseClient::open_directory() {
  Fd directory = open("", O_PATH | O_DIRECTORY);
  if (!directory) return Trouble{entering_, errno};
  return directory;
}

}  // namespace runvisor::sys
