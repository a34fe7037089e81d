// runit-init: becomes runit as process number 1; to anybody else, asks it to end.

#include <fcntl.h>
#include <fmt/compile.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <string_view>

#include "sys/result.hpp"
#include "sys/system.hpp"

namespace {

using namespace runvisor;

constexpr int kFatal = 111;

int fatal(std::string_view what, std::string_view subject, sys::Error error) {
  sys::operating_system().complain(
      fmt::format(FMT_COMPILE("init: fatal: {}{}: {}\n"), what, subject, sys::words(error)));
  return kFatal;
}

/// Creates `file`, if need be, and makes it executable by its owner: that asks runit for what it stands for.
/// Gives the exit status of a failure.
int ask(const char* file) {
  const sys::Fd made{::open(file, O_WRONLY | O_NONBLOCK | O_CREAT | O_TRUNC | O_CLOEXEC, 0100)};
  if (!made) return fatal("unable to create ", file, sys::last_error());
  if (::fchmod(made.get(), S_IXUSR) == -1) return fatal("unable to chmod ", file, sys::last_error());
  return EXIT_SUCCESS;
}

/// Has runit end the run, and restart the machine or power it off.
int end_the_run(bool restart) {
  if (restart) {
    if (const int failed = ask(RUNVISOR_RESTART_FILE)) return failed;
  } else if (::chmod(RUNVISOR_RESTART_FILE, 0) == -1 && errno != ENOENT) {
    return fatal("unable to chmod ", RUNVISOR_RESTART_FILE, sys::last_error());
  }
  if (const int failed = ask(RUNVISOR_STOP_FILE)) return failed;
  if (::kill(1, SIGCONT) == -1) return fatal("unable to signal process no 1", "", sys::last_error());
  return EXIT_SUCCESS;
}

/// Only returns if there is no runit, which leaves the kernel without a first process.
int become_runit() {
  char name[] = "runit";
  char* argv[] = {name, nullptr};
  ::execv("/sbin/runit", argv);
  const sys::Error error = sys::last_error();
  ::execv(RUNVISOR_BIN_DIR "/runit", argv);
  return fatal("unable to start runit", "", error);
}

}  // namespace

int main(int argc, char** argv) {
  if (::getpid() == 1) return become_runit();
  // As the original does, only the first character is looked at.
  switch (argc > 1 ? argv[1][0] : '\0') {
    case '0':
      return end_the_run(false);
    case '6':
      return end_the_run(true);
    default:
      sys::operating_system().complain(
          fmt::format(FMT_COMPILE("usage: {} 0|6\n\n"), argc > 0 ? argv[0] : "init"));
      return EXIT_SUCCESS;
  }
}
