#include "power_calls.hpp"

#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/reboot.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <system_error>

namespace runvisor::testing {

namespace {

#if defined(__x86_64__)
constexpr unsigned kArchitecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr unsigned kArchitecture = AUDIT_ARCH_AARCH64;
#else
#error "which system calls does this machine have?"
#endif

[[noreturn]] void fail(const char* what) { throw std::system_error(errno, std::generic_category(), what); }

std::string name_of(const seccomp_data& call) {
  if (call.nr == SYS_sync) {
    return "sync";
  }
  switch (static_cast<unsigned>(call.args[2])) {
    case LINUX_REBOOT_CMD_RESTART:
      return "restart";
    case LINUX_REBOOT_CMD_POWER_OFF:
      return "power off";
    case LINUX_REBOOT_CMD_HALT:
      return "halt";
    case LINUX_REBOOT_CMD_CAD_OFF:
      return "ctrl-alt-del as a signal";
    case LINUX_REBOOT_CMD_CAD_ON:
      return "ctrl-alt-del restarts";
    default:
      return "reboot " + std::to_string(call.args[2]);
  }
}

}  // namespace

int hand_power_calls_over() {
  constexpr auto kNumber = static_cast<unsigned>(offsetof(seccomp_data, nr));
  constexpr auto kArch = static_cast<unsigned>(offsetof(seccomp_data, arch));
  std::array<sock_filter, 8> program{{
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, kArch),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, kArchitecture, 1, 0),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, kNumber),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_reboot, 2, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_sync, 1, 0),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
  }};
  const sock_fprog filter{.len = program.size(), .filter = program.data()};
  const long listener =
      ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &filter);
  if (listener < 0) {
    fail("seccomp");
  }
  if (::prctl(PR_CAPBSET_DROP, CAP_SYS_BOOT, 0, 0, 0) != 0) {
    fail("PR_CAPBSET_DROP");
  }
  return static_cast<int>(listener);
}

PowerCalls::PowerCalls(int listener, bool answers_requests)
    : listener_(listener), answers_requests_(answers_requests) {
  if (::pipe2(stop_, 0) != 0) {
    fail("pipe2");
  }
  thread_ = std::thread([this] { serve(); });
}

PowerCalls::~PowerCalls() {
  ::close(stop_[1]);
  thread_.join();
  ::close(stop_[0]);
  ::close(listener_);
}

std::vector<std::string> PowerCalls::record() const {
  const std::lock_guard lock(mutex_);
  return record_;
}

void PowerCalls::serve() {
  std::array<pollfd, 2> watched{
      {{.fd = listener_, .events = POLLIN, .revents = 0}, {.fd = stop_[0], .events = POLLIN, .revents = 0}}};
  while (true) {
    ::poll(watched.data(), watched.size(), -1);
    if (watched[1].revents != 0) {
      return;
    }
    if ((watched[0].revents & POLLIN) != 0) {
      answer();
    } else if (watched[0].revents != 0) {
      // Nobody is left who could call.
      watched[0].fd = -1;
    }
  }
}

void PowerCalls::answer() {
  seccomp_notif call{};
  if (::ioctl(listener_, SECCOMP_IOCTL_NOTIF_RECV, &call) != 0) {
    return;
  }
  const std::string name = name_of(call.data);
  {
    const std::lock_guard lock(mutex_);
    record_.push_back(name);
  }
  const bool request = name != "sync" && !name.starts_with("ctrl-alt-del");
  if (request && !answers_requests_) {
    return;
  }
  seccomp_notif_resp response{};
  response.id = call.id;
  response.error = request ? -EINVAL : 0;
  ::ioctl(listener_, SECCOMP_IOCTL_NOTIF_SEND, &response);
}

}  // namespace runvisor::testing
