#include <fmt/core.h>
#include <unistd.h>

#include <numeric>
#include <stdexcept>

#include "rows.hpp"

namespace runvisor::benchmark {
namespace {

constexpr int kIdleServices = 200;
constexpr int kDyingServices = 5;
constexpr std::chrono::seconds kSettle{3};
constexpr std::chrono::seconds kEndDeadline{60};

/// The supervisors of a scan directory: every runsv, and last runsvdir.
std::vector<pid_t> supervisors_of(const ScanDirectory& scan) {
  auto pids = children_of(scan.runsvdir());
  pids.push_back(scan.runsvdir());
  return pids;
}

std::int64_t switches_of_all(const std::vector<pid_t>& pids) {
  return std::accumulate(pids.begin(), pids.end(), std::int64_t{0},
                         [](std::int64_t sum, pid_t pid) { return sum + switches_of(pid); });
}

/// One suite's side of a measurement that both go through at the same time.
struct Side {
  ScanDirectory scan;
  std::vector<double> Row::*samples;
  std::vector<pid_t> supervisors{};

  void settle(std::size_t services) {
    supervisors = supervisors_of(scan);
    if (supervisors.size() != services + 1) {
      throw std::runtime_error(fmt::format("{}: {} supervisors for {} services", scan.suite().name,
                                           supervisors.size() - 1, services));
    }
  }
};

}  // namespace

std::vector<Row> measure_idle(const Context& context) {
  Side sides[] = {{{context.ours, context.folder / "idle-ours"}, &Row::ours},
                  {{context.original, context.folder / "idle-original"}, &Row::original}};
  for (auto& side : sides) {
    side.scan.add_services(kIdleServices, ServiceKind::Reporting);
    side.scan.start();
    for (int service = 0; service < kIdleServices; ++service) {
      (void)side.scan.next_event(EventKind::Started);
    }
  }
  rest(kSettle);
  // Pages of a program file that has not been written back yet would count as dirty memory.
  sync();
  Row dirty{.name = "private dirty memory per idle runsv", .unit = "KiB", .target = 0.7};
  Row share{.name = "proportional share (PSS) per idle runsv", .unit = "KiB"};
  Row wakes{.name = fmt::format("wake-ups of {} idle supervisors in {} s", kIdleServices,
                                context.options.idle.count()),
            .unit = "",
            .target = 0};
  for (auto& side : sides) {
    side.settle(kIdleServices);
    for (const pid_t pid : side.supervisors) {
      if (pid != side.scan.runsvdir()) {
        const Memory memory = memory_of(pid);
        (dirty.*side.samples).push_back(memory.private_dirty);
        (share.*side.samples).push_back(memory.proportional);
      }
    }
  }
  rest(kSettle);
  std::int64_t before[2];
  for (std::size_t which = 0; which < 2; ++which) {
    before[which] = switches_of_all(sides[which].supervisors);
  }
  rest(context.options.idle);
  for (std::size_t which = 0; which < 2; ++which) {
    const auto count = switches_of_all(sides[which].supervisors) - before[which];
    (wakes.*sides[which].samples).push_back(static_cast<double>(count));
  }
  for (auto& side : sides) {
    side.scan.hang_up();
  }
  reap_all(kEndDeadline);
  return {dirty, share, wakes};
}

std::vector<Row> measure_dying(const Context& context) {
  Side sides[] = {{{context.ours, context.folder / "dying-ours"}, &Row::ours},
                  {{context.original, context.folder / "dying-original"}, &Row::original}};
  for (auto& side : sides) {
    side.scan.add_services(kDyingServices, ServiceKind::Dying);
    side.scan.start();
  }
  rest(kSettle);
  Row row{.name = fmt::format("a service dying at once, {} s: processor time", context.options.dying.count()),
          .unit = "ms",
          .target = 0.8};
  std::vector<std::chrono::nanoseconds> before[2];
  for (std::size_t which = 0; which < 2; ++which) {
    sides[which].settle(kDyingServices);
    for (const pid_t pid : sides[which].supervisors) {
      before[which].push_back(processor_time_of(pid));
    }
  }
  rest(context.options.dying);
  for (std::size_t which = 0; which < 2; ++which) {
    auto& side = sides[which];
    // A sample is one runsv; runsvdir, the last, would wake for its own reasons only.
    for (std::size_t index = 0; index + 1 < side.supervisors.size(); ++index) {
      const auto used = processor_time_of(side.supervisors[index]) - before[which][index];
      (row.*side.samples).push_back(std::chrono::duration<double, std::milli>(used).count());
    }
  }
  for (auto& side : sides) {
    side.scan.hang_up();
  }
  reap_all(kEndDeadline);
  return {row};
}

}  // namespace runvisor::benchmark
