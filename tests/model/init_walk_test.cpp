// Walks over every reachable state of process number 1 in a world that answers it, with every event in each,
// and checks what must always hold.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/init_machine.hpp"

namespace runvisor::model {
namespace {

using core::ChildEnd;
using core::InitMachine;
using core::InitNotice;
using core::InitProgram;
using core::PowerRequest;
using Kind = InitMachine::Action::Kind;

/// A program's process has always the same number here, so that there are finitely many states.
pid_t pid_for(InitProgram program) { return 10 + static_cast<pid_t>(program); }
constexpr pid_t kStranger = 99;

/// How far the machine has come, as a reader of runit(8) would tell.
enum class Era : std::uint8_t { boot, run, shutdown, down };

/// The machine with what is around it. Performs what it asks for and notes the rules that are broken.
struct World {
  InitMachine machine;
  std::array<bool, 4> alive{};
  bool timer = false;
  bool stop_file = false;
  bool everything_killed = false;
  /// A power request has been made and is not yet known to have failed.
  bool requested = false;
  bool halted = false;
  bool restart_file = false;
  /// Stage 2 has been told to end for good.
  bool told_to_stop = false;
  Era era = Era::boot;

  friend bool operator==(const World&, const World&) = default;

  // Answers that the next start, and the question about the stop file, get.
  bool forks_fail = false;
  std::string broken{};

  [[nodiscard]] bool lives(InitProgram program) const { return alive.at(static_cast<std::size_t>(program)); }
  void lives(InitProgram program, bool does) { alive.at(static_cast<std::size_t>(program)) = does; }
  [[nodiscard]] bool lives(pid_t pid) const {
    return pid >= 10 && pid < 14 && alive.at(static_cast<std::size_t>(pid - 10));
  }
  void require(bool holds, const std::string& rule) {
    if (!holds && broken.empty()) broken = rule;
  }

  void perform(const InitMachine::Actions& actions) {
    require(actions.size() <= 6, "few actions at a time");
    std::size_t index = 0;
    for (const InitMachine::Action& action : actions) {
      const bool last = ++index == actions.size();
      switch (action.kind) {
        case Kind::say:
          hear(action);
          break;
        case Kind::start:
          require(last, "what needs an answer comes last");
          start(action.program);
          break;
        case Kind::signal:
          require(lives(action.pid), "a signal goes to a process that is there");
          require(action.number == SIGTERM || action.number == SIGKILL || action.number == SIGALRM,
                  "no other signals are sent");
          require(action.pid == pid_for(InitProgram::run), "only stage 2 is sent signals");
          if (action.number == SIGTERM)
            require(told_to_stop, "stage 2 is ended only when that was asked for");
          if (action.number == SIGKILL)
            require(told_to_stop, "stage 2 is killed only after it was told to end");
          break;
        case Kind::signal_group:
          require(action.pid == pid_for(InitProgram::run) && !lives(action.pid) && action.number == SIGKILL,
                  "what an ended stage 2 has left is killed");
          break;
        case Kind::arm_timer:
          require(action.delay > std::chrono::seconds{0}, "no pause is empty");
          timer = true;
          break;
        case Kind::disarm_timer:
          timer = false;
          break;
        case Kind::clear_stop_file:
          require(stop_file, "a stop file is cleared only if it asks for something");
          stop_file = false;
          break;
        case Kind::look_for_stop:
          require(last, "what needs an answer comes last");
          continued();
          break;
        case Kind::kill_everything:
          require(last, "what needs an answer comes last");
          require(era == Era::shutdown && !lives(InitProgram::shutdown), "all is killed after stage 3");
          require(!everything_killed, "all is killed once");
          everything_killed = true;
          era = Era::down;
          perform(machine.everything_killed(restart_file));
          break;
        case Kind::request_power:
          require(everything_killed, "a power request comes after all was killed");
          require(!requested, "one power request at a time");
          require(!halted, "nothing comes after a halt");
          require(last, "what needs an answer comes last");
          if (action.power != PowerRequest::halt) {
            require((action.power == PowerRequest::restart) == restart_file, "a restart only if asked for");
          }
          if (forks_fail) {
            perform(machine.power_unavailable());
          } else {
            requested = true;
            halted = action.power == PowerRequest::halt;
          }
          break;
      }
    }
    check();
  }

