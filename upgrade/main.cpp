// runvisor-upgrade: puts another version of runsv under the running services of a scan directory, by killing
// each runsv: runsvdir starts the new one, which adopts the service (docs/decisions/0016-adoption.md).

#include <fcntl.h>
#include <fmt/compile.h>
#include <poll.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <optional>
#include <string>

#include "sys/directory_names.hpp"
#include "sys/foreign_process.hpp"
#include "sys/lock_holder.hpp"
#include "sys/output.hpp"
#include "sys/standard_descriptors.hpp"
#include "sys/supervise_client.hpp"

namespace {

using namespace runvisor;
using Clock = std::chrono::steady_clock;

constexpr int kFailed = 1;
constexpr int kFatal = 100;

/// How long the new runsv of a service may take. runsvdir starts one a second at most.
constexpr std::chrono::seconds kPatience{7};
constexpr std::chrono::milliseconds kBetweenLooks{5};

void tell(const std::string& line) {
  [[maybe_unused]] const auto written = sys::write_all(STDOUT_FILENO, line);
}

int fatal(const std::string& what) {
  [[maybe_unused]] const auto written =
      sys::write_all(STDERR_FILENO, fmt::format(FMT_COMPILE("runvisor-upgrade: fatal: {}\n"), what));
  return kFatal;
}

std::string lock_of(const std::string& name) { return name + "/supervise/lock"; }

/// The service's process, 0 for none.
std::uint32_t pid_of(int scan, const std::string& name) {
  const auto record = sys::SuperviseClient(scan, name).read_record();
  return record ? record->pid : 0;
}

/// Waits until another than `old` holds the service and answers.
bool is_replaced(int scan, const std::string& name, pid_t old) {
  for (const auto end = Clock::now() + kPatience; Clock::now() < end;) {
    const auto holder = sys::find_lock_holder(scan, lock_of(name).c_str());
    if (holder && holder->pid != old && sys::SuperviseClient(scan, name).open_ok()) return true;
    ::poll(nullptr, 0, static_cast<int>(kBetweenLooks.count()));
  }
  return false;
}

/// Whether the service went well, or there was nothing to do.
bool upgrade(int scan, const std::string& name) {
  const auto failed = [&name](std::string_view what) {
    tell(fmt::format(FMT_COMPILE("fail: {}: {}\n"), name, what));
    return false;
  };
  const auto holder = sys::find_lock_holder(scan, lock_of(name).c_str());
  if (!holder) {
    const bool is_supervised = sys::SuperviseClient(scan, name).open_ok().has_value();
    return !is_supervised || failed("its runsv leaves nothing to a next one");
  }
  const auto process = sys::open_process(holder->pid);
  const auto parent = sys::process_parent(holder->pid);
  // Found again, it is the process that was opened.
  if (!process || !parent || sys::find_lock_holder(scan, lock_of(name).c_str()) != holder) {
    return failed("its runsv has just ended");
  }
  // Nobody else would start another.
  if (sys::process_name(*parent) != "runsvdir") return failed("its runsv is no child of a runsvdir");
  const std::uint32_t before = pid_of(scan, name);
  if (!sys::signal_process(process->get(), SIGKILL)) return failed("unable to kill its runsv");
  if (!is_replaced(scan, name, holder->pid)) return failed("no new runsv has come");
  const std::uint32_t after = pid_of(scan, name);
  if (before != 0 && after != before) return failed("the service has ended meanwhile");
  tell(fmt::format(FMT_COMPILE("ok: {}: (pid {})\n"), name, after));
  return true;
}

int upgrade_all(const char* directory) {
  const sys::Fd scan{::open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC)};
  if (!scan) return fatal(std::string("unable to open ") + directory);
  const auto names = sys::directory_names(directory);
  if (!names) return fatal(std::string("unable to read ") + directory);
  bool all_well = true;
  for (const std::string& name : *names) {
    if (!name.starts_with('.')) all_well = upgrade(scan.get(), name) && all_well;
  }
  return all_well ? EXIT_SUCCESS : kFailed;
}

}  // namespace

int main(int argc, char** argv) {
  sys::open_standard_descriptors();
  if (argc != 2 || argv[1][0] == '-') {
    [[maybe_unused]] const auto written = sys::write_all(STDERR_FILENO, "usage: runvisor-upgrade dir\n\n");
    return kFatal;
  }
  return upgrade_all(argv[1]);
}
