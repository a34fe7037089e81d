// utmpset: records that whoever was logged in on a terminal line has logged out.

#include <fcntl.h>
#include <fmt/compile.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <string>

#include "cli/option_scanner.hpp"
#include "sys/fd.hpp"
#include "sys/login_records.hpp"
#include "sys/output.hpp"
#include "sys/standard_descriptors.hpp"

namespace {

using namespace runvisor;

constexpr int kUsage = 1;
constexpr int kFatal = 111;

void complain(const std::string& text) {
  [[maybe_unused]] const auto written = sys::write_all(STDERR_FILENO, text);
}

int usage(const char* program) {
  complain(fmt::format(FMT_COMPILE("usage: {} [-w] line\n\n"), program));
  return kUsage;
}

int fatal(const char* what, const char* file, sys::Error error) {
  complain(fmt::format(FMT_COMPILE("utmpset: fatal: unable to {} {}: {}\n"), what, file, sys::words(error)));
  return kFatal;
}

int not_logged_out(const char* line, const char* records, std::string_view cause) {
  complain(fmt::format(FMT_COMPILE("utmpset: warning: unable to logout line {} in {}: {}\n"), line, records,
                       cause));
  return kFatal;
}

sys::LoginTime now() {
  return std::chrono::time_point_cast<std::chrono::seconds>(std::chrono::system_clock::now());
}

int log_out_of_utmp(const char* line) {
  const sys::Fd utmp{::open(sys::kUtmp, O_RDWR | O_CLOEXEC)};
  if (!utmp) return fatal("open", sys::kUtmp, sys::last_error());
  if (const auto locked = sys::lock_records(utmp.get()); !locked) {
    return fatal("lock", sys::kUtmp, locked.error());
  }
  const auto done = sys::log_out(utmp.get(), line, now());
  if (!done) return not_logged_out(line, "utmp", sys::words(done.error()));
  return *done ? EXIT_SUCCESS : not_logged_out(line, "utmp", "no such entry");
}

int append_to_wtmp(const char* line) {
  const sys::Fd wtmp{::open(sys::kWtmp, O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK | O_CLOEXEC, 0600)};
  if (!wtmp) return fatal("open", sys::kWtmp, sys::last_error());
  if (const auto locked = sys::lock_records(wtmp.get()); !locked) {
    return fatal("lock", sys::kWtmp, locked.error());
  }
  const auto done = sys::append_logout(wtmp.get(), line, now());
  return done ? EXIT_SUCCESS : not_logged_out(line, "wtmp", sys::words(done.error()));
}

}  // namespace

int main(int argc, char** argv) {
  sys::open_standard_descriptors();
  const char* const program = argc > 0 ? argv[0] : "utmpset";
  cli::OptionScanner options({argv + 1, argv + (argc > 0 ? argc : 1)}, "w");
  bool wtmp = false;
  while (options.next()) wtmp = true;
  if (options.error()) {
    complain(cli::message("utmpset", *options.error()));
    return usage(program);
  }
  if (options.rest().empty()) return usage(program);
  const char* const line = options.rest().front();
  if (const int failed = log_out_of_utmp(line)) return failed;
  return wtmp ? append_to_wtmp(line) : EXIT_SUCCESS;
}
