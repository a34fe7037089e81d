#include "sys/machine_control.hpp"

#include <fcntl.h>
#include <sys/reboot.h>
#include <unistd.h>

#include <csignal>

namespace runvisor::sys {
namespace {

constexpr const char* kConsole = "/dev/console";

bool is_first_process() noexcept { return ::getpid() == 1; }

/// Opening does not wait for a line that is not connected; what is opened blocks, for the stages inherit it.
Result<Fd> open_blocking(int flags) noexcept {
  Fd console{::open(kConsole, flags | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)};
  if (!console) return last_error();
  ::fcntl(console.get(), F_SETFL, flags);
  return console;
}

int command_of(core::PowerRequest request) noexcept {
  switch (request) {
    case core::PowerRequest::restart:
      return static_cast<int>(RB_AUTOBOOT);
    case core::PowerRequest::power_off:
      return static_cast<int>(RB_POWER_OFF);
    case core::PowerRequest::halt:
      return static_cast<int>(RB_HALT_SYSTEM);
  }
  return static_cast<int>(RB_HALT_SYSTEM);
}

class Real final : public MachineControl {
 public:
  void lead_session() override { ::setsid(); }

  void take_ctrl_alt_del() override {
    if (is_first_process()) ::reboot(RB_DISABLE_CAD);
  }

  Result<Fd> open_console() override { return open_blocking(O_RDWR); }

  Result<void> write_to_console(bool all) override {
    auto console = open_blocking(O_WRONLY);
    if (!console) return console.error();
    if (all && (::dup2(console->get(), STDIN_FILENO) == -1 || ::dup2(console->get(), STDOUT_FILENO) == -1)) {
      return last_error();
    }
    return checked_void(::dup2(console->get(), STDERR_FILENO));
  }

  void kill_everything() override {
    if (is_first_process()) ::kill(-1, SIGKILL);
  }

  Result<pid_t> request_power(core::PowerRequest request, bool sync) override {
    if (!is_first_process()) return Error{EPERM};
    // In a child: the kernel ends the caller of a request that it cannot fulfil.
    const pid_t pid = ::fork();
    if (pid == -1) return last_error();
    if (pid == 0) {
      if (sync) ::sync();
      ::reboot(command_of(request));
      ::_exit(0);
    }
    return pid;
  }
};

}  // namespace

MachineControl& machine_control() noexcept {
  static Real instance;
  return instance;
}

}  // namespace runvisor::sys
