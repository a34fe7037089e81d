// One example for each documented rule of the signals a service is sent: runsv(8), and runit 2.1.2 where that
// is silent.

#include <gtest/gtest.h>

#include <csignal>
#include <ostream>
#include <string>
#include <string_view>

#include "scene.hpp"

namespace runvisor::model {
namespace {

using core::Want;

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

}  // namespace
}  // namespace runvisor::model
