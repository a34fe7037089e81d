// One example for each documented rule of control hooks: runsv(8), and runit 2.1.2 where that is silent.

#include <gtest/gtest.h>

#include <csignal>

#include "scene.hpp"

namespace runvisor::model {
namespace {

using namespace std::chrono_literals;

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

}  // namespace
}  // namespace runvisor::model