  void hear(const InitMachine::Action& action) {
    if (action.notice == InitNotice::run_only)
      require(era != Era::run, "signals are refused outside of stage 2");
    if (action.notice != InitNotice::enter || action.program == InitProgram::ctrl_alt_del) return;
    switch (action.program) {
      case InitProgram::boot:
        require(era == Era::boot, "stage 1 comes first");
        break;
      case InitProgram::run:
        require(era == Era::boot || era == Era::run, "stage 2 follows stage 1, or itself");
        require(!told_to_stop, "stage 2 is not started again once it was told to end");
        era = Era::run;
        break;
      case InitProgram::shutdown:
        require(era == Era::boot || era == Era::run, "stage 3 comes once");
        era = Era::shutdown;
        break;
      case InitProgram::ctrl_alt_del:
        break;
    }
  }

  void start(InitProgram program) {
    require(!lives(program), "never two processes of one stage");
    if (program == InitProgram::ctrl_alt_del) {
      require(era == Era::run, "ctrl-alt-del is served in stage 2");
    } else {
      require(!lives(InitProgram::boot) && !lives(InitProgram::run) && !lives(InitProgram::shutdown),
              "never two stages at once");
    }
    if (forks_fail) {
      perform(machine.start_failed(program));
    } else {
      lives(program, true);
      machine.started(program, pid_for(program));
    }
  }

  void continued() {
    if (era == Era::run && stop_file) told_to_stop = true;
    perform(machine.continued(stop_file));
  }

