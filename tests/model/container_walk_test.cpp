// Walks over every reachable state of a container's first process in a world that answers it, with every
// event in each, and checks what must always hold.
#include <gtest/gtest.h>

#include <array>
#include <compare>
#include <csignal>
#include <deque>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/container_machine.hpp"

namespace runvisor::model {
namespace {

using core::ChildEnd;
using core::ContainerJob;
using core::ContainerMachine;
using core::ContainerOptions;
using core::ScriptFolder;
using Kind = ContainerMachine::Action::Kind;
using std::chrono::milliseconds;

// A job's process has always the same number here, so that there are finitely many states.
constexpr std::array<pid_t, 3> kPids{10, 11, 12};
constexpr pid_t kStranger = 99;
pid_t pid_for(ContainerJob job) { return kPids.at(static_cast<std::size_t>(job)); }

/// What can happen in the world.
enum class Event : std::uint8_t {
  script_succeeds,
  script_fails,
  script_is_killed,
  supervisor_is_told,
  supervisor_fails,
  supervisor_is_killed,
  command_succeeds,
  command_fails,
  command_is_killed,
  stranger_ends,
  services_end,
  everything_ends,
  term,
  interrupt,
  hangup,
  critical_ends,
  timer,
  deadline,
};
constexpr int kEvents = static_cast<int>(Event::deadline) + 1;

/// The machine with what is around it. Performs what it asks for and notes the first rule that is broken.
struct World {
  ContainerOptions options;
  ContainerMachine machine{options};
  std::array<bool, 3> alive{};
  /// Scripts left in each folder.
  std::array<int, 3> scripts{2, 1, 1};
  bool timer = false;
  bool deadline = false;
  bool deadline_over = false;
  /// The stop was requested, or something has ended that ends the container.
  bool leaving = false;
  bool interrupted = false;
  bool services_up = false;
  bool services_told = false;
  bool services_watched = false;
  bool post_shutdown = false;
  bool others = false;
  bool awaits_everything = false;
  bool killed = false;
  std::optional<int> exit_status{};
  /// The status that it should leave with, where the first cause of its leaving decides.
  std::optional<int> due_status{};

  friend auto operator<=>(const World&, const World&) = default;

  /// What the next start gets.
  bool forks_fail = false;
  /// The next start that is no part of the shutdown finds a stop requested, of which the machine is then told
  /// in place of an answer.
  bool stop_is_due = false;
  std::string broken{};

  [[nodiscard]] bool lives(ContainerJob job) const { return alive.at(static_cast<std::size_t>(job)); }
  void lives(ContainerJob job, bool does) { alive.at(static_cast<std::size_t>(job)) = does; }
  void require(bool holds, const std::string& rule) {
    if (!holds && broken.empty()) broken = rule;
  }
  void leave(int status) {
    leaving = true;
    if (!due_status) due_status = status;
  }

  void perform(const ContainerMachine::Actions& actions) {
    require(!exit_status || actions.empty(), "nothing is done after the exit");
    std::size_t index = 0;
    for (const auto& action : actions) {
      const bool last = ++index == actions.size();
      switch (action.kind) {
        case Kind::say:
          break;
        case Kind::run_script:
          require(last, "what needs an answer comes last");
          run_script(action.folder);
          break;
        case Kind::start:
          require(last, "what needs an answer comes last");
          require(!leaving, "nothing is started once it is leaving");
          require(!lives(action.job), "nothing is started twice");
          require(options.has_services || action.job == ContainerJob::command, "no services unless wanted");
          require(scripts[0] == 0 || !options.has_startup, "startup scripts come first");
          if (action.job == ContainerJob::command && options.has_services) {
            require(lives(ContainerJob::supervisor), "the command comes after the services");
          }
          start(action.job);
          break;
        case Kind::signal:
          signal(action.pid, action.number);
          break;
        case Kind::tell_services:
          require(leaving, "services are told to end when it is leaving only");
          require(!lives(ContainerJob::supervisor), "with a supervisor there, it tells its services");
          require(!lives(ContainerJob::command), "the command ends before the services");
          services_told = true;
          break;
        case Kind::watch_services:
          require(last, "what needs an answer comes last");
          require(services_told, "services are waited for after they were told");
          require(!lives(ContainerJob::supervisor), "no supervisor can bring services back");
          services_watched = true;
          if (!services_up) end_services();
          break;
        case Kind::kill_services:
          require(services_told || lives(ContainerJob::supervisor),
                  "services are told before they are killed");
          break;
        case Kind::signal_everything:
          require(last, "what needs an answer comes last");
          require(options.kills_everything, "other processes are left alone if told so");
          require(leaving, "all is ended only when it is leaving");
          if (action.number == SIGKILL) killed = true;
          require(killed || !lives(ContainerJob::command), "all else ends after the command");
          awaits_everything = true;
          look_for_everything();
          break;
        case Kind::arm_timer:
          timer = true;
          break;
        case Kind::disarm_timer:
          timer = false;
          break;
        case Kind::arm_deadline:
          require(!deadline, "the bound on the stop is set once");
          require(action.delay <= options.total_grace + options.stop_delay, "the stop keeps to its bound");
          deadline = true;
          break;
        case Kind::exit:
          require(last, "the exit comes last");
          exit_status = action.number;
          break;
      }
      require(leaving || !deadline, "there is no bound on the run");
    }
    require(!leaving || deadline || exit_status, "there is a bound on the stop");
  }

