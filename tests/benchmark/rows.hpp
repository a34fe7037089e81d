#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "crowd.hpp"
#include "options.hpp"
#include "row.hpp"

namespace runvisor::benchmark {

/// What every group of rows needs.
struct Context {
  const Options& options;
  std::vector<Peer> peers;  ///< ours comes first
  std::filesystem::path folder;

  [[nodiscard]] const Peer& ours() const { return peers.front(); }
  /// How a peer takes part in a row.
  [[nodiscard]] Role role_of(const Peer& peer) const;
};

/// Crowds of several peers, all running, that are measured in turns.
class Contest {
 public:
  /// Lays out and starts `services` services for each peer that passes, in folders called by `name`.
  Contest(const Context& context, const std::string& name, int services, ServiceKind kind,
          bool (*passes)(const FamilyTraits&));

  [[nodiscard]] const std::vector<std::unique_ptr<Crowd>>& crowds() const noexcept { return crowds_; }
  /// Where the samples of a crowd's peer belong.
  [[nodiscard]] std::vector<double>& samples_in(Row& row, const Crowd& crowd) const;
  /// Calls `work(crowd)` for each, another one being first in each turn.
  template <typename Work>
  void each(int turn, const Work& work) {
    for (std::size_t step = 0; step < crowds_.size(); ++step) {
      work(*crowds_[(static_cast<std::size_t>(turn) + step) % crowds_.size()]);
    }
  }
  /// Ends all, and waits for that.
  void end();

 private:
  const Context& context_;
  std::vector<std::unique_ptr<Crowd>> crowds_;
};

/// What this machine takes for the steps that no supervisor can do without.
[[nodiscard]] std::vector<Row> measure_floors(const Context& context);

/// Each peer's own command until it returns, the service at rest.
[[nodiscard]] std::vector<Row> measure_commands(const Context& context);

/// Command byte or kill -9 to the signal, or to the first instruction of the next instance.
[[nodiscard]] std::vector<Row> measure_control(const Context& context);

/// A service added to the first instruction of it.
[[nodiscard]] std::vector<Row> measure_pick_up(const Context& context);

/// The state of some and of all of many services at rest.
[[nodiscard]] std::vector<Row> measure_status(const Context& context);

/// Boot of a few to many services and the floor below it, what they cost while they are there, and their end.
[[nodiscard]] std::vector<Row> measure_growth(const Context& context);

/// Memory and wake-ups of idle supervisors.
[[nodiscard]] std::vector<Row> measure_idle(const Context& context);

/// Processor time of the supervisors of services that die at once.
[[nodiscard]] std::vector<Row> measure_dying(const Context& context);

/// chpst with some options on a program that ends at once, beside the floor and the program alone.
[[nodiscard]] std::vector<Row> measure_chpst(const Context& context);

/// Throughput and processor time of svlogd and the other loggers at several line lengths, and floors beside
/// them.
[[nodiscard]] std::vector<Row> measure_logger(const Context& context);

/// A container with ten services: its start, its end, and what its supervisors take, with my_init and with
/// other first processes.
[[nodiscard]] std::vector<Row> measure_container(const Context& context);

/// What is installed.
[[nodiscard]] std::vector<Row> measure_size(const Context& context);

}  // namespace runvisor::benchmark
