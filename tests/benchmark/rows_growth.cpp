#include <fmt/core.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <map>
#include <numeric>
#include <stdexcept>

#include "rows.hpp"

namespace runvisor::benchmark {
namespace {

using std::chrono::milliseconds;

/// Longer than the second that has to lie between two starts of a service, for which some wait even when all
/// ends.
constexpr milliseconds kAtRest{1150};
constexpr std::chrono::seconds kEndDeadline{120};
/// Services that are told to go down and up again.
constexpr int kTold = 3;
/// As many starts of a program as can be waited for, where the state of one service takes one.
constexpr std::size_t kMostCommands = 1001;
constexpr double kLinear = 1.05;
/// What a figure that does not depend on the size may seem to grow with.
constexpr double kConstant = 0.1;

/// Large crowds need fewer rounds, and take long. A thousand has targets of its own.
int rounds_at(int size, int rounds) {
  if (size <= 100) {
    return rounds;
  }
  return std::min(rounds, size == 1000 ? 3 : 2);
}

/// The rows for one size.
struct Rows {
  Row boot, end, status, memory, down, up, pick_up;

  explicit Rows(int size)
      : boot(make("boot", "ms", kLinear, size, "{} services: started -> all up")),
        end(make("shutdown", "ms", kLinear, size, "{} services: told to end -> all ended")),
        status(make("status", "ms", kLinear, size, "{} services: state of all")),
        memory(make("memory", "MiB", kLinear, size, "{} services: PSS of all supervisors")),
        down(make("down", "ms", kConstant, size, "{} services: byte d -> SIGTERM in one")),
        up(make("up", "ms", kConstant, size, "{} services: byte u -> first instruction of one")),
        pick_up(make("pick-up", "ms", kConstant, size, "{} services: one added -> its first instruction")) {
    boot.targets = {{std::string{kBestOfEach}, 1}, {"floor", 1.3}};
    end.targets = {{std::string{kBestOfEach}, 1}};
  }

  [[nodiscard]] std::vector<Row> all() const { return {boot, end, status, memory, down, up, pick_up}; }

 private:
  static Row make(const char* curve, const char* unit, double most_growth, int size, const char* name) {
    return {.name = fmt::format(fmt::runtime(name), size),
            .unit = unit,
            .point = Point{curve, size, most_growth}};
  }
};

/// One life of a crowd.
class Life {
 public:
  Life(const Context& context, Crowd& crowd, Rows& rows) : context_(context), crowd_(crowd), rows_(rows) {}

  void measure(bool fully) {
    crowd_.flush();
    const auto start = crowd_.start();
    add(rows_.boot, milliseconds_between(start, crowd_.await_start()));
    rest(kAtRest);
    if (fully) {
      measure_status();
      measure_memory();
      measure_control();
      measure_pick_up();
      rest(kAtRest);
    }
    const auto end = crowd_.begin_end();
    reap_all(kEndDeadline);
    add(rows_.end, milliseconds_between(end, Clock::now()));
  }

 private:
  void add(Row& row, double sample) {
    row.of(crowd_.peer().name, context_.role_of(crowd_.peer())).push_back(sample);
  }

  void measure_status() {
    const auto commands = crowd_.status_commands(0, crowd_.size());
    if (commands.size() > kMostCommands) {
      return;
    }
    double duration = 0;
    for (const Command& command : commands) {
      duration += crowd_.run(command).count() / 1000;
    }
    add(rows_.status, duration);
  }

  void measure_memory() {
    auto pids = crowd_.supervisors();
    pids.push_back(crowd_.root());
    const double sum = std::accumulate(pids.begin(), pids.end(), 0.0, [](double so_far, pid_t pid) {
      return so_far + memory_of(pid).proportional;
    });
    add(rows_.memory, sum / 1024);
  }

  void measure_control() {
    if (!traits_of(crowd_.peer().family).takes_bytes) {
      return;
    }
    for (int number = 0; number < kTold; ++number) {
      const int service = crowd_.size() / kTold * number;
      if (number > 0 && service == 0) {
        break;
      }
      auto told = crowd_.write_byte(service, 'd');
      add(rows_.down, milliseconds_between(told, time_of(crowd_.next_event(EventKind::Terminated))));
      rest(milliseconds{20});
      told = crowd_.write_byte(service, 'u');
      add(rows_.up, milliseconds_between(told, time_of(crowd_.next_event(EventKind::Started))));
    }
  }

  void measure_pick_up() {
    if (traits_of(crowd_.peer().family).polls) {
      return;
    }
    crowd_.make_newcomer("newcomer");
    const auto added = crowd_.bring_in("newcomer");
    add(rows_.pick_up, milliseconds_between(added, time_of(crowd_.next_event(EventKind::Started))));
    crowd_.reap_nudge();
  }

  const Context& context_;
  Crowd& crowd_;
  Rows& rows_;
};

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

/// The boot without supervisors: an empty static program in the place of each.
double boot_floor(Crowd& crowd) {
  crowd.flush();
  const auto start = Clock::now();
  for (int service = 0; service < crowd.size(); ++service) {
    start_floor(RUNVISOR_BENCHMARK_HELPERS "/benchmark-floor", crowd.service_path(service).c_str());
  }
  const double duration = milliseconds_between(start, crowd.await_start());
  for (const pid_t service : children_of(getpid())) {
    kill(service, SIGTERM);
  }
  reap_all(kEndDeadline);
  return duration;
}

Rows measure_size(const Context& context, int size) {
  Rows rows(size);
  std::vector<const Peer*> peers;
  for (const Peer& peer : context.peers) {
    if (traits_of(peer.family).most_services >= size) {
      peers.push_back(&peer);
    }
  }
  for (int round = 0; round < rounds_at(size, context.options.rounds); ++round) {
    // The floor takes its turn like a peer, after the last.
    for (std::size_t step = 0; step <= peers.size(); ++step) {
      const std::size_t turn = (static_cast<std::size_t>(round) + step) % (peers.size() + 1);
      const bool floor = turn == peers.size();
      const Peer& peer = floor ? context.ours() : *peers[turn];
      const auto crowd = make_crowd(
          peer, context.folder / fmt::format("growth-{}-{}-{}", size, floor ? "floor" : peer.name, round));
      crowd->add_services(size, ServiceKind::Reporting);
      if (floor) {
        rows.boot.of("floor", Role::Floor).push_back(boot_floor(*crowd));
      } else {
        Life(context, *crowd, rows).measure(round % 2 == 0);  // boot and end want more rounds than the rest
      }
    }
  }
  return rows;
}

}  // namespace

std::vector<Row> measure_growth(const Context& context) {
  std::vector<std::vector<Row>> sizes;
  for (const int size : context.options.sizes) {
    fmt::print(stderr, "  {} services...\n", size);
    sizes.push_back(measure_size(context, size).all());
  }
  // All sizes of one curve together.
  std::vector<Row> rows;
  for (std::size_t curve = 0; curve < sizes.front().size(); ++curve) {
    for (const auto& size : sizes) {
      rows.push_back(size[curve]);
    }
  }
  return rows;
}

}  // namespace runvisor::benchmark
