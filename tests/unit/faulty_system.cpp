#include "faulty_system.hpp"

#include <filesystem>

#include "core/process_record.hpp"

namespace runvisor::testing {

std::size_t open_descriptors() {
  const std::filesystem::directory_iterator entries("/proc/self/fd");
  return static_cast<std::size_t>(std::distance(begin(entries), end(entries)));
}

bool FaultySystem::fails() {
  const std::size_t call = calls_++;
  return fault_ && call >= fault_->call && call - fault_->call < fault_->count;
}

core::Now FaultySystem::now() {
  passed_ += pace_;
  core::Now now = real_.now();
  now.steady += passed_;
  now.wall += passed_ + wall_set_;
  return now;
}

sys::Result<sys::Fd> FaultySystem::open(int directory, const char* path, int flags, mode_t mode) {
  if (fails()) return error();
  return real_.open(directory, path, flags, mode);
}

sys::Result<void> FaultySystem::make_directory(int directory, const char* path, mode_t mode) {
  if (fails()) return error();
  return real_.make_directory(directory, path, mode);
}

sys::Result<void> FaultySystem::make_fifo(int directory, const char* path, mode_t mode) {
  if (fails()) return error();
  return real_.make_fifo(directory, path, mode);
}

sys::Result<struct stat> FaultySystem::status(int directory, const char* path, int flags) {
  if (fails()) return error();
  return real_.status(directory, path, flags);
}

sys::Result<struct stat> FaultySystem::status(int fd) {
  if (fails()) return error();
  return real_.status(fd);
}

bool FaultySystem::readable(int directory, const char* path) { return real_.readable(directory, path); }

sys::Result<std::string> FaultySystem::read_link(int directory, const char* path) {
  if (fails()) return error();
  return real_.read_link(directory, path);
}

sys::Result<std::vector<std::string>> FaultySystem::list_directories(int fd) {
  if (fails()) return error();
  return real_.list_directories(fd);
}

sys::Result<std::vector<std::string>> FaultySystem::list_files(int fd) {
  if (fails()) return error();
  return real_.list_files(fd);
}

sys::Result<void> FaultySystem::remove(int directory, const char* path) {
  if (fails()) return error();
  return real_.remove(directory, path);
}

sys::Result<void> FaultySystem::rename(int directory, const char* from, const char* to, unsigned flags) {
  if (fails()) return error();
  return real_.rename(directory, from, to, flags);
}

sys::Result<void> FaultySystem::set_owner(int fd, uid_t owner, gid_t group) {
  if (fails()) return error();
  return real_.set_owner(fd, owner, group);
}

sys::Result<void> FaultySystem::set_mode(int fd, mode_t mode) {
  if (fails()) return error();
  return real_.set_mode(fd, mode);
}

sys::Result<void> FaultySystem::lock(int fd, const sigset_t* waiting) {
  if (fails()) return error();
  return real_.lock(fd, waiting);
}

sys::Result<std::size_t> FaultySystem::read(int fd, std::span<char> buffer) { return real_.read(fd, buffer); }

sys::Result<std::size_t> FaultySystem::read_at(int fd, std::span<char> buffer, off_t offset) {
  if (fails()) return error();
  return real_.read_at(fd, buffer, offset);
}

sys::Result<std::size_t> FaultySystem::write_at(int fd, std::string_view text, off_t offset) {
  if (fails()) return error();
  return real_.write_at(fd, text.substr(0, longest_write_), offset);
}

sys::Result<std::size_t> FaultySystem::write(int fd, std::string_view text) {
  if (fails()) return error();
  return real_.write(fd, text.substr(0, longest_write_));
}

sys::Result<void> FaultySystem::synchronize(int /*fd*/) {
  if (fails()) return error();
  // What this does cannot be seen, and it takes its time.
  return {};
}

sys::Result<sys::Pipe> FaultySystem::make_pipe() {
  if (fails()) return error();
  return real_.make_pipe();
}

sys::Result<pid_t> FaultySystem::spawn(const sys::Program& program) {
  if (fails()) return error();
  const pid_t pid = next_pid_++;
  starts_[pid] = since_boot();
  if (program.announce != nullptr) (*program.announce)(pid);
  children_[pid] =
      (program.subdirectory != nullptr ? std::string(program.subdirectory) + '/' : std::string()) +
      program.path;
  if (executed_) executed_(children_[pid]);
  return pid;
}

sys::Result<void> FaultySystem::send_signal(pid_t pid, int signal) {
  signals_.emplace_back(pid, signal);
  return {};
}

std::optional<core::ChildEnd> FaultySystem::reap() {
  if (ended_.empty()) return std::nullopt;
  const core::ChildEnd end = ended_.front();
  ended_.erase(ended_.begin());
  children_.erase(end.pid);
  return end;
}

void FaultySystem::end_orphan(pid_t pid, std::optional<int> exit_code) {
  children_.erase(pid);
  orphan_ends_[pid] = exit_code;
  // Makes the other end readable, as a pidfd becomes.
  processes_[pid].write_end = {};
}

sys::Result<sys::Pipe> FaultySystem::reopen_pipe(pid_t pid, int /*fd*/, std::uint64_t /*inode*/) {
  if (fails()) return error();
  if (!children_.contains(pid)) return sys::Error{ENOENT};
  return real_.make_pipe();
}

std::chrono::nanoseconds FaultySystem::since_boot() { return real_.since_boot() + passed_; }

sys::Result<std::string> FaultySystem::boot_id() {
  if (fails()) return error();
  return boot_id_;
}

sys::Result<std::chrono::nanoseconds> FaultySystem::process_start(pid_t pid) {
  if (fails()) return error();
  if (pid == 1) return std::chrono::nanoseconds{0};
  if (!children_.contains(pid)) return sys::Error{ENOENT};
  return starts_.at(pid) / core::kStartTick * core::kStartTick;
}

sys::Result<void> FaultySystem::mark_lock(int fd) {
  if (fails()) return error();
  return real_.mark_lock(fd);
}

sys::Result<sys::Fd> FaultySystem::open_process(pid_t pid) {
  if (fails()) return error();
  if (!children_.contains(pid)) return sys::Error{ESRCH};
  auto pipe = real_.make_pipe();
  if (!pipe) return pipe.error();
  sys::Fd process = std::move(pipe->read_end);
  // The number alone tells which it is.
  process_fds_[process.get()] = pid;
  processes_[pid].write_end = std::move(pipe->write_end);
  return process;
}

sys::Result<void> FaultySystem::signal_process(int process, int signal) {
  signals_.emplace_back(process_fds_.at(process), signal);
  return {};
}

sys::Result<std::optional<core::ChildEnd>> FaultySystem::process_end(int process) {
  if (fails()) return error();
  const auto end = orphan_ends_.find(process_fds_.at(process));
  if (end == orphan_ends_.end()) return std::optional<core::ChildEnd>();
  if (!end->second) return sys::Error{ENOTTY};
  return std::optional(core::ChildEnd{end->first, *end->second, 0});
}

}  // namespace runvisor::testing
