// Long random courses, with times to the millisecond and more commands waiting than the full walk has room
// for.

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "world.hpp"

namespace runvisor::model {
namespace {

/// One course of `steps` events, begun anew whenever it has come to its end.
void go_astray(unsigned seed, int steps) {
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937 random(seed);
  const auto one_of = [&random](std::size_t count) {
    return std::uniform_int_distribution<std::size_t>(0, count - 1)(random);
  };
  Bounds bounds{
      .service_commands = {}, .log_commands = {}, .queue = 6, .log_appears = true, .supervisor_dies = true};
  for (const core::CommandInfo& row : core::kCommands) {
    // Exit ends a course: it is told less often than all others.
    const std::size_t times = row.command == Command::exit ? 1 : 5;
    bounds.service_commands.insert(bounds.service_commands.end(), times, row.command);
    bounds.log_commands.insert(bounds.log_commands.end(), times, row.command);
  }
  const auto new_world = [&] {
    return World(one_of(2) == 0 ? Want::up : Want::down,
                 one_of(2) == 0 ? std::optional(Want::up) : std::nullopt);
  };
  World world = new_world();
  std::string last;
  for (int step = 0; step < steps; ++step) {
    if (world.left()) {
      world = new_world();
      last.clear();
    }
    const std::vector<Event> events = world.events(bounds);
    Event event = events[one_of(events.size())];
    // The world's own events are as likely as all the commands together.
    if (event.kind == Event::Kind::command && one_of(4) != 0) continue;
    if (event.kind == Event::Kind::time_passes) event.time = std::chrono::milliseconds{one_of(1500)};
    last += "\n  " + describe(event);
    const Rules broken = world.apply(event);
    for (std::size_t rule = 0; rule < kRules; ++rule) {
      if (broken.test(rule)) ADD_FAILURE() << "Not kept: " << sentence(static_cast<Rule>(rule)) << last;
    }
    if (broken.any()) return;
  }
}

TEST(ARandomCourse, KeepsTheRulesFromFixedSeeds) {
  for (unsigned seed = 1; seed <= 20; ++seed) go_astray(seed, 5'000);
}

TEST(ARandomCourse, KeepsTheRulesFromASeedOfItsOwn) {
  const unsigned seed = std::random_device{}();
  RecordProperty("seed", std::to_string(seed));
  go_astray(seed, 100'000);
}

}  // namespace
}  // namespace runvisor::model
