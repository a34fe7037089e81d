#include "faulty_system.hpp"

#include <filesystem>

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

sys::Result<std::size_t> FaultySystem::write_at_beginning(int fd, std::string_view text) {
  if (fails()) return error();
  return real_.write_at_beginning(fd, text);
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

}  // namespace runvisor::testing
