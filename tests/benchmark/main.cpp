#include <fmt/core.h>
#include <stdlib.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <exception>
#include <stdexcept>

#include "files.hpp"
#include "options.hpp"
#include "report.hpp"
#include "rows.hpp"

namespace {

using namespace runvisor::benchmark;

/// What creating a small file costs there. ext4 passes over inodes that were deleted within the last minutes
/// one by one, so a folder below which much was deleted just before makes every supervisor look slow.
double creation_cost_us(const std::filesystem::path& folder) {
  constexpr int kFiles = 200;
  std::filesystem::create_directory(folder);
  const auto before = Clock::now();
  for (int file = 0; file < kFiles; ++file) {
    write_file(folder / std::to_string(file), "0");
  }
  return Microseconds(Clock::now() - before).count() / kFiles;
}

Machine describe_machine(const std::filesystem::path& folder) {
  utsname system{};
  uname(&system);
  double load = 0;
  getloadavg(&load, 1);
  return {system.release, sysconf(_SC_NPROCESSORS_ONLN), load, creation_cost_us(folder)};
}

std::vector<Row> measure(Group group, const Context& context) {
  switch (group) {
    case Group::Floors:
      return measure_floors(context);
    case Group::Commands:
      return measure_commands(context);
    case Group::Control:
      return measure_control(context);
    case Group::PickUp:
      return measure_pick_up(context);
    case Group::Status:
      return measure_status(context);
    case Group::Growth:
      return measure_growth(context);
    case Group::Idle:
      return measure_idle(context);
    case Group::Dying:
      return measure_dying(context);
    case Group::Chpst:
      return measure_chpst(context);
    case Group::Logger:
      return measure_logger(context);
    case Group::Container:
      return measure_container(context);
    case Group::Size:
      return measure_size(context);
  }
  return {};
}

int compare_reports(const Options& options) {
  const Comparison comparison =
      compare(read_json(options.compared->before), read_json(options.compared->after), options.tolerance);
  for (const auto& regression : comparison.regressions) {
    fmt::print("{}: {:.2f} times as much, beside the same peers, as before\n", regression.row,
               regression.factor);
  }
  fmt::print("{} rows compared, {} worse by more than {:.2f}\n", comparison.rows,
             comparison.regressions.size(), options.tolerance);
  // Nothing in common is no success.
  return comparison.rows > 0 && comparison.regressions.empty() ? EXIT_SUCCESS : EXIT_FAILURE;
}

int measure_all(const Options& options) {
  Peer ours{"runvisor", Family::Runvisor, options.ours.empty() ? RUNVISOR_BENCHMARK_OURS : options.ours};
  std::vector<Peer> peers{std::move(ours)};
  peers.insert(peers.end(), options.peers.begin(), options.peers.end());
  for (const Peer& peer : peers) {
    require_programs(peer);
  }
  become_subreaper();
  const WorkingFolder folder(options.directory);
  const Context context{options, std::move(peers), folder.path()};
  Report report{.machine = describe_machine(folder.path() / "calibration"), .sections = {}};
  for (const Group group : options.groups) {
    fmt::print(stderr, "measuring {}...\n", group_name(group));
    const auto before = Clock::now();
    report.sections.push_back({group_name(group), measure(group, context)});
    fmt::print(stderr, "  took {:.1f} s\n", milliseconds_between(before, Clock::now()) / 1000);
  }
  fmt::print("{}", tables(report));
  if (!options.json.empty()) {
    write_json(options.json, report);
  }
  if (!options.curves.empty()) {
    write_curves(options.curves, report);
  }
  return EXIT_SUCCESS;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const Options options = parse_options(argc, argv);
    return options.compared ? compare_reports(options) : measure_all(options);
  } catch (const std::invalid_argument& error) {
    fmt::print(stderr, "{}: {}\n{}", argv[0], error.what(), usage(argv[0]));
    return 2;
  } catch (const Interrupted&) {
    fmt::print(stderr, "{}: interrupted\n", argv[0]);
    return 130;
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}: {}\n", argv[0], error.what());
    return EXIT_FAILURE;
  }
}
