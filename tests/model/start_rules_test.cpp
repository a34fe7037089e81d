// One example for each documented rule of how a service starts and ends: runsv(8), and runit 2.1.2 where that
// is silent.

#include <gtest/gtest.h>

#include <csignal>

#include "scene.hpp"

namespace runvisor::model {
namespace {

using namespace std::chrono_literals;
using core::Want;

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