  void run_script(ScriptFolder folder) {
    int& left = scripts.at(static_cast<std::size_t>(folder));
    require(!lives(ContainerJob::script), "one script at a time");
    switch (folder) {
      case ScriptFolder::startup:
        require(!leaving, "no startup script is run once it is leaving");
        break;
      case ScriptFolder::pre_shutdown:
        require(leaving && !services_told, "the first shutdown scripts come before the services' end");
        require(!lives(ContainerJob::command), "the command ends before the shutdown scripts");
        break;
      case ScriptFolder::post_shutdown:
        require(leaving, "shutdown scripts are run when it is leaving only");
        post_shutdown = true;
        break;
    }
    require(folder == ScriptFolder::startup || options.has_services, "no shutdown scripts without services");
    if (left == 0) {
      perform(machine.scripts_done());
    } else if (!stops()) {
      --left;
      start(ContainerJob::script);
    }
  }

  /// Whether a stop came before a start.
  bool stops() {
    if (!stop_is_due || machine.is_leaving()) return false;
    stop_is_due = false;
    happen(Event::term);
    return true;
  }

  void start(ContainerJob job) {
    if (stops()) return;
    if (forks_fail) {
      forks_fail = false;
      const bool in_shutdown = leaving;
      if (!in_shutdown) leave(core::kContainerAborted);
      perform(machine.start_failed(job));
      return;
    }
    lives(job, true);
    if (job == ContainerJob::supervisor) services_up = true;
    const auto actions = machine.started(job, pid_for(job));
    const bool is_last = job != ContainerJob::script && !options.has_services && !options.has_command;
    require(!is_last, "something is started");
    perform(actions);
  }

  void signal(pid_t pid, int number) {
    bool is_there = false;
    for (const auto job : {ContainerJob::script, ContainerJob::supervisor, ContainerJob::command}) {
      is_there = is_there || (pid == pid_for(job) && lives(job));
    }
    require(is_there, "a signal goes to a process that is there");
    const bool is_end = number == SIGTERM || number == SIGKILL;
    require(!is_end || leaving, "nothing is ended unless it is leaving");
    if (pid == pid_for(ContainerJob::supervisor)) {
      require(leaving && !lives(ContainerJob::command), "the services end after the command");
      if (number == SIGHUP) services_told = true;
    }
  }

  void end_services() {
    services_up = false;
    services_watched = false;
    perform(machine.services_down());
  }

  void look_for_everything() {
    if (!awaits_everything || others || services_up || alive != std::array<bool, 3>{}) return;
    awaits_everything = false;
    perform(machine.everything_gone());
  }

  void end(ContainerJob job, int code, int status) {
    lives(job, false);
    perform(machine.child_ended({pid_for(job), code, status}));
    look_for_everything();
  }

  /// Whether an event can happen now; does it if so.
  bool happen(Event event) {
    if (exit_status) return false;
    const bool script = lives(ContainerJob::script);
    const bool supervisor = lives(ContainerJob::supervisor);
    const bool command = lives(ContainerJob::command);
    switch (event) {
      case Event::script_succeeds:
        if (!script) return false;
        end(ContainerJob::script, 0, 0);
        return true;
      case Event::script_fails:
      case Event::script_is_killed:
        if (!script) return false;
        if (!leaving) leave(core::kContainerAborted);
        end(ContainerJob::script, event == Event::script_fails ? 3 : -1,
            event == Event::script_fails ? 0 : SIGKILL);
        return true;
      case Event::supervisor_is_told:
        if (!supervisor || !services_told) return false;
        end(ContainerJob::supervisor, core::kSupervisorTold, 0);
        return true;
      case Event::supervisor_fails:
      case Event::supervisor_is_killed: {
        if (!supervisor) return false;
        const bool is_kill = event == Event::supervisor_is_killed;
        if (!options.has_command && !leaving) leave(is_kill ? 128 + SIGKILL : 100);
        end(ContainerJob::supervisor, is_kill ? -1 : 100, is_kill ? SIGKILL : 0);
        return true;
      }
      case Event::command_succeeds:
      case Event::command_fails:
      case Event::command_is_killed: {
        if (!command) return false;
        const bool is_kill = event == Event::command_is_killed;
        const int code = event == Event::command_succeeds ? 0 : 7;
        leave(is_kill ? 128 + SIGSEGV : code);
        // The core bit is none of the signal's.
        end(ContainerJob::command, is_kill ? -1 : code, is_kill ? (SIGSEGV | 0x80) : 0);
        return true;
      }
      case Event::stranger_ends:
        perform(machine.child_ended({kStranger, 1, 0}));
        return true;
      case Event::services_end:
        if (!services_up || !services_told || supervisor) return false;
        services_up = false;
        if (services_watched) end_services();
        look_for_everything();
        return true;
      case Event::everything_ends:
        if (!others || !awaits_everything) return false;
        others = false;
        if (killed) {
          alive = {};
          services_up = false;
        }
        look_for_everything();
        return true;
      case Event::term:
      case Event::interrupt:
        leave(core::kContainerInterrupted);
        perform(machine.received(event == Event::term ? SIGTERM : SIGINT));
        return true;
      case Event::hangup: {
        const auto actions = machine.received(SIGHUP);
        require(actions.size() == (command ? 1U : 0U), "other signals are the command's");
        perform(actions);
        return true;
      }
      case Event::critical_ends:
        if (!services_up) return false;
        leave(5);
        perform(machine.critical_ended(5));
        return true;
      case Event::timer:
        if (!timer) return false;
        timer = false;
        perform(machine.timer_expired());
        return true;
      case Event::deadline:
        if (!deadline || deadline_over) return false;
        deadline_over = true;
        perform(machine.deadline_expired());
        require(killed || exit_status, "when its time is over, it kills or goes");
        return true;
    }
    return false;
  }

