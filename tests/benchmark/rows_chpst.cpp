#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "rows.hpp"

namespace runvisor::benchmark {
namespace {

/// Starts by each of the ways in a round, after one that is not counted.
constexpr int kStarts = 60;
constexpr int kVariables = 4;

void write_file(const std::filesystem::path& path, const std::string& content) {
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  if (file < 0 || write(file, content.data(), content.size()) != static_cast<ssize_t>(content.size())) {
    throw std::system_error(errno, std::generic_category(), path.string());
  }
  close(file);
}

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

}  // namespace

std::vector<Row> measure_chpst(const Context& context) {
  if (geteuid() != 0) {
    throw std::runtime_error("the group chpst changes users and needs root");
  }
  const auto directory = make_directory(context);
  const auto by_chpst = [](const Suite& suite) {
    return std::vector<std::string>{
        (suite.programs / "chpst").string(), "-u", "nobody:nogroup", "-e", "env", "-o", "1024", "./run"};
  };
  struct Way {
    std::vector<std::string> command;
    std::vector<double> samples = {};
  };
  std::array<Way, 4> ways{Way{by_chpst(context.ours)}, Way{by_chpst(context.original)},
                          Way{{RUNVISOR_BENCHMARK_HELPERS "/benchmark-floor"}}, Way{{"./run"}}};
  const auto milliseconds_of = [&](const Way& way) {
    const auto before = Clock::now();
    const int status = wait_for(spawn(way.command, context.folder / "chpst-errors", {}, directory));
    const std::chrono::duration<double, std::milli> duration = Clock::now() - before;
    if (status != 0) {
      throw std::runtime_error(fmt::format("{} failed: wait status {}", way.command.front(), status));
    }
    return duration.count();
  };
  for (int start = 0; start <= context.options.rounds * kStarts; ++start) {
    for (std::size_t step = 0; step < ways.size(); ++step) {
      Way& way = ways[(static_cast<std::size_t>(start) + step) % ways.size()];
      const double duration = milliseconds_of(way);
      if (start > 0) {
        way.samples.push_back(duration);
      }
    }
  }
  const auto row = [&](std::optional<double> target, std::string reference, std::size_t way) {
    return Row{.name = "a program run by chpst -u -e -o",
               .unit = "ms",
               .target = target,
               .reference = std::move(reference),
               .ours = ways[0].samples,
               .original = ways[way].samples};
  };
  return {row(1.0, "runit", 1), row(1.15, "floor", 2), row({}, "program alone", 3)};
}

}  // namespace runvisor::benchmark
