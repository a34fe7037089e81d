// One example for each documented rule of what a service is wanted to do: runsv(8), and runit 2.1.2 where
// that is silent.

#include <gtest/gtest.h>

#include <csignal>

#include "scene.hpp"

namespace runvisor::model {
namespace {

using namespace std::chrono_literals;
using core::Want;

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

}  // namespace
}  // namespace runvisor::model
