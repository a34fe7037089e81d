#include <fmt/core.h>
#include <signal.h>

#include <array>
#include <memory>
#include <utility>

#include "rows.hpp"

namespace runvisor::benchmark {
namespace {

using std::chrono::milliseconds;

/// Longer than the second that has to lie between two starts of a service.
constexpr milliseconds kAtRest{1150};
/// Lets the supervisor finish what it does after the measured moment.
constexpr milliseconds kSettle{8};
constexpr int kServices = 8;
constexpr int kCommandServices = 3;

double milliseconds_between(Clock::time_point from, Clock::time_point to) {
  return std::chrono::duration<double, std::milli>(to - from).count();
}

/// Both suites with a few running services each.
struct Pair {
  std::array<std::unique_ptr<ScanDirectory>, 2> sides;  // ours, original

  Pair(const Context& context, int services, const char* name)
      : sides{std::make_unique<ScanDirectory>(context.ours, context.folder / fmt::format("{}-ours", name)),
              std::make_unique<ScanDirectory>(context.original,
                                              context.folder / fmt::format("{}-original", name))} {
    for (auto& side : sides) {
      side->add_services(services, ServiceKind::Reporting);
      side->start();
      for (int service = 0; service < services; ++service) {
        (void)side->next_event(EventKind::Started);
      }
    }
  }

  void end() {
    for (auto& side : sides) {
      side->hang_up();
    }
    reap_all(std::chrono::seconds{60});
  }

  /// Calls `measure(side)` for both, the one that goes first taking turns; keeps what it returns in the row.
  template <typename Measure>
  void interleave(int turn, Row& row, const Measure& measure) {
    for (const int step : {0, 1}) {
      const int which = (turn + step) % 2;
      auto& samples = which == 0 ? row.ours : row.original;
      samples.push_back(measure(*sides[static_cast<std::size_t>(which)]));
      rest(kSettle);
    }
  }
};

}  // namespace

std::vector<Row> measure_commands(const Context& context) {
  Pair pair(context, kCommandServices, "commands");
  std::vector<Row> rows{{.name = "sv stop", .unit = "ms", .target = 0.01},
                        {.name = "sv start", .unit = "ms", .target = 0.01},
                        {.name = "sv restart", .unit = "ms", .target = 0.01}};
  const std::array words{"stop", "start", "restart"};
  for (int round = 0; round < context.options.rounds; ++round) {
    for (std::size_t word = 0; word < words.size(); ++word) {
      rest(kAtRest);
      for (int service = 0; service < kCommandServices; ++service) {
        pair.interleave(round + service, rows[word], [&](ScanDirectory& side) {
          return side.run_sv({words[word], side.service_path(service).string()}).count() / 1000;
        });
      }
    }
  }
  pair.end();
  return rows;
}

std::vector<Row> measure_control(const Context& context) {
  Pair pair(context, kServices, "control");
  Row down{.name = "byte d -> SIGTERM in the service", .unit = "ms", .target = 0.3};
  Row up{.name = "byte u -> first instruction", .unit = "ms", .target = 0.6};
  Row term{.name = "byte t -> next instance's first instruction", .unit = "ms", .target = 0.5};
  Row killed{.name = "kill -9 -> next instance's first instruction", .unit = "ms", .target = 0.6};
  std::array<std::array<pid_t, kServices>, 2> pids{};
  const auto pid_of = [&](const ScanDirectory& side, int service) -> pid_t& {
    const std::size_t which = &side == pair.sides[0].get() ? 0 : 1;
    return pids[which][static_cast<std::size_t>(service)];
  };
  const auto byte_to = [](EventKind kind, char byte, int service, const auto& note) {
    return [kind, byte, service, &note](ScanDirectory& side) {
      const auto written = side.command(service, byte);
      const EventRecord record = side.next_event(kind);
      note(side, service) = record.pid;
      return milliseconds_between(written, time_of(record));
    };
  };
  const auto every_service = [&](int round, Row& row, const auto& measure) {
    rest(kAtRest);
    for (int service = 0; service < kServices; ++service) {
      pair.interleave(round + service, row, measure(service));
    }
  };
  for (int round = 0; round < context.options.rounds; ++round) {
    every_service(round, down,
                  [&](int service) { return byte_to(EventKind::Terminated, 'd', service, pid_of); });
    every_service(round, up, [&](int service) { return byte_to(EventKind::Started, 'u', service, pid_of); });
    every_service(round, term,
                  [&](int service) { return byte_to(EventKind::Started, 't', service, pid_of); });
    every_service(round, killed, [&](int service) {
      return [&pid_of, service](ScanDirectory& side) {
        const auto before = Clock::now();
        kill(pid_of(side, service), SIGKILL);
        const EventRecord record = side.next_event(EventKind::Started);
        pid_of(side, service) = record.pid;
        return milliseconds_between(before, time_of(record));
      };
    });
  }
  pair.end();
  return {std::move(down), std::move(up), std::move(term), std::move(killed)};
}

std::vector<Row> measure_pick_up(const Context& context) {
  Pair pair(context, 1, "pick-up");
  Row row{.name = "directory linked in -> first instruction", .unit = "ms", .target = 0.005};
  for (int round = 0; round < 2 * context.options.rounds; ++round) {
    // Both at once: the one that polls takes seconds. The pause moves the link through the polling period.
    rest(milliseconds{1100 + 370 * (round % 7)});
    std::array<Clock::time_point, 2> linked;
    for (std::size_t which = 0; which < 2; ++which) {
      auto& side = *pair.sides[which];
      const auto service = side.stock_service(fmt::format("new-{}", round));
      linked[which] = side.link_in(service);
      if (which == 0) {
        row.ours.push_back(milliseconds_between(linked[which], time_of(side.next_event(EventKind::Started))));
      }
    }
    row.original.push_back(
        milliseconds_between(linked[1], time_of(pair.sides[1]->next_event(EventKind::Started))));
  }
  pair.end();
  return {std::move(row)};
}

}  // namespace runvisor::benchmark
