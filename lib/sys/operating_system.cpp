#include <dirent.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <climits>
#include <memory>

#include "postfork.hpp"
#include "sys/diagnostics.hpp"
#include "sys/foreign_process.hpp"
#include "sys/kernel_calls.hpp"
#include "sys/lock_holder.hpp"
#include "sys/system.hpp"

namespace runvisor::sys {
namespace {

/// Makes a system call again for as long as a signal interrupts it.
template <typename Call>
auto uninterrupted(Call call) noexcept {
  auto returned = call();
  while (returned == -1 && errno == EINTR) returned = call();
  return returned;
}

std::chrono::nanoseconds read_clock(clockid_t clock) noexcept {
  timespec time{};
  ::clock_gettime(clock, &time);
  return std::chrono::seconds{time.tv_sec} + std::chrono::nanoseconds{time.tv_nsec};
}

/// The names in an open directory of the entries that `suits` picks.
template <typename Suits>
Result<std::vector<std::string>> list(int fd, Suits suits) {
  // fdopendir() takes the descriptor for itself, and its position is the description's.
  Fd own{::openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (!own) return last_error();
  const std::unique_ptr<DIR, decltype([](DIR* open) { ::closedir(open); })> stream(::fdopendir(own.get()));
  if (!stream) return last_error();
  (void)own.release();
  std::vector<std::string> names;
  errno = 0;
  while (const dirent* entry = ::readdir(stream.get())) {
    if (suits(*entry)) names.emplace_back(entry->d_name);
    errno = 0;
  }
  if (errno != 0) return last_error();
  return names;
}

class OperatingSystem final : public System {
 public:
  core::Now now() override {
    return {core::SteadyTime{read_clock(CLOCK_MONOTONIC)}, core::WallTime{read_clock(CLOCK_REALTIME)}};
  }

  Result<Fd> open(int directory, const char* path, int flags, mode_t mode) override {
    const int fd = uninterrupted([=] { return ::openat(directory, path, flags | O_CLOEXEC, mode); });
    if (fd == -1) return last_error();
    return Fd{fd};
  }

  Result<void> make_directory(int directory, const char* path, mode_t mode) override {
    return checked_void(::mkdirat(directory, path, mode));
  }

  Result<void> make_fifo(int directory, const char* path, mode_t mode) override {
    return checked_void(::mkfifoat(directory, path, mode));
  }

  Result<struct stat> status(int directory, const char* path, int flags) override {
    struct stat found {};
    if (::fstatat(directory, path, &found, flags) == -1) return last_error();
    return found;
  }

  Result<struct stat> status(int fd) override {
    struct stat found {};
    if (::fstat(fd, &found) == -1) return last_error();
    return found;
  }

  bool readable(int directory, const char* path) override {
    return ::faccessat(directory, path, R_OK, AT_EACCESS) == 0;
  }

  Result<std::string> read_link(int directory, const char* path) override {
    std::array<char, PATH_MAX> buffer{};
    const ssize_t length = ::readlinkat(directory, path, buffer.data(), buffer.size());
    if (length == -1) return last_error();
    return std::string(buffer.data(), static_cast<std::size_t>(length));
  }

  Result<std::vector<std::string>> list_directories(int fd) override {
    return list(fd, [](const dirent& entry) {
      const bool suitable = entry.d_type == DT_DIR || entry.d_type == DT_LNK || entry.d_type == DT_UNKNOWN;
      return suitable && entry.d_name[0] != '.';
    });
  }

  Result<std::vector<std::string>> list_files(int fd) override {
    return list(fd, [](const dirent& entry) { return entry.d_type == DT_REG || entry.d_type == DT_UNKNOWN; });
  }

  Result<void> remove(int directory, const char* path) override {
    return checked_void(::unlinkat(directory, path, 0));
  }

  Result<void> rename(int directory, const char* from, const char* to, unsigned flags) override {
    return checked_void(rename_in(directory, from, to, flags));
  }

  Result<void> set_owner(int fd, uid_t owner, gid_t group) override {
    return checked_void(::fchown(fd, owner, group));
  }

  Result<void> set_mode(int fd, mode_t mode) override { return checked_void(::fchmod(fd, mode)); }

  Result<void> lock(int fd, const sigset_t* waiting) override {
    const int locked = uninterrupted([=] { return ::flock(fd, LOCK_EX | LOCK_NB); });
    if (locked == 0 || errno != EWOULDBLOCK || waiting == nullptr) return checked_void(locked);
    sigset_t previous;
    ::sigprocmask(SIG_SETMASK, waiting, &previous);
    auto waited = checked_void(uninterrupted([=] { return ::flock(fd, LOCK_EX); }));
    ::sigprocmask(SIG_SETMASK, &previous, nullptr);
    return waited;
  }

  Result<std::size_t> read(int fd, std::span<char> buffer) override {
    const ssize_t count = uninterrupted([=] { return ::read(fd, buffer.data(), buffer.size()); });
    if (count == -1) return last_error();
    return static_cast<std::size_t>(count);
  }

  Result<std::size_t> write(int fd, std::string_view text) override {
    const ssize_t count = uninterrupted([=] { return ::write(fd, text.data(), text.size()); });
    if (count == -1) return last_error();
    return static_cast<std::size_t>(count);
  }

  Result<std::size_t> read_at(int fd, std::span<char> buffer, off_t offset) override {
    const ssize_t count = uninterrupted([=] { return ::pread(fd, buffer.data(), buffer.size(), offset); });
    if (count == -1) return last_error();
    return static_cast<std::size_t>(count);
  }

  Result<std::size_t> write_at(int fd, std::string_view text, off_t offset) override {
    const ssize_t count = uninterrupted([=] { return ::pwrite(fd, text.data(), text.size(), offset); });
    if (count == -1) return last_error();
    return static_cast<std::size_t>(count);
  }

  Result<void> synchronize(int fd) override {
    return checked_void(uninterrupted([=] { return ::fsync(fd); }));
  }

  Result<Pipe> make_pipe() override {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) == -1) return last_error();
    return Pipe{Fd{ends[0]}, Fd{ends[1]}};
  }

