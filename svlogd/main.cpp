// svlogd: writes what it reads to automatically rotated logs.

#include <fcntl.h>
#include <unistd.h>

#include <new>
#include <span>
#include <variant>

#include "cli/svlogd_command_line.hpp"
#include "logger.hpp"
#include "sys/output.hpp"
#include "sys/standard_descriptors.hpp"
#include "sys/system.hpp"

namespace {

/// Occupies the descriptors that processors get as 4 and 5, so that none of our own has these numbers.
void reserve_descriptors() noexcept {
  constexpr int kLast = 5;
  int fd = STDERR_FILENO;
  do {
    fd = ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, fd + 1);
  } while (fd != -1 && fd < kLast);
  if (fd > kLast) ::close(fd);
}

}  // namespace

int main(int argc, char** argv) try {
  using namespace runvisor;
  sys::open_standard_descriptors();
  const auto parsed = cli::parse_svlogd({argv, static_cast<std::size_t>(argc)});
  if (const auto* error = std::get_if<cli::SvlogdUsageError>(&parsed)) {
    [[maybe_unused]] const auto written = sys::write_all(STDERR_FILENO, error->text);
    return cli::kSvlogdFailure;
  }
  reserve_descriptors();
  return svlogd::Logger(sys::operating_system(), std::get<cli::SvlogdInvocation>(parsed)).run();
} catch (const std::bad_alloc&) {
  [[maybe_unused]] const auto written = runvisor::sys::write_all(STDERR_FILENO, "out of memory.\n");
  return runvisor::cli::kSvlogdFailure;
}
