#pragma once

#include <filesystem>
#include <vector>

#include "options.hpp"
#include "report.hpp"
#include "scan_directory.hpp"

namespace runvisor::benchmark {

/// What every group of rows needs: the two suites, the options, and a folder of its own to work in.
struct Context {
  const Options& options;
  Suite ours;
  Suite original;
  std::filesystem::path folder;
};

/// `sv start`, `stop` and `restart` until they return, the service at rest.
[[nodiscard]] std::vector<Row> measure_commands(const Context& context);

/// Command byte or kill -9 to the signal, or to the first instruction of the next instance.
[[nodiscard]] std::vector<Row> measure_control(const Context& context);

/// A directory linked into the scan directory to the first instruction of its service.
[[nodiscard]] std::vector<Row> measure_pick_up(const Context& context);

/// `sv status` of some and of all of many services at rest.
[[nodiscard]] std::vector<Row> measure_status(const Context& context);

/// Boot of many services and the floor below it, and their end on HUP.
[[nodiscard]] std::vector<Row> measure_boot(const Context& context);

/// Memory and wake-ups of idle supervisors.
[[nodiscard]] std::vector<Row> measure_idle(const Context& context);

/// Processor time of the supervisors of services that die at once.
[[nodiscard]] std::vector<Row> measure_dying(const Context& context);

/// chpst with some options on a program that ends at once, beside the floor and the program alone.
[[nodiscard]] std::vector<Row> measure_chpst(const Context& context);

/// Throughput and processor time of svlogd and the other loggers at several line lengths, and floors beside
/// them.
[[nodiscard]] std::vector<Row> measure_logger(const Context& context);

}  // namespace runvisor::benchmark
