#include "sys/check_script.hpp"

#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <utility>

namespace runvisor::sys {
namespace {

/// What posix_spawn is told: directory, closed standard output, process group, and signals.
class SpawnPlan {
 public:
  SpawnPlan() noexcept { ::posix_spawn_file_actions_init(&actions_), ::posix_spawnattr_init(&attributes_); }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;
  ~SpawnPlan() { ::posix_spawn_file_actions_destroy(&actions_), ::posix_spawnattr_destroy(&attributes_); }

  /// An errno value, 0 for none.
  [[nodiscard]] int fill(int directory) noexcept {
    sigset_t pipe;
    sigset_t none;
    ::sigemptyset(&pipe);
    ::sigaddset(&pipe, SIGPIPE);
    ::sigemptyset(&none);
    int error = ::posix_spawn_file_actions_addfchdir_np(&actions_, directory);
    if (error == 0) error = ::posix_spawn_file_actions_addclose(&actions_, STDOUT_FILENO);
    if (error == 0) error = ::posix_spawnattr_setsigdefault(&attributes_, &pipe);
    if (error == 0) error = ::posix_spawnattr_setsigmask(&attributes_, &none);
    if (error == 0) error = ::posix_spawnattr_setpgroup(&attributes_, 0);
    if (error == 0) {
      error = ::posix_spawnattr_setflags(
          &attributes_, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
    }
    return error;
  }

  [[nodiscard]] const posix_spawn_file_actions_t* actions() const noexcept { return &actions_; }
  [[nodiscard]] const posix_spawnattr_t* attributes() const noexcept { return &attributes_; }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

}  // namespace

Result<CheckScript> CheckScript::start(int directory) noexcept {
  // A caller's ignored SIGCHLD would let the kernel throw the exit status away.
  ::signal(SIGCHLD, SIG_DFL);
  SpawnPlan plan;
  if (const int error = plan.fill(directory); error != 0) return Error{error};
  char name[] = "./check";
  char* argv[] = {name, nullptr};
  pid_t pid = 0;
  if (const int error = ::posix_spawn(&pid, "check", plan.actions(), plan.attributes(), argv, environ);
      error != 0) {
    return Error{error};
  }
  return CheckScript{pid};
}

CheckScript::CheckScript(pid_t pid) noexcept
    : pid_(pid), pidfd_(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))) {}

CheckScript::CheckScript(CheckScript&& other) noexcept
    : pid_(std::exchange(other.pid_, 0)), pidfd_(std::move(other.pidfd_)) {}

CheckScript& CheckScript::operator=(CheckScript&& other) noexcept {
  if (this != &other) {
    end();
    pid_ = std::exchange(other.pid_, 0);
    pidfd_ = std::move(other.pidfd_);
  }
  return *this;
}

std::optional<bool> CheckScript::passed() noexcept {
  int status = 0;
  const pid_t ended = ::waitpid(pid_, &status, WNOHANG);
  if (ended == 0) return std::nullopt;
  // The group's id is free for others once its leader has been collected and nobody is left in it.
  pid_ = 0;
  pidfd_.reset();
  return ended > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

void CheckScript::end() noexcept {
  if (pid_ == 0) return;
  ::kill(-pid_, SIGKILL);
  while (::waitpid(pid_, nullptr, 0) == -1 && errno == EINTR) {
  }
  pid_ = 0;
  pidfd_.reset();
}

}  // namespace runvisor::sys
