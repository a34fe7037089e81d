#include "sys/foreign_process.hpp"

#include <fcntl.h>
#include <fmt/compile.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <climits>
#include <csignal>
#include <string_view>

#include "sys/kernel_calls.hpp"

namespace runvisor::sys {
namespace {

/// What PIDFD_GET_INFO tells. Source: the kernel's include/uapi/linux/pidfd.h, which Debian 12's headers do
/// not have yet.
struct ProcessInfo {
  std::uint64_t mask;
  std::uint64_t cgroup;
  std::uint32_t pid;
  std::uint32_t others[10];
  std::int32_t exit_code;
};
static_assert(sizeof(ProcessInfo) == 64);
constexpr std::uint64_t kWithEnd = 1U << 3;
constexpr unsigned long kGetInfo = _IOWR(0xff, 11, ProcessInfo);

/// Reads a small file as a whole.
Result<std::size_t> read_file(const char* path, std::span<char> buffer) {
  const Fd fd{::open(path, O_RDONLY | O_CLOEXEC)};
  if (!fd) return last_error();
  const ssize_t count = ::read(fd.get(), buffer.data(), buffer.size());
  if (count == -1) return last_error();
  return static_cast<std::size_t>(count);
}

/// A number in /proc/PID/stat; `field` as proc(5) counts, above 3.
Result<std::int64_t> stat_field(pid_t pid, int field) {
  std::array<char, 1024> buffer{};
  const auto size = read_file(fmt::format(FMT_COMPILE("/proc/{}/stat"), pid).c_str(), buffer);
  if (!size) return size.error();
  std::string_view text(buffer.data(), *size);
  // The second field is a name in brackets, and may hold anything.
  text.remove_prefix(std::min(text.rfind(')'), text.size()));
  for (int at = 2; at < field; ++at) {
    text.remove_prefix(std::min(text.find(' '), text.size()));
    text.remove_prefix(std::min<std::size_t>(1, text.size()));
  }
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{}) return Error{EINVAL};
  return number;
}

}  // namespace

Result<std::string> boot_id() {
  std::array<char, 64> buffer{};
  const auto size = read_file("/proc/sys/kernel/random/boot_id", buffer);
  if (!size) return size.error();
  const std::string_view text(buffer.data(), *size);
  return std::string(text.substr(0, text.find('\n')));
}

Result<std::chrono::nanoseconds> process_start(pid_t pid) {
  const auto ticks = stat_field(pid, 22);
  if (!ticks) return ticks.error();
  return core::kStartTick * *ticks;
}

Result<pid_t> process_parent(pid_t pid) {
  const auto parent = stat_field(pid, 4);
  if (!parent) return parent.error();
  return static_cast<pid_t>(*parent);
}

std::string process_name(pid_t pid) {
  std::array<char, 64> buffer{};
  const auto size = read_file(fmt::format(FMT_COMPILE("/proc/{}/comm"), pid).c_str(), buffer);
  if (!size) return {};
  const std::string_view text(buffer.data(), *size);
  return std::string(text.substr(0, text.find('\n')));
}

Result<Fd> open_process(pid_t pid) {
  // Close-on-exec by itself.
  Fd process{static_cast<int>(::syscall(SYS_pidfd_open, pid, 0U))};
  if (!process) return last_error();
  return process;
}

Result<void> signal_process(int process, int signal) {
  return checked_void(static_cast<int>(::syscall(SYS_pidfd_send_signal, process, signal, nullptr, 0U)));
}

core::ChildEnd child_end(pid_t pid, int wait_status) noexcept {
  return {.pid = pid,
          .exit_code = WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : -1,
          .status = wait_status & 0xff};
}

Result<std::optional<core::ChildEnd>> process_end(int process) {
  ProcessInfo info{};
  info.mask = kWithEnd;
  if (io_control(process, kGetInfo, &info) == -1) return last_error();
  if ((info.mask & kWithEnd) == 0) return std::optional<core::ChildEnd>();
  return std::optional(child_end(static_cast<pid_t>(info.pid), info.exit_code));
}

Result<Pipe> reopen_pipe(pid_t pid, int fd, std::uint64_t inode) {
  // Looked at before it is opened: what a process has there may be anything by now. A path cannot look like a
  // pipe's name, since it begins with a slash.
  const Fd place{::open(fmt::format(FMT_COMPILE("/proc/{}/fd/{}"), pid, fd).c_str(), O_PATH | O_CLOEXEC)};
  if (!place) return last_error();
  const std::string path = fmt::format(FMT_COMPILE("/proc/self/fd/{}"), place.get());
  std::array<char, PATH_MAX> name{};
  const ssize_t length = ::readlink(path.c_str(), name.data(), name.size());
  if (length == -1) return last_error();
  if (std::string_view(name.data(), static_cast<std::size_t>(length)) !=
      fmt::format(FMT_COMPILE("pipe:[{}]"), inode)) {
    return Error{ENOENT};
  }
  // Without O_NONBLOCK the first would wait for a writer. The flags belong to these descriptions alone.
  Pipe pipe;
  pipe.read_end.reset(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  if (!pipe.read_end) return last_error();
  pipe.write_end.reset(::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC));
  if (!pipe.write_end) return last_error();
  if (::fcntl(pipe.read_end.get(), F_SETFL, 0) == -1 || ::fcntl(pipe.write_end.get(), F_SETFL, 0) == -1) {
    return last_error();
  }
  return pipe;
}

}  // namespace runvisor::sys
