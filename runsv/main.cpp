// runsv: supervises one service directory and its log service.

#include <fmt/compile.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <optional>
#include <string>

#include "event/loop.hpp"
#include "event/signals.hpp"
#include "service/service.hpp"
#include "sys/standard_descriptors.hpp"
#include "sys/system.hpp"

namespace {

using namespace runvisor;

constexpr int kUsage = 1;
constexpr int kFatal = 111;

int fatal(sys::System& system, const std::string& name, const service::Failure& failure) {
  system.complain(fmt::format(FMT_COMPILE("runsv {}: fatal: {}\n"), name, failure.text()));
  return kFatal;
}

/// Nothing has been published or started yet, and the system takes the locks back.
void leave_at_once(int) { ::_exit(EXIT_SUCCESS); }

int supervise(sys::System& system, const std::string& name) {
  if (::chdir(name.c_str()) == -1) {
    return fatal(system, name, {"unable to change to directory", sys::last_error()});
  }
  event::Loop loop([&](sys::Error error) {
    system.complain(
        fmt::format(FMT_COMPILE("runsv {}: warning: unable to watch descriptors, looking every second: {}\n"),
                    name, sys::words(error)));
  });
  event::Reaper reaper(system);
  std::optional<service::Service> service;
  event::Signals signals(loop, [&](int signal) {
    if (signal == SIGCHLD) {
      reaper.reap();
    } else {
      service->command(core::Command::exit);
    }
  });
  service.emplace(system, loop, reaper,
                  service::Service::Options{.name = name, .left = [&loop] { loop.stop(); }});
  if (const auto opened = signals.open({SIGCHLD, SIGTERM}); !opened) {
    return fatal(system, name, {"unable to receive signals", opened.error()});
  }
  // Runs only while the service waits for its log directory's lock: all else has TERM blocked.
  struct sigaction leaving {};
  leaving.sa_handler = leave_at_once;
  ::sigaction(SIGTERM, &leaving, nullptr);
  if (const auto failed = service->open(signals.child_mask())) return fatal(system, name, *failed);
  // Told to exit before anything was started, it starts nothing. What was taken over has to be ended.
  if (signals.is_due(SIGTERM) && !service->has_adopted()) return EXIT_SUCCESS;
  service->begin(signals.child_mask());
  loop.run();
  return EXIT_SUCCESS;
}

}  // namespace

int main(int argc, char** argv) {
  sys::System& system = sys::operating_system();
  if (argc != 2) {
    system.complain(fmt::format(FMT_COMPILE("usage: {} dir\n\n"), argc > 0 ? argv[0] : "runsv"));
    return kUsage;
  }
  sys::open_standard_descriptors();
  return supervise(system, argv[1]);
}
