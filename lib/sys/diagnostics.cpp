#include "sys/diagnostics.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <cstddef>
#include <span>

#include "core/printable.hpp"

namespace runvisor::sys {

void write_unless_blocked(int fd, std::string_view text) noexcept {
  pollfd room{.fd = fd, .events = POLLOUT, .revents = 0};
  // With POLLERR, nobody reads any more: writing would raise SIGPIPE.
  if (::poll(&room, 1, 0) != 1 || (room.revents & (POLLOUT | POLLERR)) != POLLOUT) return;
  char line[PIPE_BUF];
  const std::size_t size = std::min(text.size(), sizeof line);
  std::copy_n(text.begin(), size, line);
  // But for the ends of lines: they are this program's own.
  const std::size_t end = std::string_view{line, size}.find_last_not_of('\n') + 1;
  core::make_printable(std::span{line, end});
  [[maybe_unused]] const ssize_t written = ::write(fd, line, size);
}

}  // namespace runvisor::sys
