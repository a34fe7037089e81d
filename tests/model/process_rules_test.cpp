// One example for each documented rule of a service process: runsv(8), and runit 2.1.2 where that is silent.

#include <gtest/gtest.h>

#include <csignal>
#include <ostream>
#include <string>

#include "scene.hpp"

namespace runvisor::model {
namespace {

using namespace std::chrono_literals;
using core::Want;

// Starting and ending.

TEST(Service, IsStartedAtOnce) {
  Scene scene;
  EXPECT_EQ(scene.done(), "run");
  EXPECT_EQ(scene.stat(), "run");
}

TEST(Service, IsNotStartedWithADownFile) {
  Scene scene({.service = Want::down});
  EXPECT_EQ(scene.done(), "");
  EXPECT_EQ(scene.stat(), "down");
}

TEST(Service, IsStartedAgainAtOnceAfterRunningForASecond) {
  Scene scene;
  scene.pass(1s);
  (void)scene.done();
  scene.ends(0, 0);
  EXPECT_EQ(scene.done(), "run");
}

TEST(Service, WaitsAFullSecondAfterAQuickEnd) {
  Scene scene;
  scene.pass(200ms);
  (void)scene.done();
  scene.ends(0, 0);
  EXPECT_EQ(scene.stat(), "down");
  scene.pass(999ms);
  EXPECT_EQ(scene.done(), "");
  scene.pass(1ms);
  EXPECT_EQ(scene.done(), "run");
  EXPECT_EQ(scene.time(), 1200ms);
}

TEST(Service, CountsTheTimeOfFinishAgainstThePause) {
  Scene scene({.finish = true});
  scene.pass(200ms);
  scene.ends(0, 0);
  scene.pass(900ms);
  (void)scene.done();
  scene.ends(0, 0);
  EXPECT_EQ(scene.done(), "run");
}

TEST(Service, WaitsAfterAQuickRunAndAQuickFinish) {
  Scene scene({.finish = true});
  scene.pass(200ms);
  scene.ends(0, 0);
  scene.pass(300ms);
  (void)scene.done();
  scene.ends(0, 0);
  scene.pass(999ms);
  EXPECT_EQ(scene.done(), "");
  scene.pass(1ms);
  EXPECT_EQ(scene.done(), "run");
}

TEST(Service, IsNotStartedSoonerByUpDuringThePause) {
  Scene scene;
  scene.ends(0, 0);
  (void)scene.done();
  scene.tell("du");
  scene.pass(500ms);
  scene.tell("u");
  scene.pass(499ms);
  EXPECT_EQ(scene.done(), "");
  scene.pass(1ms);
  EXPECT_EQ(scene.done(), "run");
}

TEST(Service, IsNotStartedAfterThePauseIfToldDownMeanwhile) {
  Scene scene;
  scene.ends(0, 0);
  (void)scene.done();
  scene.tell("d");
  scene.pass(5s);
  EXPECT_EQ(scene.done(), "");
}

TEST(Service, TriesAFailedForkAgainASecondLater) {
  Scene scene({.service = Want::down});
  scene.fail_forks(true);
  scene.tell("u");
  scene.pass(2s);
  EXPECT_EQ(scene.done(), "fork fails, fork fails, fork fails");
  scene.fail_forks(false);
  scene.pass(1s);
  EXPECT_EQ(scene.done(), "run");
}

TEST(Service, DoesNotLoseItsFinishToAFailedFork) {
  Scene scene({.finish = true});
  scene.pass(5s);
  (void)scene.done();
  scene.fail_forks(true);
  scene.ends(3, 0);
  EXPECT_EQ(scene.done(), "fork fails");
  scene.fail_forks(false);
  scene.pass(1s);
  EXPECT_EQ(scene.done(), "finish 3 0");
}

TEST(Service, RunsFinishWithTheExitStatusOfRun) {
  Scene scene({.finish = true});
  (void)scene.done();
  scene.ends(111, 0);
  EXPECT_EQ(scene.done(), "finish 111 0");
  EXPECT_EQ(scene.stat(), "finish");
}

TEST(Service, RunsFinishWithMinusOneAndTheSignalThatKilledRun) {
  Scene scene({.finish = true});
  (void)scene.done();
  scene.killed(SIGKILL);
  EXPECT_EQ(scene.done(), "finish -1 9");
}

TEST(Service, RunsFinishWithTheCoreBit) {
  Scene scene({.finish = true});
  (void)scene.done();
  scene.killed(SIGSEGV | 0x80);
  EXPECT_EQ(scene.done(), "finish -1 139");
}

TEST(Service, RunsFinishOnceWhateverItsOwnEnd) {
  Scene scene({.finish = true});
  scene.pass(2s);
  scene.ends(0, 0);
  (void)scene.done();
  scene.killed(SIGKILL);
  EXPECT_EQ(scene.done(), "run");
}

TEST(Service, PublishesTheTimeOfRunsStartUntilItIsDown) {
  Scene scene({.finish = true});
  const core::WallTime start = scene.record().since;
  scene.pass(300ms);
  scene.ends(0, 0);
  EXPECT_EQ(scene.record().since, start);
  scene.pass(300ms);
  scene.ends(0, 0);
  EXPECT_EQ(scene.record().since, start + 600ms);
  scene.pass(1s);
  EXPECT_EQ(scene.record().since, start + 1600ms);
}

// What is wanted.

TEST(Service, IsSentTermAndContWhenToldDown) {
  Scene scene;
  (void)scene.done();
  scene.tell("d");
  EXPECT_EQ(scene.done(), "TERM, CONT");
  EXPECT_EQ(scene.stat(), "run, got TERM, want down");
  scene.killed(SIGTERM);
  EXPECT_EQ(scene.done(), "");
  EXPECT_EQ(scene.stat(), "down");
}

TEST(Service, IsLeftAloneByASecondDownWhenItIsDown) {
  Scene scene({.service = Want::down, .hooks = "tdx"});
  scene.tell("dt");
  EXPECT_EQ(scene.done(), "");
}

TEST(Service, IsSentTermByEveryDown) {
  Scene scene;
  (void)scene.done();
  scene.tell("dd");
  EXPECT_EQ(scene.done(), "TERM, CONT, TERM, CONT");
}

TEST(Service, ToldOnceIsNotStartedAgain) {
  Scene scene({.service = Want::down});
  scene.tell("o");
  EXPECT_EQ(scene.done(), "run");
  EXPECT_EQ(scene.stat(), "run, want down");
  scene.pass(2s);
  scene.ends(0, 0);
  EXPECT_EQ(scene.done(), "");
}

TEST(Service, ToldOnceWhileRunningEndsWithThatRun) {
  Scene scene;
  (void)scene.done();
  scene.tell("o");
  EXPECT_EQ(scene.done(), "");
  EXPECT_EQ(scene.stat(), "run, want down");
  scene.pass(2s);
  scene.ends(0, 0);
  EXPECT_EQ(scene.done(), "");
}

TEST(Service, ToldOnceWhileFinishRunsIsNotStartedAgain) {
  Scene scene({.finish = true});
  scene.pass(2s);
  scene.ends(0, 0);
  (void)scene.done();
  scene.tell("o");
  scene.ends(0, 0);
  EXPECT_EQ(scene.done(), "");
}

TEST(Service, ToldOnceDuringThePauseIsStartedAfterItOnce) {
  Scene scene;
  scene.ends(0, 0);
  (void)scene.done();
  scene.tell("o");
  scene.pass(1s);
  EXPECT_EQ(scene.done(), "run");
  scene.pass(2s);
  scene.ends(0, 0);
  EXPECT_EQ(scene.done(), "");
}

TEST(Service, ToldDownAfterOnceIsNotStarted) {
  Scene scene;
  scene.ends(0, 0);
  (void)scene.done();
  scene.tell("od");
  scene.pass(5s);
  EXPECT_EQ(scene.done(), "");
}

TEST(Service, ComesBackWhenToldDownAndUpAtOnce) {
  Scene scene;
  scene.pass(2s);
  (void)scene.done();
  scene.tell("du");
  EXPECT_EQ(scene.done(), "TERM, CONT");
  EXPECT_EQ(scene.stat(), "run, got TERM");
  scene.ends(0, 0);
  EXPECT_EQ(scene.done(), "run");
}

TEST(Service, IsRestartedByTermContUp) {
  Scene scene;
  scene.pass(2s);
  (void)scene.done();
  scene.tell("tcu");
  EXPECT_EQ(scene.done(), "TERM, CONT");
  scene.ends(0, 0);
  EXPECT_EQ(scene.done(), "run");
}

TEST(Service, HasNeverTwoCopies) {
  Scene scene;
  scene.pass(2s);
  (void)scene.done();
  scene.tell("ku");
  scene.tell("uou");
  EXPECT_EQ(scene.done(), "KILL");
  scene.killed(SIGKILL);
  EXPECT_EQ(scene.done(), "run");
}

TEST(Service, IsBroughtBackByUpAfterExitBeforeItHasEnded) {
  Scene scene;
  scene.pass(2s);
  (void)scene.done();
  scene.tell("xu");
  scene.ends(0, 0);
  EXPECT_EQ(scene.done(), "TERM, CONT, run");
}

// Signals.

struct Sent {
  std::string_view byte;
  std::string_view signal;
};

void PrintTo(const Sent& sent, std::ostream* out) { *out << sent.byte; }

class EachSignal : public testing::TestWithParam<Sent> {};

TEST_P(EachSignal, IsSentOnceWhileRunRuns) {
  Scene scene;
  (void)scene.done();
  scene.tell(GetParam().byte);
  EXPECT_EQ(scene.done(), GetParam().signal);
}

TEST_P(EachSignal, IsNotSentToFinish) {
  Scene scene({.finish = true, .hooks = "uxtdkpchaiq12"});
  scene.hook_ends(0);
  scene.ends(0, 0);
  (void)scene.done();
  scene.tell(GetParam().byte);
  EXPECT_EQ(scene.done(), "");
  EXPECT_EQ(scene.stat(), "finish");
}

TEST_P(EachSignal, IsNotSentWhenDown) {
  Scene scene({.service = Want::down, .hooks = "uxtdkpchaiq12"});
  scene.tell(GetParam().byte);
  EXPECT_EQ(scene.done(), "");
  EXPECT_EQ(scene.stat(), "down");
}

TEST_P(EachSignal, IsNotSentWhenItsHookSaysZero) {
  Scene scene({.hooks = GetParam().byte});
  (void)scene.done();
  scene.tell(GetParam().byte);
  EXPECT_EQ(scene.done(), "hook " + std::string(GetParam().byte));
  scene.hook_ends(0);
  EXPECT_EQ(scene.done(), "");
}

TEST_P(EachSignal, IsSentWhenItsHookFails) {
  Scene scene({.hooks = GetParam().byte});
  (void)scene.done();
  scene.tell(GetParam().byte);
  scene.hook_ends(1);
  EXPECT_EQ(scene.done(), "hook " + std::string(GetParam().byte) + ", " + std::string(GetParam().signal));
}

TEST_P(EachSignal, IsSentWhenItsHookIsKilled) {
  Scene scene({.hooks = GetParam().byte});
  (void)scene.done();
  scene.tell(GetParam().byte);
  scene.hook_ends(-1, SIGKILL);
  EXPECT_EQ(scene.done(), "hook " + std::string(GetParam().byte) + ", " + std::string(GetParam().signal));
}

TEST_P(EachSignal, IsNotSentWhenRunEndsDuringItsHook) {
  Scene scene({.finish = true, .hooks = GetParam().byte});
  (void)scene.done();
  scene.tell(GetParam().byte);
  scene.ends(0, 0);
  EXPECT_EQ(scene.done(), "hook " + std::string(GetParam().byte));
  scene.hook_ends(1);
  EXPECT_EQ(scene.done(), "finish 0 0");
}

INSTANTIATE_TEST_SUITE_P(Documented, EachSignal,
                         testing::Values(Sent{"t", "TERM"}, Sent{"k", "KILL"}, Sent{"p", "STOP"},
                                         Sent{"c", "CONT"}, Sent{"h", "HUP"}, Sent{"a", "ALRM"},
                                         Sent{"i", "INT"}, Sent{"q", "QUIT"}, Sent{"1", "USR1"},
                                         Sent{"2", "USR2"}),
                         [](const auto& sent) { return std::string(sent.param.signal); });

TEST(Service, IsShownPausedUntilCont) {
  Scene scene;
  scene.tell("p");
  EXPECT_EQ(scene.stat(), "run, paused");
  scene.tell("c");
  EXPECT_EQ(scene.stat(), "run");
}

TEST(Service, IsNotShownPausedAfterDown) {
  Scene scene;
  scene.tell("pd");
  EXPECT_EQ(scene.stat(), "run, got TERM, want down");
}

TEST(Service, IsNotShownPausedAfterItsEnd) {
  Scene scene;
  scene.tell("p");
  scene.killed(SIGKILL);
  EXPECT_EQ(scene.stat(), "down");
}

TEST(Service, IsShownPausedWhenTheHookPausesItInstead) {
  Scene scene({.hooks = "pc"});
  (void)scene.done();
  scene.tell("p");
  EXPECT_EQ(scene.stat(), "run");
  scene.hook_ends(0);
  EXPECT_EQ(scene.done(), "hook p");
  EXPECT_EQ(scene.stat(), "run, paused");
  scene.tell("c");
  scene.hook_ends(0);
  EXPECT_EQ(scene.done(), "hook c");
  EXPECT_EQ(scene.stat(), "run");
}

TEST(Service, StaysPausedWhenSentTermWhileWantedUp) {
  Scene scene;
  scene.tell("pt");
  EXPECT_EQ(scene.stat(), "run, paused, got TERM");
}

TEST(Service, IsShownWithTermUntilItHasEnded) {
  Scene scene;
  scene.tell("tu");
  EXPECT_EQ(scene.stat(), "run, got TERM");
  scene.ends(0, 0);
  EXPECT_EQ(scene.stat(), "down");
}

TEST(Service, ChangesNothingVisibleWhenKilled) {
  Scene scene;
  const core::StatusRecord before = scene.record();
  scene.tell("k");
  EXPECT_EQ(scene.record(), before);
}

// Hooks.

TEST(Service, RunsTheUpHookBeforeEveryStart) {
  Scene scene({.hooks = "u"});
  EXPECT_EQ(scene.done(), "hook u");
  scene.hook_ends(0);
  EXPECT_EQ(scene.done(), "run");
  scene.pass(2s);
  scene.ends(0, 0);
  EXPECT_EQ(scene.done(), "hook u");
  scene.hook_ends(1);
  EXPECT_EQ(scene.done(), "run");
}

TEST(Service, ShowsItselfDownWhileTheUpHookRuns) {
  Scene scene({.hooks = "u"});
  EXPECT_EQ(scene.stat(), "down");
  scene.hook_ends(-1, SIGKILL);
  EXPECT_EQ(scene.stat(), "run");
}

TEST(Service, ConsultsTheTermHookWhenToldDownAndRunsTheDownHookAfterCont) {
  Scene scene({.hooks = "td"});
  (void)scene.done();
  scene.tell("d");
  EXPECT_EQ(scene.done(), "hook t");
  scene.hook_ends(1);
  EXPECT_EQ(scene.done(), "TERM, CONT, hook d");
  scene.hook_ends(1);
  EXPECT_EQ(scene.done(), "");
  EXPECT_EQ(scene.stat(), "run, got TERM, want down");
}

TEST(Service, IsSentContEvenIfTheTermHookTookTheTerm) {
  Scene scene({.hooks = "td"});
  (void)scene.done();
  scene.tell("d");
  scene.hook_ends(0);
  EXPECT_EQ(scene.done(), "hook t, CONT, hook d");
  EXPECT_EQ(scene.stat(), "run, want down");
}

TEST(Service, RunsTheExitHookWhenToldExit) {
  Scene scene({.hooks = "xd"});
  (void)scene.done();
  scene.tell("x");
  EXPECT_EQ(scene.done(), "TERM, CONT, hook x");
}

TEST(Service, DoesAllOfDownOnTermWhenAlreadyWantedDown) {
  Scene scene({.hooks = "td"});
  (void)scene.done();
  scene.tell("d");
  scene.hook_ends(0);
  scene.hook_ends(0);
  (void)scene.done();
  scene.tell("t");
  scene.hook_ends(1);
  scene.hook_ends(0);
  EXPECT_EQ(scene.done(), "hook t, TERM, CONT, hook d");
}

TEST(Service, DoesAllOfExitOnTermWhenAlreadyToldExit) {
  Scene scene({.hooks = "x"});
  (void)scene.done();
  scene.tell("x");
  scene.hook_ends(0);
  (void)scene.done();
  scene.tell("t");
  EXPECT_EQ(scene.done(), "TERM, CONT, hook x");
}

TEST(Service, ObeysCommandsInOrderAfterTheHookThatTheyFollow) {
  Scene scene({.hooks = "h"});
  (void)scene.done();
  scene.tell("ha12");
  EXPECT_EQ(scene.done(), "hook h");
  scene.tell("q");
  EXPECT_EQ(scene.done(), "");
  scene.hook_ends(1);
  EXPECT_EQ(scene.done(), "HUP, ALRM, USR1, USR2, QUIT");
}

TEST(Service, RunsEachHookOfSeveralCommandsInTurn) {
  Scene scene({.hooks = "ha"});
  (void)scene.done();
  scene.tell("hah");
  scene.hook_ends(1);
  EXPECT_EQ(scene.done(), "hook h, HUP, hook a");
  scene.hook_ends(0);
  EXPECT_EQ(scene.done(), "hook h");
  scene.hook_ends(1);
  EXPECT_EQ(scene.done(), "HUP");
}

TEST(Service, IsStartedBeforeADownThatCameDuringTheUpHookIsObeyed) {
  Scene scene({.hooks = "u"});
  (void)scene.done();
  scene.tell("d");
  EXPECT_EQ(scene.stat(), "down");
  scene.hook_ends(0);
  EXPECT_EQ(scene.done(), "run, TERM, CONT");
}

TEST(Service, WaitsForTheHookBeforeItsFinish) {
  Scene scene({.finish = true, .hooks = "t"});
  (void)scene.done();
  scene.tell("d");
  scene.ends(0, 0);
  EXPECT_EQ(scene.done(), "hook t");
  EXPECT_EQ(scene.stat(), "finish, want down");
  scene.hook_ends(1);
  EXPECT_EQ(scene.done(), "finish 0 0");
}

TEST(Service, RunsTheDownHookEvenIfRunEndedDuringTheTermHook) {
  Scene scene({.finish = true, .hooks = "td"});
  (void)scene.done();
  scene.tell("d");
  scene.ends(0, 0);
  scene.hook_ends(1);
  EXPECT_EQ(scene.done(), "hook t, hook d");
  scene.hook_ends(0);
  EXPECT_EQ(scene.done(), "finish 0 0");
}

TEST(Service, DoesNotLeaveWhileAHookThatTookTheKillKeepsItAlive) {
  Scene scene({.hooks = "k"});
  (void)scene.done();
  scene.tell("kx");
  scene.hook_ends(0);
  EXPECT_EQ(scene.done(), "hook k, TERM, CONT");
  EXPECT_EQ(scene.stat(), "run, got TERM, want exit");
  scene.ends(0, 0);
  EXPECT_EQ(scene.done(), "leave");
}

TEST(Service, RunsFinishOnceWhenKilledDuringFinish) {
  Scene scene({.finish = true});
  scene.pass(2s);
  scene.ends(0, 0);
  (void)scene.done();
  scene.tell("k");
  scene.ends(0, 0);
  EXPECT_EQ(scene.done(), "run");
}

TEST(Service, GoesOnFromAStoredState) {
  core::ProcessState state;
  state.published = {.since = core::WallTime{5s}, .pid = 77, .want = Want::up, .state = core::State::run};
  core::ProcessMachine machine(core::Role::service, state);
  EXPECT_TRUE(machine.owns(77));
  const core::ActionList actions = machine.command(core::Command::hangup, {});
  ASSERT_EQ(actions.size(), 1U);
  EXPECT_EQ(actions.begin()->kind, core::Action::Kind::run_hook);
  EXPECT_EQ(actions.begin()->pid, 77);
}

}  // namespace
}  // namespace runvisor::model
