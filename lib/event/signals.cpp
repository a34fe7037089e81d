#include "event/signals.hpp"

#include <sys/signalfd.h>
#include <unistd.h>

#include <utility>

#include <boost/system/system_error.hpp>

namespace runvisor::event {
namespace {

template <typename Action>
void for_each(const sigset_t& signals, Action action) {
  for (int signal = 1; signal <= SIGRTMAX; ++signal) {
    if (::sigismember(&signals, signal) == 1) action(signal);
  }
}

}  // namespace

Signals::Signals(Loop& loop, std::function<void(int)> received)
    : loop_(loop), received_(std::move(received)) {}

Signals::~Signals() {
  if (readable_) ::sigprocmask(SIG_SETMASK, &previous_mask_, nullptr);
}

sys::Result<void> Signals::open(std::initializer_list<int> signals) {
  sigset_t received;
  ::sigemptyset(&received);
  for (const int signal : signals) ::sigaddset(&received, signal);
  return open(received);
}

sys::Result<void> Signals::open(const sigset_t& signals) {
  sys::Fd fd{::signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK)};
  if (!fd) return sys::last_error();

  // A parent may have had them ignored; with SIGCHLD ignored, no child's end could be collected.
  struct sigaction defaults {};
  defaults.sa_handler = SIG_DFL;
  for_each(signals, [&defaults](int signal) { ::sigaction(signal, &defaults, nullptr); });

  sigset_t blocked = signals;
  ::sigaddset(&blocked, SIGPIPE);
  ::sigaddset(&blocked, SIGXFSZ);
  ::sigprocmask(SIG_BLOCK, &blocked, &previous_mask_);
  child_mask_ = previous_mask_;
  for_each(signals, [this](int signal) { ::sigdelset(&child_mask_, signal); });
  std::optional<sys::Error> failed;
  try {
    // The first descriptor to be watched makes the loop's own.
    readable_.emplace(loop_, std::move(fd), [this] { receive(); });
    failed = readable_->refused();
  } catch (const boost::system::system_error& error) {
    failed = sys::Error{error.code().value()};
  }
  if (failed) {
    readable_.reset();
    ::sigprocmask(SIG_SETMASK, &previous_mask_, nullptr);
    return *failed;
  }
  readable_->wait();
  return {};
}

bool Signals::is_due(int signal) const noexcept {
  sigset_t due;
  return ::sigpending(&due) == 0 && ::sigismember(&due, signal) == 1;
}

void Signals::receive() {
  signalfd_siginfo info;
  while (::read(readable_->fd(), &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
    received_(static_cast<int>(info.ssi_signo));
  }
  readable_->wait();
}

void Reaper::forget(const ChildObserver& observer) noexcept {
  std::erase_if(observers_, [&observer](const auto& entry) { return entry.second == &observer; });
}

void Reaper::reap() {
  while (const auto end = system_.reap()) {
    const auto found = observers_.find(end->pid);
    if (found == observers_.end()) continue;
    ChildObserver* const observer = found->second;
    observers_.erase(found);
    observer->child_ended(*end);
  }
}

}  // namespace runvisor::event
