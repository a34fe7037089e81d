// One example for each documented rule of a service with its log service, and of the way both end.

#include <gtest/gtest.h>

#include <csignal>

#include "scene.hpp"

namespace runvisor::model {
namespace {

using namespace std::chrono_literals;
using core::Role;
using core::Want;

TEST(LogService, IsStartedBeforeTheService) {
  Scene scene({.log = Want::up});
  EXPECT_EQ(scene.done(), "log run, run");
}

TEST(LogService, IsNotStartedWithADownFile) {
  Scene scene({.log = Want::down});
  EXPECT_EQ(scene.done(), "run");
}

TEST(LogService, HasNoFinishAndNoHooks) {
  Scene scene({.log = Want::up, .finish = true, .hooks = "uxtdkpchaiq12"});
  scene.hook_ends(0);
  scene.pass(2s);
  (void)scene.done();
  scene.tell("hptk", Role::log);
  EXPECT_EQ(scene.done(), "log HUP, log STOP, log TERM, log KILL");
  scene.killed(SIGKILL, Role::log);
  EXPECT_EQ(scene.done(), "log run");
}

TEST(LogService, ObeysTheCommandsOfItsOwnFifo) {
  Scene scene({.log = Want::up});
  (void)scene.done();
  scene.tell("d", Role::log);
  EXPECT_EQ(scene.done(), "log TERM, log CONT");
  EXPECT_EQ(scene.stat(Role::log), "run, got TERM, want down");
  EXPECT_EQ(scene.stat(), "run");
  scene.killed(SIGTERM, Role::log);
  scene.pass(1s);
  scene.tell("o", Role::log);
  EXPECT_EQ(scene.done(), "log run");
  EXPECT_EQ(scene.stat(Role::log), "run, want down");
}

TEST(LogService, IgnoresExit) {
  Scene scene({.log = Want::up});
  (void)scene.done();
  scene.tell("x", Role::log);
  EXPECT_EQ(scene.done(), "");
  EXPECT_EQ(scene.stat(Role::log), "run");
}

TEST(LogService, WaitsAFullSecondAfterAQuickEnd) {
  Scene scene({.log = Want::up});
  scene.pass(200ms);
  (void)scene.done();
  scene.ends(0, 0, Role::log);
  scene.pass(999ms);
  EXPECT_EQ(scene.done(), "");
  scene.pass(1ms);
  EXPECT_EQ(scene.done(), "log run");
}

TEST(LogService, WorksOnWhileAHookOfTheServiceRuns) {
  Scene scene({.log = Want::up, .hooks = "t"});
  scene.pass(2s);
  (void)scene.done();
  scene.tell("t");
  scene.tell("h", Role::log);
  scene.ends(0, 0, Role::log);
  EXPECT_EQ(scene.done(), "hook t, log HUP, log run");
}

TEST(LogService, IsStartedWhenItsDirectoryAppears) {
  Scene scene;
  (void)scene.done();
  scene.attach_log(Want::up);
  EXPECT_EQ(scene.done(), "log run");
}

TEST(LogService, IsNotStartedWhenItsDirectoryAppearsWithADownFile) {
  Scene scene;
  (void)scene.done();
  scene.attach_log(Want::down);
  EXPECT_EQ(scene.done(), "");
  EXPECT_EQ(scene.stat(Role::log), "down");
}

TEST(Supervisor, LeavesWhenTheServiceHasEnded) {
  Scene scene;
  (void)scene.done();
  scene.tell("x");
  EXPECT_EQ(scene.done(), "TERM, CONT");
  scene.killed(SIGTERM);
  EXPECT_EQ(scene.done(), "leave");
}

TEST(Supervisor, LeavesAtOnceWhenTheServiceIsDown) {
  Scene scene({.service = Want::down});
  scene.tell("x");
  EXPECT_EQ(scene.done(), "leave");
}

TEST(Supervisor, LeavesDuringThePauseBeforeTheNextStart) {
  Scene scene;
  scene.ends(0, 0);
  (void)scene.done();
  scene.tell("x");
  EXPECT_EQ(scene.done(), "leave");
}

TEST(Supervisor, LeavesAfterFinish) {
  Scene scene({.finish = true});
  scene.pass(2s);
  scene.tell("x");
  (void)scene.done();
  scene.killed(SIGTERM);
  EXPECT_EQ(scene.done(), "finish -1 15");
  scene.ends(0, 0);
  EXPECT_EQ(scene.done(), "leave");
}

TEST(Supervisor, LeavesAfterTheExitHook) {
  Scene scene({.hooks = "x"});
  scene.tell("x");
  scene.killed(SIGTERM);
  (void)scene.done();
  scene.hook_ends(0);
  EXPECT_EQ(scene.done(), "leave");
}

TEST(Supervisor, ClosesThePipeAndWaitsForTheLogServiceWithoutASignal) {
  Scene scene({.log = Want::up});
  scene.pass(2s);
  (void)scene.done();
  scene.tell("x");
  scene.killed(SIGTERM);
  EXPECT_EQ(scene.done(), "TERM, CONT, close pipe");
  EXPECT_EQ(scene.stat(Role::log), "run, want exit");
  scene.ends(0, 0, Role::log);
  EXPECT_EQ(scene.done(), "leave");
}

TEST(Supervisor, LeavesAtOnceWhenTheLogServiceIsDownForGood) {
  Scene scene({.log = Want::down});
  (void)scene.done();
  scene.tell("x");
  scene.killed(SIGTERM);
  EXPECT_EQ(scene.done(), "TERM, CONT, leave");
}

TEST(Supervisor, StartsALogServiceInItsPauseOnceMoreToReadThePipe) {
  Scene scene({.log = Want::up});
  scene.pass(300ms);
  scene.ends(0, 0, Role::log);
  (void)scene.done();
  scene.tell("x");
  scene.killed(SIGTERM);
  EXPECT_EQ(scene.done(), "TERM, CONT");
  scene.pass(1s);
  EXPECT_EQ(scene.done(), "log run, close pipe");
  scene.ends(0, 0, Role::log);
  EXPECT_EQ(scene.done(), "leave");
}

TEST(Supervisor, DoesNotStartADrainedLogServiceAgain) {
  Scene scene({.log = Want::up});
  scene.pass(2s);
  scene.tell("x");
  scene.killed(SIGTERM);
  (void)scene.done();
  scene.tell("uo", Role::log);
  EXPECT_EQ(scene.stat(Role::log), "run, want exit");
  scene.ends(0, 0, Role::log);
  scene.pass(5s);
  EXPECT_EQ(scene.done(), "leave");
}

TEST(Supervisor, StartsADrainingLogServiceThatLeavesInputBehindAgainAFewTimes) {
  Scene scene({.log = Want::up, .input_left = true});
  scene.pass(2s);
  scene.tell("x");
  scene.killed(SIGTERM);
  (void)scene.done();
  scene.killed(SIGSEGV, Role::log);
  EXPECT_EQ(scene.done(), "log run");
  EXPECT_EQ(scene.stat(Role::log), "run, want exit");
  // The pause is kept.
  scene.killed(SIGSEGV, Role::log);
  EXPECT_EQ(scene.done(), "");
  EXPECT_EQ(scene.stat(Role::log), "down");
  scene.pass(1s);
  EXPECT_EQ(scene.done(), "log run");
  scene.killed(SIGSEGV, Role::log);
  scene.pass(1s);
  EXPECT_EQ(scene.done(), "log run");
  scene.killed(SIGSEGV, Role::log);
  EXPECT_EQ(scene.done(), "leave");
}

TEST(Supervisor, DoesNotStartADrainingLogServiceAgainThatWasToldToEnd) {
  for (const char* const command : {"d", "t", "k"}) {
    Scene scene({.log = Want::up, .input_left = true});
    scene.pass(2s);
    scene.tell("x");
    scene.killed(SIGTERM);
    scene.tell(command, Role::log);
    (void)scene.done();
    scene.killed(SIGTERM, Role::log);
    EXPECT_EQ(scene.done(), "leave") << command;
  }
}

TEST(Supervisor, LeavesWhenALogServiceIsToldDownInThePauseBeforeItReadsOn) {
  Scene scene({.log = Want::up, .input_left = true});
  scene.tell("x");
  scene.killed(SIGTERM);
  scene.killed(SIGSEGV, Role::log);
  (void)scene.done();
  scene.tell("d", Role::log);
  EXPECT_EQ(scene.done(), "leave");
}

TEST(Supervisor, TakesNoCommandForTheServiceOnceThePipeIsClosed) {
  Scene scene({.log = Want::up});
  scene.pass(2s);
  scene.tell("x");
  scene.killed(SIGTERM);
  (void)scene.done();
  scene.tell("uot");
  scene.pass(5s);
  EXPECT_EQ(scene.done(), "");
  scene.ends(0, 0, Role::log);
  EXPECT_EQ(scene.done(), "leave");
}

TEST(Supervisor, LetsADrainingLogServiceBeKilled) {
  Scene scene({.log = Want::up});
  scene.pass(2s);
  scene.tell("x");
  scene.killed(SIGTERM);
  (void)scene.done();
  scene.tell("k", Role::log);
  EXPECT_EQ(scene.done(), "log KILL");
}

TEST(Supervisor, LeavesWhenExitFindsTheServiceDownWhateverIsWrittenBehindIt) {
  Scene scene({.service = Want::down});
  scene.tell("xu");
  EXPECT_EQ(scene.done(), "leave");
}

TEST(Supervisor, StaysWhenExitIsTakenBackByUpWhileTheServiceStillRuns) {
  Scene scene({.service = Want::up});
  scene.tell("xu");
  scene.killed(SIGTERM);
  scene.pass(2s);
  EXPECT_EQ(scene.stat(), "run");
}

}  // namespace
}  // namespace runvisor::model
