#include <fmt/core.h>
#include <signal.h>

#include <array>
#include <map>
#include <optional>
#include <set>
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
/// A peer that has once taken longer is asked for its first service only from then on: its figures need no
/// more samples, and the others need not wait.
constexpr double kSlowMs = 150;

/// Measures a row on several services of all crowds, in turns.
class Turns {
 public:
  Turns(Contest& contest, int services) : contest_(contest), services_(services) {}

  /// Calls `measure(crowd, service)`, which returns milliseconds, or nothing when the peer cannot do that.
  template <typename Measure>
  void take(int round, Row& row, const Measure& measure) {
    rest(kAtRest);
    for (int service = 0; service < services_; ++service) {
      contest_.each(round + service, [&](Crowd& crowd) {
        if (service > 0 && slow_.contains(&crowd)) {
          return;
        }
        const std::optional<double> duration = measure(crowd, service);
        if (!duration) {
          return;
        }
        contest_.samples_in(row, crowd).push_back(*duration);
        if (*duration > kSlowMs) {
          slow_.insert(&crowd);
        }
        rest(kSettle);
      });
    }
  }

 private:
  Contest& contest_;
  int services_;
  std::set<const Crowd*> slow_;
};

}  // namespace

std::vector<Row> measure_commands(const Context& context) {
  Contest contest(context, "commands", kCommandServices, ServiceKind::Reporting,
                  [](const FamilyTraits& traits) { return traits.family != Family::Daemontools; });
  Turns turns(contest, kCommandServices);
  const std::vector<Target> targets{{"s6", 0.5}, {"s6-ready", 0.5}, {"runit", 0.01}};
  std::vector<Row> rows{{.name = "down until done", .unit = "ms", .targets = targets},
                        {.name = "up until done", .unit = "ms", .targets = targets},
                        {.name = "restart until done", .unit = "ms", .targets = targets}};
  const std::array actions{Action::Down, Action::Up, Action::Restart};
  for (int round = 0; round < context.options.rounds; ++round) {
    for (std::size_t which = 0; which < actions.size(); ++which) {
      turns.take(round, rows[which], [&](Crowd& crowd, int service) {
        return crowd.run(crowd.command_for(actions[which], service)).count() / 1000;
      });
    }
  }
  contest.end();
  return rows;
}

std::vector<Row> measure_control(const Context& context) {
  Contest contest(context, "control", kServices, ServiceKind::Reporting,
                  [](const FamilyTraits&) { return true; });
  Turns turns(contest, kServices);
  Row down{.name = "byte d -> SIGTERM in the service", .unit = "ms", .targets = {{"s6", 1}, {"runit", 0.3}}};
  Row up{.name = "byte u -> first instruction", .unit = "ms", .targets = {{"s6", 0.8}, {"runit", 0.6}}};
  Row term{.name = "byte t -> next instance's first instruction",
           .unit = "ms",
           .targets = {{std::string{kBest}, 1}, {"runit", 0.5}}};
  Row killed{.name = "kill -9 -> next instance's first instruction",
             .unit = "ms",
             .targets = {{std::string{kBestOfEach}, 1}, {"runit", 0.6}}};
  std::map<std::pair<const Crowd*, int>, pid_t> pids;
  const auto byte_to = [&pids](EventKind kind, char byte) {
    return [&pids, kind, byte](Crowd& crowd, int service) -> std::optional<double> {
      if (!traits_of(crowd.peer().family).takes_bytes) {
        return std::nullopt;
      }
      const auto written = crowd.write_byte(service, byte);
      const EventRecord record = crowd.next_event(kind);
      pids[{&crowd, service}] = record.pid;
      return milliseconds_between(written, time_of(record));
    };
  };
  for (int round = 0; round < context.options.rounds; ++round) {
    turns.take(round, down, byte_to(EventKind::Terminated, 'd'));
    turns.take(round, up, byte_to(EventKind::Started, 'u'));
    turns.take(round, term, byte_to(EventKind::Started, 't'));
    turns.take(round, killed, [&pids](Crowd& crowd, int service) -> std::optional<double> {
      pid_t& pid = pids[{&crowd, service}];
      if (pid == 0) {
        // No byte has made it report. Then the services are the root's own children, and one of them will do.
        if (service > 0) {
          return std::nullopt;
        }
        pid = children_of(crowd.root()).at(0);
      }
      const auto before = Clock::now();
      kill(pid, SIGKILL);
      const EventRecord record = crowd.next_event(EventKind::Started);
      pid = record.pid;
      return milliseconds_between(before, time_of(record));
    });
  }
  contest.end();
  return {std::move(down), std::move(up), std::move(term), std::move(killed)};
}

std::vector<Row> measure_pick_up(const Context& context) {
  Contest contest(context, "pick-up", 1, ServiceKind::Reporting, [](const FamilyTraits&) { return true; });
  Row row{.name = "service added -> its first instruction",
          .unit = "ms",
          .targets = {{"", 10}, {"s6", 1}, {"runit", 0.005}}};
  for (int round = 0; round < context.options.rounds; ++round) {
    // The pause moves the moment through the polling period.
    rest(milliseconds{1100 + 370 * (round % 7)});
    const std::string name = fmt::format("new-{}", round);
    std::map<const Crowd*, Clock::time_point> added;
    const auto collect = [&](Crowd& crowd) {
      const auto started = time_of(crowd.next_event(EventKind::Started));
      contest.samples_in(row, crowd).push_back(milliseconds_between(added[&crowd], started));
      crowd.reap_nudge();
    };
    const auto polls = [](const Crowd& crowd) { return traits_of(crowd.peer().family).polls; };
    contest.each(round, [&](Crowd& crowd) {
      crowd.make_newcomer(name);
      if (!polls(crowd)) {
        added[&crowd] = crowd.bring_in(name);
        collect(crowd);
      }
    });
    // Those that poll take seconds, so they do it all at the same time.
    contest.each(round, [&](Crowd& crowd) {
      if (polls(crowd)) {
        added[&crowd] = crowd.bring_in(name);
      }
    });
    contest.each(round, [&](Crowd& crowd) {
      if (polls(crowd)) {
        collect(crowd);
      }
    });
  }
  contest.end();
  return {std::move(row)};
}

}  // namespace runvisor::benchmark
