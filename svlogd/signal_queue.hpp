#pragma once

#include <csignal>
#include <optional>

#include "sys/fd.hpp"
#include "sys/result.hpp"

namespace runvisor::svlogd {

/// Signals, read instead of handled: TERM, HUP, ALRM and CHLD. PIPE and XFSZ are blocked, so that a write
/// fails instead of killing. For the rest of the process's life.
class SignalQueue {
 public:
  [[nodiscard]] sys::Result<void> open() noexcept;

  /// Becomes readable when a signal has come.
  [[nodiscard]] int fd() const noexcept { return fd_.get(); }
  [[nodiscard]] std::optional<int> next() noexcept;
  /// The mask for children: as it was, less the signals received here.
  [[nodiscard]] const sigset_t& child_mask() const noexcept { return child_mask_; }

 private:
  sys::Fd fd_;
  sigset_t child_mask_{};
};

}  // namespace runvisor::svlogd
