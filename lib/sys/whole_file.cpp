#include "sys/whole_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include "sys/fd.hpp"

namespace runvisor::sys {

Result<std::string> read_to_end(int fd, std::size_t limit) {
  std::string text;
  char buffer[8192];
  for (;;) {
    const ssize_t got = ::read(fd, buffer, sizeof buffer);
    if (got == -1 && errno == EINTR) continue;
    if (got == -1) return last_error();
    if (got == 0) return text;
    text.append(buffer, static_cast<std::size_t>(got));
    if (text.size() > limit) return Error{E2BIG};
  }
}

Result<std::string> read_whole_file(const char* path, std::size_t limit) {
  const Fd file{::open(path, O_RDONLY | O_CLOEXEC)};
  if (!file) return last_error();
  return read_to_end(file.get(), limit);
}

}  // namespace runvisor::sys