  void check() {
    if (!exit_status) {
      // What was killed is waited for with nothing but the bound on the whole.
      require(!leaving || timer || !deadline_over, "a machine that is leaving has a time to go on");
      return;
    }
    require(due_status && *exit_status == *due_status, "the first cause decides the status");
  }

  /// Whether it leaves though nothing obeys it: by its timers, and by what KILL alone does.
  [[nodiscard]] bool leaves_anyhow() const {
    World copy = *this;
    if (!copy.deadline_over) copy.happen(Event::deadline);
    for (int step = 0; step < 2 && !copy.exit_status; ++step) copy.happen(Event::timer);
    return copy.exit_status.has_value();
  }
};

/// Visits all states that can be reached from the begin of a machine with these options.
std::size_t walk(const ContainerOptions& options) {
  World first;
  first.options = options;
  first.machine = ContainerMachine(options);
  first.others = true;
  if (!options.has_services && !options.has_command && !options.has_startup) {
    first.leave(core::kContainerAborted);
  }
  std::set<World> seen;
  std::deque<World> left;
  const auto visit = [&](World world, const std::string& how) {
    world.check();
    EXPECT_EQ(world.broken, "") << how;
    if (!world.broken.empty()) return;
    if (seen.insert(world).second) left.push_back(std::move(world));
  };
  // What may be in the way of the next start.
  constexpr std::array<bool World::*, 2> kHindrances{&World::forks_fail, &World::stop_is_due};
  const auto begin = [&](World world) {
    world.perform(world.machine.begin());
    for (const auto hindrance : kHindrances) world.*hindrance = false;
    visit(std::move(world), "at the begin");
  };
  begin(first);
  for (const auto hindrance : kHindrances) {
    World world = first;
    world.*hindrance = true;
    begin(std::move(world));
  }
  while (!left.empty() && !::testing::Test::HasFailure()) {
    const World world = left.front();
    left.pop_front();
    EXPECT_TRUE(!world.leaving || world.exit_status || world.leaves_anyhow());
    for (int event = 0; event < kEvents; ++event) {
      const std::string how = "after event " + std::to_string(event);
      World next = world;
      if (!next.happen(static_cast<Event>(event))) continue;
      visit(std::move(next), how);
      for (const auto hindrance : kHindrances) {
        World hindered = world;
        hindered.*hindrance = true;
        hindered.happen(static_cast<Event>(event));
        // Without a start it was not in the way.
        if (!std::exchange(hindered.*hindrance, false)) visit(std::move(hindered), how + ", hindered");
      }
    }
  }
  return seen.size();
}

TEST(ContainerWalk, KeepsItsRulesInEveryStateThatCanBeReached) {
  std::size_t states = 0;
  for (int bits = 0; bits < 32; ++bits) {
    ContainerOptions options;
    options.has_startup = (bits & 1) != 0;
    options.has_services = (bits & 2) != 0;
    options.has_command = (bits & 4) != 0;
    options.kills_everything = (bits & 8) != 0;
    options.stop_delay = milliseconds((bits & 16) != 0 ? 5000 : 0);
    SCOPED_TRACE(bits);
    // Without anything to run it leaves when the startup scripts are done, with a status that the world
    // cannot tell from outside.
    if (!options.has_services && !options.has_command) continue;
    states += walk(options);
    if (HasFailure()) return;
  }
  RecordProperty("states", std::to_string(states));
  EXPECT_GT(states, 500U);
}

TEST(ContainerWalk, LeavesWithOneWhenThereIsNothingToStayFor) {
  ContainerOptions options;
  options.has_startup = false;
  options.has_services = false;
  options.kills_everything = false;
  ContainerMachine machine(options);
  const auto actions = machine.begin();
  ASSERT_FALSE(actions.empty());
  EXPECT_EQ((actions.end() - 1)->kind, Kind::exit);
  EXPECT_EQ((actions.end() - 1)->number, 1);
}

}  // namespace
}  // namespace runvisor::model
