#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sys/system.hpp"

namespace runvisor::testing {

/// How many descriptors this process has open.
[[nodiscard]] std::size_t open_descriptors();

/// The operating system with clocks that the test turns, children that the test ends, and calls that fail.
/// Files are real; no process is started and no signal sent.
class FaultySystem final : public sys::System {
 public:
  /// The first call that fails, counted from 0 over all calls that can, its error, and how many fail. Not
  /// set: none.
  struct Fault {
    std::size_t call;
    int error;
    std::size_t count = 1;
  };

  explicit FaultySystem(std::optional<Fault> fault = std::nullopt) : fault_(fault) {}

  void advance(std::chrono::nanoseconds by) { passed_ += by; }
  /// Lets time fly: a tenth of a second passes at each look at the clock, and all timers expire at once.
  void let_time_fly() {
    advance(-std::chrono::hours{1});
    pace_ = std::chrono::milliseconds{100};
  }
  /// Sets the wall clock forward or back, as somebody may do at any time. No time passes thereby.
  void set_wall_clock(std::chrono::nanoseconds by) { wall_set_ += by; }
  /// Lets every call fail.
  void fail_from_now_on(int error) { fault_ = Fault{calls_, error, SIZE_MAX}; }
  /// No call fails any more.
  void heal() { fault_.reset(); }
  /// Lets a child end; reap() tells of it.
  void end_child(pid_t pid, int exit_code) { ended_.push_back({pid, exit_code, 0}); }

  /// Called with its path when a child would execute its program.
  void on_execute(std::function<void(const std::string& path)> executed) { executed_ = std::move(executed); }

  /// Lets a child end that is nobody's here any more; how, the system tells to whoever asks, or does not.
  void end_orphan(pid_t pid, std::optional<int> exit_code);
  /// The id of the boot from now on.
  void set_boot_id(std::string id) { boot_id_ = std::move(id); }

  /// Lets no write take more than so many bytes.
  void set_longest_write(std::size_t size) { longest_write_ = size; }

  /// What has been started and has not ended: pid and path.
  [[nodiscard]] const std::map<pid_t, std::string>& children() const { return children_; }
  [[nodiscard]] const std::vector<std::pair<pid_t, int>>& signals() const { return signals_; }
  [[nodiscard]] std::size_t calls() const { return calls_; }
  [[nodiscard]] const std::string& complaints() const { return complaints_; }

  core::Now now() override;
  sys::Result<sys::Fd> open(int directory, const char* path, int flags, mode_t mode) override;
  sys::Result<void> make_directory(int directory, const char* path, mode_t mode) override;
  sys::Result<void> make_fifo(int directory, const char* path, mode_t mode) override;
  sys::Result<struct stat> status(int directory, const char* path, int flags) override;
  sys::Result<struct stat> status(int fd) override;
  bool readable(int directory, const char* path) override;
  sys::Result<std::string> read_link(int directory, const char* path) override;
  sys::Result<std::vector<std::string>> list_directories(int fd) override;
  sys::Result<std::vector<std::string>> list_files(int fd) override;
  sys::Result<void> remove(int directory, const char* path) override;
  sys::Result<void> rename(int directory, const char* from, const char* to, unsigned flags) override;
  sys::Result<void> set_owner(int fd, uid_t owner, gid_t group) override;
  sys::Result<void> set_mode(int fd, mode_t mode) override;
  sys::Result<void> lock(int fd, const sigset_t* waiting) override;
  sys::Result<std::size_t> read(int fd, std::span<char> buffer) override;
  sys::Result<std::size_t> write(int fd, std::string_view text) override;
  sys::Result<std::size_t> read_at(int fd, std::span<char> buffer, off_t offset) override;
  sys::Result<std::size_t> write_at(int fd, std::string_view text, off_t offset) override;
  sys::Result<void> synchronize(int fd) override;
  sys::Result<sys::Pipe> make_pipe() override;
  sys::Result<sys::Pipe> reopen_pipe(pid_t pid, int fd, std::uint64_t inode) override;
  bool has_input(int fd) override { return real_.has_input(fd); }
  sys::Result<pid_t> spawn(const sys::Program& program) override;
  sys::Result<void> send_signal(pid_t pid, int signal) override;
  std::optional<core::ChildEnd> reap() override;
  std::chrono::nanoseconds since_boot() override;
  sys::Result<std::string> boot_id() override;
  sys::Result<std::chrono::nanoseconds> process_start(pid_t pid) override;
  sys::Result<void> mark_lock(int fd) override;
  sys::Result<sys::Fd> open_process(pid_t pid) override;
  sys::Result<void> signal_process(int process, int signal) override;
  sys::Result<std::optional<core::ChildEnd>> process_end(int process) override;
  void complain(std::string_view line) override { complaints_ += line; }

 private:
  /// Counts a call and tells whether it is the one that fails.
  [[nodiscard]] bool fails();
  [[nodiscard]] sys::Error error() const { return sys::Error{fault_->error}; }

  sys::System& real_ = sys::operating_system();
  std::optional<Fault> fault_;
  std::size_t calls_ = 0;
  std::size_t longest_write_ = std::string_view::npos;
  std::chrono::nanoseconds passed_{0};
  std::chrono::nanoseconds wall_set_{0};
  std::chrono::nanoseconds pace_{0};
  pid_t next_pid_ = 10'000'000;
  std::map<pid_t, std::string> children_;
  std::vector<core::ChildEnd> ended_;
  /// When each child was started, the ends of a pipe for each that was asked for by its pid, and how those
  /// that are nobody's have ended.
  std::map<pid_t, std::chrono::nanoseconds> starts_;
  std::map<pid_t, sys::Pipe> processes_;
  std::map<int, pid_t> process_fds_;
  std::map<pid_t, std::optional<int>> orphan_ends_;
  std::string boot_id_ = "01234567-89ab-cdef-0123-456789abcdef";
  std::function<void(const std::string&)> executed_;
  std::vector<std::pair<pid_t, int>> signals_;
  std::string complaints_;
};

}  // namespace runvisor::testing
