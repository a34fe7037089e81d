// Walks over every reachable state of the service machine, with every event in each.

#include "walk.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace runvisor::model {
namespace {

using core::kCommands;

std::vector<Command> every_command() {
  std::vector<Command> all;
  for (const core::CommandInfo& row : kCommands) all.push_back(row.command);
  return all;
}

/// One command of each sort: `h` stands for all that send a signal and change nothing else.
const std::vector<Command> kOneOfEachSort{Command::up,   Command::down,  Command::once, Command::exit,
                                          Command::term, Command::pause, Command::cont, Command::hangup};

void keeps_every_rule(const std::vector<World>& roots, const Bounds& bounds, std::size_t least_states) {
  const Findings findings = walk(roots, bounds);
  fmt::print("{} states, {} transitions, at most {} actions\n", findings.states, findings.transitions,
             findings.most_actions);
  EXPECT_TRUE(findings.report().empty()) << findings.report();
  // A walk that sees next to nothing proves next to nothing.
  EXPECT_GE(findings.states, least_states);
}

const std::vector<World> kServiceAlone{World(Want::up, {}), World(Want::down, {})};

TEST(EveryReachableState, OfAServiceKeepsTheRulesUnderEveryCommandWithTwoWaiting) {
  keeps_every_rule(kServiceAlone, {.service_commands = every_command(), .log_commands = {}, .queue = 2},
                   150'000);
}

TEST(EveryReachableState, OfAServiceKeepsTheRulesWithThreeCommandsWaiting) {
  keeps_every_rule(kServiceAlone, {.service_commands = kOneOfEachSort, .log_commands = {}, .queue = 3},
                   200'000);
}

TEST(EveryReachableState, OfAServiceAndItsLogKeepsTheRules) {
  std::vector<World> roots;
  for (const Want service : {Want::up, Want::down}) {
    for (const Want log : {Want::up, Want::down}) roots.emplace_back(service, log);
  }
  keeps_every_rule(roots,
                   {.service_commands = {Command::up, Command::down, Command::once, Command::exit},
                    .log_commands = every_command(),
                    .queue = 1},
                   25'000);
}

TEST(EveryReachableState, OfAServiceWhoseLogAppearsLaterKeepsTheRules) {
  keeps_every_rule(kServiceAlone,
                   {.service_commands = {Command::up, Command::exit, Command::kill},
                    .log_commands = {Command::up, Command::down, Command::once, Command::exit},
                    .queue = 1,
                    .log_appears = true},
                   13'000);
}

TEST(EveryReachableState, OfAServiceWhoseSupervisorDiesKeepsTheRules) {
  keeps_every_rule(
      kServiceAlone,
      {.service_commands = kOneOfEachSort, .log_commands = {}, .queue = 2, .supervisor_dies = true}, 10'000);
}

TEST(EveryReachableState, OfAServiceAndItsLogWhoseSupervisorDiesKeepsTheRules) {
  keeps_every_rule({World(Want::up, Want::up)},
                   {.service_commands = {Command::up, Command::down, Command::once, Command::exit},
                    .log_commands = {Command::up, Command::down, Command::pause},
                    .queue = 1,
                    .supervisor_dies = true},
                   10'000);
}

}  // namespace
}  // namespace runvisor::model
