#include <fmt/core.h>

#include <map>
#include <numeric>
#include <stdexcept>

#include "rows.hpp"

namespace runvisor::benchmark {
namespace {

constexpr int kIdleServices = 200;
constexpr int kDyingServices = 5;
constexpr std::chrono::seconds kSettle{3};

/// The supervisors of single services; throws when there is not one for each.
std::vector<pid_t> supervisors_of(const Crowd& crowd) {
  const auto pids = crowd.supervisors();
  if (traits_of(crowd.peer().family).supervisor_per_service &&
      pids.size() != static_cast<std::size_t>(crowd.size())) {
    throw std::runtime_error(
        fmt::format("{}: {} supervisors for {} services", crowd.peer().name, pids.size(), crowd.size()));
  }
  return pids;
}

std::int64_t switches_of_all(const Crowd& crowd) {
  const auto pids = crowd.supervisors();
  return std::accumulate(pids.begin(), pids.end(), switches_of(crowd.root()),
                         [](std::int64_t sum, pid_t pid) { return sum + switches_of(pid); });
}

/// Calls `note(memory)` with what each service takes: its supervisor, or its part of the process that all
/// share.
template <typename Note>
void each_memory(const Crowd& crowd, const Note& note) {
  const auto pids = supervisors_of(crowd);
  for (const pid_t pid : pids) {
    note(memory_of(pid));
  }
  if (pids.empty()) {
    const Memory all = memory_of(crowd.root());
    note(Memory{all.private_dirty / crowd.size(), all.proportional / crowd.size()});
  }
}

}  // namespace

std::vector<Row> measure_idle(const Context& context) {
  Contest contest(context, "idle", kIdleServices, ServiceKind::Reporting,
                  [](const FamilyTraits&) { return true; });
  rest(kSettle);
  // Pages of a program file that has not been written back yet would count as dirty memory.
  contest.crowds().front()->flush();
  Row dirty{.name = "private dirty memory for a service",
            .unit = "KiB",
            .targets = {{std::string{kBestOfEach}, 0.7}}};
  Row share{.name = "proportional share (PSS) for a service",
            .unit = "KiB",
            .targets = {{std::string{kBestOfEach}, 0.7}}};
  Row wakes{.name = fmt::format("wake-ups of {} idle supervisors in {} s", kIdleServices,
                                context.options.idle.count()),
            .unit = "",
            .targets = {{"", 0}}};
  for (const auto& crowd : contest.crowds()) {
    each_memory(*crowd, [&](const Memory& memory) {
      contest.samples_in(dirty, *crowd).push_back(memory.private_dirty);
      contest.samples_in(share, *crowd).push_back(memory.proportional);
    });
  }
  rest(kSettle);
  std::map<const Crowd*, std::int64_t> before;
  for (const auto& crowd : contest.crowds()) {
    before[crowd.get()] = switches_of_all(*crowd);
  }
  rest(context.options.idle);
  for (const auto& crowd : contest.crowds()) {
    const auto count = switches_of_all(*crowd) - before[crowd.get()];
    contest.samples_in(wakes, *crowd).push_back(static_cast<double>(count));
  }
  contest.end();
  return {dirty, share, wakes};
}

std::vector<Row> measure_dying(const Context& context) {
  Contest contest(context, "dying", kDyingServices, ServiceKind::Dying,
                  [](const FamilyTraits& traits) { return traits.supervisor_per_service; });
  rest(kSettle);
  Row row{.name = fmt::format("a service dying at once, {} s: processor time", context.options.dying.count()),
          .unit = "ms",
          .targets = {{"runit", 0.8}}};
  std::map<pid_t, std::chrono::nanoseconds> before;
  for (const auto& crowd : contest.crowds()) {
    for (const pid_t pid : supervisors_of(*crowd)) {
      before[pid] = processor_time_of(pid);
    }
  }
  rest(context.options.dying);
  for (const auto& crowd : contest.crowds()) {
    for (const pid_t pid : supervisors_of(*crowd)) {
      const auto used = processor_time_of(pid) - before.at(pid);
      contest.samples_in(row, *crowd).push_back(std::chrono::duration<double, std::milli>(used).count());
    }
  }
  contest.end();
  return {row};
}

}  // namespace runvisor::benchmark
