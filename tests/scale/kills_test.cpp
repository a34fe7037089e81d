#include <unistd.h>

#include <iterator>
#include <map>

#include <catch2/catch.hpp>

#include "crowd.hpp"

using namespace runvisor::testing;

namespace {

std::string field(const std::string& text, const std::string& name) {
  const std::size_t at = text.find(name);
  return at == std::string::npos ? "" : text.substr(at, text.find('\n', at) - at);
}

/// What a process has: open descriptors, and memory of its own.
std::string belongings(pid_t pid) {
  const std::string proc = "/proc/" + std::to_string(pid);
  const std::filesystem::directory_iterator entries(proc + "/fd");
  std::string all = std::to_string(std::distance(begin(entries), end(entries))) + " descriptors";
  // A sanitizer keeps memory that was freed.
  if (!running_sanitized()) all += "; " + field(read_file(proc + "/status"), "VmData:");
  return all;
}

long private_dirty_kib(pid_t pid) {
  const std::string line =
      field(read_file("/proc/" + std::to_string(pid) + "/smaps_rollup"), "Private_Dirty:");
  return line.empty() ? 0 : std::stol(line.substr(line.find(':') + 1));
}

/// Kills every service and waits until each runs again.
bool kill_all(const Crowd& crowd) {
  std::vector<pid_t> killed;
  for (const ServiceDir& service : crowd.services) {
    killed.push_back(run_pid(service.path()));
    if (killed.back() == 0 || ::kill(killed.back(), SIGKILL) != 0) return false;
  }
  for (std::size_t i = 0; i < killed.size(); ++i) {
    const auto runs_again = [&] {
      const pid_t pid = run_pid(crowd.services[i].path());
      return pid != 0 && pid != killed[i];
    };
    if (!eventually(runs_again)) return false;
  }
  return true;
}

}  // namespace

SCENARIO_METHOD(Crowd, "ten thousand kills leave every runsv as it was") {
  const int count = running_sanitized() ? 20 : 500;
  const int rounds = running_sanitized() ? 5 : 20;
  make(count);
  start();
  REQUIRE(all_run(60s));
  // The first deaths take what every later one uses again.
  for (int i = 0; i < 2; ++i) REQUIRE(kill_all(*this));

  const std::vector<pid_t> supervisors = children_of(runsvdir->pid());
  REQUIRE(supervisors.size() == services.size());
  std::map<pid_t, std::string> before{{runsvdir->pid(), belongings(runsvdir->pid())}};
  std::map<pid_t, long> dirty;
  for (const pid_t pid : supervisors) {
    before[pid] = belongings(pid);
    dirty[pid] = private_dirty_kib(pid);
  }

  for (int round = 0; round < rounds; ++round) REQUIRE(kill_all(*this));

  CHECK(children_of(runsvdir->pid()) == supervisors);
  for (const auto& [pid, had] : before) CHECK(belongings(pid) == had);
  if (!running_sanitized()) {
    // A page of the stack or of the program's data may be written for the first time late.
    for (const auto& [pid, kib] : dirty) CHECK(private_dirty_kib(pid) <= kib + 8);
  }
  CHECK(hang_up(60s));
}
