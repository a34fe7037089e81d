#include <fmt/core.h>
#include <unistd.h>

#include <optional>
#include <stdexcept>

#include "files.hpp"
#include "rows.hpp"

namespace runvisor::benchmark {
namespace {

/// Starts by each of the ways in a round, after one that is not counted.
constexpr int kStarts = 60;
constexpr int kVariables = 4;

/// A directory as of a service: `./run`, which ends at once, and the variables in `./env`.
std::filesystem::path make_directory(const Context& context) {
  const auto directory = context.folder / "chpst";
  std::filesystem::create_directories(directory / "env");
  // A copy: another user may not pass the folders on the way to the original.
  std::filesystem::copy_file(RUNVISOR_BENCHMARK_HELPERS "/benchmark-service-dying", directory / "run");
  for (int variable = 0; variable < kVariables; ++variable) {
    write_file(directory / "env" / fmt::format("VARIABLE_{}", variable), fmt::format("value {}\n", variable));
  }
  return directory;
}

/// How a peer runs `./run` as nobody, with the variables and a limit; empty: it has no program for that.
Command changing_state(const Peer& peer) {
  switch (peer.family) {
    case Family::Runvisor:
    case Family::Runit:
    case Family::Busybox:
      return {peer.program("chpst"), "-u", "nobody:nogroup", "-e", "env", "-o", "1024", "./run"};
    case Family::S6:
      return {peer.program("s6-envdir"),
              "env",
              peer.program("s6-softlimit"),
              "-o",
              "1024",
              peer.program("s6-setuidgid"),
              "nobody",
              "./run"};
    case Family::Daemontools:
      return {peer.program("envdir"),
              "env",
              peer.program("softlimit"),
              "-o",
              "1024",
              peer.program("setuidgid"),
              "nobody",
              "./run"};
    case Family::S6Ready:
    case Family::Supervisord:
      return {};
  }
  return {};
}

struct Way {
  std::string name;
  Role role;
  Command command;
};

}  // namespace

std::vector<Row> measure_chpst(const Context& context) {
  if (geteuid() != 0) {
    throw std::runtime_error("the group chpst changes users and needs root");
  }
  const auto directory = make_directory(context);
  std::vector<Way> ways;
  for (const Peer& peer : context.peers) {
    if (const Command command = changing_state(peer); !command.empty()) {
      ways.push_back({peer.name, context.role_of(peer), command});
    }
  }
  ways.push_back({"floor", Role::Floor, {RUNVISOR_BENCHMARK_HELPERS "/benchmark-floor"}});
  ways.push_back({"program alone", Role::Floor, {"./run"}});
  Row row{.name = "a program run by chpst -u -e -o",
          .unit = "ms",
          .targets = {{std::string{kBest}, 1}, {"floor", 1.15}}};
  for (int start = 0; start <= context.options.rounds * kStarts; ++start) {
    for (std::size_t step = 0; step < ways.size(); ++step) {
      const Way& way = ways[(static_cast<std::size_t>(start) + step) % ways.size()];
      const auto before = Clock::now();
      const int status = wait_for(spawn(way.command, context.folder / "chpst-errors", {}, directory));
      const double duration = milliseconds_between(before, Clock::now());
      if (status != 0) {
        throw std::runtime_error(fmt::format("{} failed: wait status {}", way.command.front(), status));
      }
      auto& samples = row.of(way.name, way.role);
      if (start > 0) {
        samples.push_back(duration);
      }
    }
  }
  return {row};
}

}  // namespace runvisor::benchmark
