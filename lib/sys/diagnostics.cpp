#include "sys/diagnostics.hpp"

#include <poll.h>
#include <unistd.h>

namespace runvisor::sys {

void write_unless_blocked(int fd, std::string_view text) noexcept {
  pollfd room{.fd = fd, .events = POLLOUT, .revents = 0};
  if (::poll(&room, 1, 0) != 1 || (room.revents & POLLOUT) == 0) return;
  [[maybe_unused]] const ssize_t written = ::write(fd, text.data(), text.size());
}

}  // namespace runvisor::sys
