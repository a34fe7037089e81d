#include "signal_queue.hpp"

#include <sys/signalfd.h>
#include <unistd.h>

namespace runvisor::svlogd {

sys::Result<void> SignalQueue::open() noexcept {
  constexpr int kReceived[] = {SIGTERM, SIGHUP, SIGALRM, SIGCHLD};
  sigset_t received;
  ::sigemptyset(&received);
  for (const int signal : kReceived) ::sigaddset(&received, signal);
  sigset_t blocked = received;
  ::sigaddset(&blocked, SIGPIPE);
  ::sigaddset(&blocked, SIGXFSZ);
  if (::sigprocmask(SIG_BLOCK, &blocked, &child_mask_) == -1) return sys::last_error();
  for (const int signal : kReceived) {
    ::sigdelset(&child_mask_, signal);
    // The parent may have had it ignored, in which case it would never come.
    struct sigaction defaults {};
    defaults.sa_handler = SIG_DFL;
    ::sigaction(signal, &defaults, nullptr);
  }
  fd_.reset(::signalfd(-1, &received, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!fd_) return sys::last_error();
  return {};
}

std::optional<int> SignalQueue::next() noexcept {
  signalfd_siginfo info{};
  if (::read(fd_.get(), &info, sizeof info) != sizeof info) return std::nullopt;
  return static_cast<int>(info.ssi_signo);
}

}  // namespace runvisor::svlogd
