#include <fmt/core.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <stdexcept>

#include "rows.hpp"

namespace runvisor::benchmark {
namespace {

constexpr std::chrono::milliseconds kSettle{500};
constexpr std::chrono::seconds kEndDeadline{120};

double milliseconds_since(Clock::time_point start, Clock::time_point end) {
  return std::chrono::duration<double, std::milli>(end - start).count();
}

/// The moment at which the last of `count` services executed its first instruction.
Clock::time_point all_started(ScanDirectory& scan, int count) {
  Clock::time_point last{};
  for (int started = 0; started < count; ++started) {
    last = std::max(last, time_of(scan.next_event(EventKind::Started)));
  }
  return last;
}

/// Starts the floor program in a service directory, the cheapest way there is.
void start_floor(const char* program, const char* directory) {
  char* const arguments[] = {const_cast<char*>(program), nullptr};
  const pid_t child = vfork();
  if (child == 0) {
    if (chdir(directory) == 0) {
      execve(program, arguments, environ);
    }
    _exit(111);
  }
  if (child < 0) {
    throw std::runtime_error("vfork failed");
  }
}

struct BootRows {
  Row boot;
  Row end;
};

void measure_suite(const Context& context, const Suite& suite, int round, std::vector<double> Row::*samples,
                   BootRows& rows) {
  const int count = context.options.services;
  ScanDirectory scan(suite, context.folder / fmt::format("boot-{}-{}", suite.name, round));
  scan.add_services(count, ServiceKind::Reporting);
  scan.flush();
  const auto start = scan.start();
  (rows.boot.*samples).push_back(milliseconds_since(start, all_started(scan, count)));
  rest(kSettle);
  const auto hang_up = scan.hang_up();
  reap_all(kEndDeadline);
  (rows.end.*samples).push_back(milliseconds_since(hang_up, Clock::now()));
}

double measure_floor(const Context& context, int round) {
  const int count = context.options.services;
  ScanDirectory scan(context.ours, context.folder / fmt::format("boot-floor-{}", round));
  scan.add_services(count, ServiceKind::Reporting);
  scan.flush();
  std::vector<std::string> directories;
  for (int service = 0; service < count; ++service) {
    directories.push_back(scan.service_path(service).string());
  }
  const auto start = Clock::now();
  for (const auto& directory : directories) {
    start_floor(RUNVISOR_BENCHMARK_HELPERS "/benchmark-floor", directory.c_str());
  }
  const double duration = milliseconds_since(start, all_started(scan, count));
  for (const pid_t service : children_of(getpid())) {
    kill(service, SIGTERM);
  }
  reap_all(kEndDeadline);
  return duration;
}

}  // namespace

std::vector<Row> measure_boot(const Context& context) {
  const int count = context.options.services;
  BootRows rows{.boot = {.name = fmt::format("{} services: runsvdir started -> all up", count),
                         .unit = "ms",
                         .target = 0.75},
                .end = {.name = fmt::format("{} services: HUP to runsvdir -> all ended", count),
                        .unit = "ms",
                        .target = 0.35}};
  std::vector<double> floor;
  for (int round = 0; round < context.options.rounds; ++round) {
    // Three turns a round, in an order that changes.
    for (int step = 0; step < 3; ++step) {
      switch ((round + step) % 3) {
        case 0:
          measure_suite(context, context.ours, round, &Row::ours, rows);
          break;
        case 1:
          measure_suite(context, context.original, round, &Row::original, rows);
          break;
        case 2:
          floor.push_back(measure_floor(context, round));
          break;
      }
    }
  }
  Row to_floor = rows.boot;
  to_floor.target = 1.3;
  to_floor.reference = "floor";
  to_floor.original = std::move(floor);
  return {rows.boot, to_floor, rows.end};
}

}  // namespace runvisor::benchmark
