#include <fmt/core.h>

#include <algorithm>

#include "rows.hpp"

namespace runvisor::benchmark {
namespace {

/// The part of them that is few.
constexpr int kFew = 20;
constexpr int kManyServices = 1000;
/// In a round. All take turns within it, so that whatever else the machine does meets each of them.
constexpr int kSamples = 25;
/// Set-ups, at most: between them the figures differ little.
constexpr int kMostRounds = 2;
/// Until the file system has written what the start left behind.
constexpr std::chrono::seconds kSettle{3};

/// One command for all services; the others would measure the start of a program.
bool tells_all_at_once(const FamilyTraits& traits) {
  return traits.most_services >= kManyServices && traits.family != Family::S6 &&
         traits.family != Family::S6Ready;
}

}  // namespace

std::vector<Row> measure_status(const Context& context) {
  const int many = std::min(kManyServices, context.options.sizes.back());
  const int few = std::max(1, many / kFew);
  const std::vector<Target> targets{{"runit", 0.8}};
  Row of_few{.name = fmt::format("state of {}", few), .unit = "ms", .targets = targets};
  Row of_many{.name = fmt::format("state of {}", many), .unit = "ms", .targets = targets};
  for (int round = 0; round < std::min(context.options.rounds, kMostRounds); ++round) {
    Contest contest(context, fmt::format("status-{}", round), many, ServiceKind::Reporting,
                    tells_all_at_once);
    contest.crowds().front()->flush();
    rest(kSettle);
    for (int sample = 0; sample < kSamples; ++sample) {
      contest.each(sample, [&](Crowd& crowd) {
        for (auto [row, count] : {std::pair{&of_few, few}, std::pair{&of_many, many}}) {
          const auto commands = crowd.status_commands(0, count);
          contest.samples_in(*row, crowd).push_back(crowd.run(commands.front()).count() / 1000);
        }
      });
    }
    contest.end();
  }
  return {of_few, of_many};
}

}  // namespace runvisor::benchmark