  /// What holds between two events.
  void check() {
    if (!broken.empty()) return;
    const bool stage = lives(InitProgram::boot) || lives(InitProgram::run) || lives(InitProgram::shutdown);
    require(stage || timer || requested || halted || (everything_killed && restart_file),
            "something is awaited until the end");
    if (told_to_stop) {
      require(era != Era::run || timer || lives(InitProgram::run), "a stage 2 told to end is watched");
    }
    require(machine.takes_ctrl_alt_del() == !lives(InitProgram::ctrl_alt_del),
            "ctrl-alt-del is served unless it is being served");
  }
};

/// Something that can happen, if it can in this state.
struct Event {
  std::string name;
  std::function<bool(World&)> happen;
};

ChildEnd ending(pid_t pid, int code) {
  return code < 0 ? ChildEnd{.pid = pid, .exit_code = -1, .status = -code}
                  : ChildEnd{.pid = pid, .exit_code = code};
}

std::vector<Event> all_events() {
  std::vector<Event> events;
  for (const bool fails : {false, true}) {
    const std::string how = fails ? " (no process to be had)" : "";
    const auto add = [&](const std::string& name, const std::function<bool(World&)>& happen) {
      events.push_back({name + how, [fails, happen](World& world) {
                          world.forks_fail = fails;
                          const bool happened = happen(world);
                          world.forks_fail = false;
                          return happened;
                        }});
    };
    for (const InitProgram program :
         {InitProgram::boot, InitProgram::run, InitProgram::shutdown, InitProgram::ctrl_alt_del}) {
      for (const int code : {0, 1, core::kSkipRun, core::kRestartRun, -SIGKILL}) {
        add(fmt::format("{} ends with {}", core::path_of(program), code), [program, code](World& world) {
          if (!world.lives(program)) return false;
          world.lives(program, false);
          world.perform(world.machine.child_ended(ending(pid_for(program), code)));
          return true;
        });
      }
    }
    add("time", [](World& world) {
      if (!world.timer) return false;
      world.timer = false;
      world.perform(world.machine.timer_expired());
      return true;
    });
    add("CONT", [](World& world) { return world.continued(), true; });
    add("INT", [](World& world) { return world.perform(world.machine.interrupted(true)), true; });
    add("PWR", [](World& world) {
      if (world.era == Era::run) world.told_to_stop = true;
      world.perform(world.machine.power_failing());
      return true;
    });
  }
  events.push_back({"an orphan ends", [](World& world) {
                      const InitMachine before = world.machine;
                      const auto actions = world.machine.child_ended(ending(kStranger, 111));
                      world.require(actions.empty() && world.machine == before,
                                    "an orphan's end changes nothing");
                      return true;
                    }});
  events.push_back({"INT without ctrlaltdel",
                    [](World& world) { return world.perform(world.machine.interrupted(false)), true; }});
  events.push_back({"ALRM", [](World& world) {
                      const InitMachine before = world.machine;
                      world.perform(world.machine.alarmed());
                      world.require(world.machine == before, "ALRM changes nothing");
                      return true;
                    }});
  events.push_back({"somebody asks for the end",
                    [](World& world) { return !world.stop_file && (world.stop_file = true); }});
  events.push_back({"the request has failed", [](World& world) {
                      if (!world.requested) return false;
                      world.requested = false;
                      world.perform(world.machine.power_failed());
                      return true;
                    }});
  return events;
}

struct Visited {
  World world;
  std::size_t from;
  std::string by;
};

std::string way_to(const std::vector<Visited>& visited, std::size_t at) {
  std::string way;
  for (; at != 0; at = visited[at].from) way = "\n  " + visited[at].by + way;
  return way;
}

/// Everything that can be reached from `root`.
std::vector<Visited> walk(const World& root) {
  const std::vector<Event> events = all_events();
  std::vector<Visited> visited{{root, 0, ""}};
  for (std::size_t at = 0; at < visited.size(); ++at) {
    for (const Event& event : events) {
      World next = visited[at].world;
      if (!event.happen(next)) continue;
      if (!next.broken.empty()) {
        ADD_FAILURE() << next.broken << ":" << way_to(visited, at) << "\n  " << event.name;
        return visited;
      }
      const auto is_next = [&next](const Visited& one) { return one.world == next; };
      if (std::none_of(visited.begin(), visited.end(), is_next)) visited.push_back({next, at, event.name});
    }
  }
  return visited;
}

World booted(bool restart_file) {
  World world;
  world.restart_file = restart_file;
  world.perform(world.machine.begin());
  return world;
}

TEST(EveryReachableState, OfTheFirstProcessKeepsTheRules) {
  for (const bool restart : {false, true}) {
    const auto visited = walk(booted(restart));
    fmt::print("{} states\n", visited.size());
    // A walk that sees next to nothing proves next to nothing.
    EXPECT_GE(visited.size(), 50U);
  }
}

TEST(EveryReachableState, OfTheFirstProcessLeadsToTheEndIfItsChildrenEnd) {
  for (const bool restart : {false, true}) {
    const auto visited = walk(booted(restart));
    for (std::size_t at = 0; at < visited.size(); ++at) {
      World world = visited[at].world;
      for (int steps = 0; steps < 20 && !world.everything_killed; ++steps) {
        for (const InitProgram program : {InitProgram::boot, InitProgram::run, InitProgram::shutdown}) {
          if (!world.lives(program)) continue;
          world.lives(program, false);
          world.perform(world.machine.child_ended(ending(pid_for(program), 0)));
        }
        if (world.timer) {
          world.timer = false;
          world.perform(world.machine.timer_expired());
        }
      }
      ASSERT_TRUE(world.everything_killed) << "stuck:" << way_to(visited, at);
      ASSERT_EQ(world.broken, "") << way_to(visited, at);
    }
  }
}

TEST(EveryReachableState, OfStageTwoCanBeEndedFromOutside) {
  for (const auto& seen : walk(booted(false))) {
    if (seen.world.era != Era::run) continue;
    World world = seen.world;
    world.stop_file = true;
    world.continued();
    // Stage 2 takes no notice, and its process has to be killed.
    if (world.lives(InitProgram::run)) {
      for (int steps = 0; steps < 3 && world.timer; ++steps) {
        world.timer = false;
        world.perform(world.machine.timer_expired());
      }
      world.lives(InitProgram::run, false);
      world.perform(world.machine.child_ended(ending(pid_for(InitProgram::run), -SIGKILL)));
    }
    EXPECT_EQ(world.era, Era::shutdown);
    EXPECT_FALSE(world.stop_file);
    EXPECT_EQ(world.broken, "");
  }
}

}  // namespace
}  // namespace runvisor::model
