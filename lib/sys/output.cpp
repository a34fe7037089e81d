#include "sys/output.hpp"

#include <poll.h>
#include <unistd.h>

namespace runvisor::sys {

Result<void> write_all(int fd, std::string_view text) noexcept {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written >= 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN) {
      // Somebody else has made the shared description non-blocking.
      pollfd room{.fd = fd, .events = POLLOUT, .revents = 0};
      ::poll(&room, 1, -1);
    } else if (errno != EINTR) {
      return last_error();
    }
  }
  return {};
}

}  // namespace runvisor::sys
