#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

#include "sys/fd.hpp"
#include "sys/result.hpp"

namespace runvisor::sys {

/// Waits for any of a set of descriptors (epoll). A descriptor leaves the set by being
/// removed, or closed.
class Poller {
 public:
  using Tag = std::uint64_t;

  [[nodiscard]] static Result<Poller> create() noexcept;

  /// Waits for `fd` to become readable.
  [[nodiscard]] Result<void> add_readable(int fd, Tag tag) noexcept;

  /// Waits for the other end of the FIFO `fd` to be closed. Fails with EPERM for a file that is none.
  [[nodiscard]] Result<void> add_hangup(int fd, Tag tag) noexcept;
  void remove(int fd) noexcept;

  /// The tags of the descriptors that are ready, a batch of them, after at most `timeout` and none then. A
  /// signal ends the wait early.
  [[nodiscard]] std::vector<Tag> wait(std::chrono::nanoseconds timeout);

 private:
  explicit Poller(Fd epoll) noexcept : epoll_(std::move(epoll)) {}
  [[nodiscard]] Result<void> add(int fd, std::uint32_t events, Tag tag) noexcept;

  Fd epoll_;
};

}  // namespace runvisor::sys
