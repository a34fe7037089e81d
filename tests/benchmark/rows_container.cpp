#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "container.hpp"
#include "rows.hpp"

namespace runvisor::benchmark {
namespace {

constexpr int kServices = 10;
/// A container's life is short, so a round has several.
constexpr int kLives = 4;
constexpr std::chrono::milliseconds kSettle{200};
constexpr std::chrono::seconds kEndDeadline{60};

/// What one life of a container has shown.
struct Life {
  double first_service = 0;
  double all_services = 0;
  double stop = 0;
  double first_private = 0;
  double all_private = 0;
  double all_share = 0;
};

Life live(const ContainerKind& kind, const std::filesystem::path& base) {
  Container container(kind, base, kServices);
  container.services().flush();
  container.start();
  Clock::time_point first = Clock::time_point::max();
  Clock::time_point last{};
  for (int service = 0; service < kServices; ++service) {
    const auto started = time_of(container.services().next_event(EventKind::Started));
    first = std::min(first, started);
    last = std::max(last, started);
  }
  rest(kSettle);
  Life life{.first_service = milliseconds_between(container.executed(), first),
            .all_services = milliseconds_between(container.executed(), last)};
  for (const pid_t pid : container.supervisors()) {
    const Memory memory = memory_of(pid);
    life.all_private += memory.private_dirty;
    life.all_share += memory.proportional;
    if (pid == container.first()) {
      life.first_private = memory.private_dirty;
    }
  }
  const auto told = container.stop();
  wait_for(container.first());
  life.stop = milliseconds_between(told, Clock::now());
  reap_all(kEndDeadline);
  return life;
}

struct Way {
  Role role;
  ContainerKind kind;
};

std::vector<Way> ways_of(const Context& context) {
  std::vector<Way> ways{
      {Role::Ours,
       {.name = context.ours().name, .command = {"/usr/bin/my_init"}, .programs = context.ours().programs}}};
  const Options& options = context.options;
  const auto runit = std::find_if(context.peers.begin(), context.peers.end(),
                                  [](const Peer& peer) { return peer.family == Family::Runit; });
  if (runit != context.peers.end()) {
    for (const auto& [name, first] :
         {std::pair{"tini", options.tini}, std::pair{"dumb-init", options.dumb_init}}) {
      if (!first.empty()) {
        ways.push_back({Role::Each,
                        {.name = name,
                         .command = {"/first", "--", "/usr/bin/runsvdir", "-P", "/etc/service"},
                         .programs = runit->programs,
                         .first = first}});
      }
    }
  }
  if (!options.phusion.empty()) {
    ways.push_back({Role::Each, {.name = "phusion", .command = {"/sbin/my_init"}, .image = options.phusion}});
  }
  return ways;
}

}  // namespace

std::vector<Row> measure_container(const Context& context) {
  if (geteuid() != 0) {
    throw std::runtime_error("the group container makes namespaces and needs root");
  }
  struct Figure {
    Row row;
    double Life::*value;
  };
  const auto ahead = [](double of_phusion) {
    return std::vector<Target>{{"tini", 1}, {"dumb-init", 1}, {"phusion", of_phusion}};
  };
  // The TERM of tini and dumb-init reaches no service, so that nothing is said of those.
  std::vector<Figure> figures{
      {{.name = "exec of PID 1 -> first service", .unit = "ms", .targets = ahead(0.1)}, &Life::first_service},
      {{.name = "exec of PID 1 -> all ten services", .unit = "ms", .targets = ahead(0.2)},
       &Life::all_services},
      {{.name = "TERM -> PID 1 gone", .unit = "ms", .targets = {{"phusion", 0.05}}}, &Life::stop},
      {{.name = "private dirty of PID 1", .unit = "KiB", .targets = {{"", 150}}}, &Life::first_private},
      {{.name = "private dirty of all supervisors", .unit = "KiB", .targets = {{"", 1024}}},
       &Life::all_private},
      {{.name = "share (PSS) of all supervisors", .unit = "KiB", .targets = {{"phusion", 0.3}}},
       &Life::all_share}};
  const auto ways = ways_of(context);
  // Pages of a program file that has not been written back yet would count as dirty memory.
  sync();
  for (int life = 0; life < context.options.rounds * kLives; ++life) {
    for (std::size_t step = 0; step < ways.size(); ++step) {
      const Way& way = ways[(static_cast<std::size_t>(life) + step) % ways.size()];
      const Life shown = live(way.kind, context.folder / fmt::format("container-{}-{}", way.kind.name, life));
      for (Figure& figure : figures) {
        figure.row.of(way.kind.name, way.role).push_back(shown.*figure.value);
      }
    }
  }
  std::vector<Row> rows;
  for (Figure& figure : figures) {
    rows.push_back(std::move(figure.row));
  }
  return rows;
}

}  // namespace runvisor::benchmark