  Result<Pipe> reopen_pipe(pid_t pid, int fd, std::uint64_t inode) override {
    return sys::reopen_pipe(pid, fd, inode);
  }

  bool has_input(int fd) override {
    int count = 0;
    return ::ioctl(fd, FIONREAD, &count) == 0 && count > 0;
  }

  Result<pid_t> spawn(const Program& program) override { return spawn_child(program); }

  Result<void> send_signal(pid_t pid, int signal) override { return checked_void(::kill(pid, signal)); }

  std::optional<core::ChildEnd> reap() override {
    int wait_status = 0;
    const pid_t pid = uninterrupted([&] { return ::waitpid(-1, &wait_status, WNOHANG); });
    if (pid <= 0) return std::nullopt;
    return child_end(pid, wait_status);
  }

  std::chrono::nanoseconds since_boot() override { return read_clock(CLOCK_BOOTTIME); }
  Result<std::string> boot_id() override { return sys::boot_id(); }
  Result<std::chrono::nanoseconds> process_start(pid_t pid) override { return sys::process_start(pid); }
  Result<void> mark_lock(int fd) override { return sys::mark_lock(fd); }
  Result<Fd> open_process(pid_t pid) override { return sys::open_process(pid); }
  Result<void> signal_process(int process, int signal) override {
    return sys::signal_process(process, signal);
  }
  Result<std::optional<core::ChildEnd>> process_end(int process) override {
    return sys::process_end(process);
  }

  void complain(std::string_view line) override { write_unless_blocked(STDERR_FILENO, line); }
};

}  // namespace

System& operating_system() noexcept {
  static OperatingSystem instance;
  return instance;
}

}  // namespace runvisor::sys
