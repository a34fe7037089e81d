#include "sys/diagnostics.hpp"

#include <poll.h>
#include <unistd.h>

namespace runvisor::sys {

void write_unless_blocked(int fd, std::string_view text) noexcept {
  pollfd room{.fd = fd, .events = POLLOUT, .revents = 0};
  // With POLLERR, nobody reads any more: writing would raise SIGPIPE.
  if (::poll(&room, 1, 0) != 1 || (room.revents & (POLLOUT | POLLERR)) != POLLOUT) return;
  [[maybe_unused]] const ssize_t written = ::write(fd, text.data(), text.size());
}

}  // namespace runvisor::sys
