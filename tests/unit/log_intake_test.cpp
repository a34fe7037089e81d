#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <string>

#include "log/intake.hpp"

namespace runvisor::testing {
namespace {

using log::Intake;

/// Puts `text` into the intake and takes what can be passed on.
std::string pass(Intake& intake, std::string_view text) {
  const auto space = intake.space();
  EXPECT_GE(space.size(), text.size());
  std::memcpy(space.data(), text.data(), text.size());
  const auto received = intake.received(text.size());
  EXPECT_EQ(std::string_view(received.data(), received.size()), text);
  return std::string{intake.take()};
}

TEST(LogIntake, PassesCompleteLinesOnAndHoldsTheRest) {
  Intake intake(64, 10);
  EXPECT_EQ(pass(intake, "one\ntwo\nthr"), "one\ntwo\n");
  EXPECT_EQ(intake.held(), 3U);
  EXPECT_EQ(pass(intake, "ee"), "");
  EXPECT_EQ(pass(intake, "\n"), "three\n");
  EXPECT_EQ(intake.held(), 0U);
  EXPECT_FALSE(intake.within_line());
}

TEST(LogIntake, PassesALongLineOnAsItComes) {
  Intake intake(64, 10);
  EXPECT_EQ(pass(intake, "a\n123456789"), "a\n");
  EXPECT_EQ(pass(intake, "0"), "1234567890");
  EXPECT_TRUE(intake.within_line());
  EXPECT_EQ(pass(intake, "x"), "x");
  EXPECT_EQ(pass(intake, "y\nz"), "y\n");
  EXPECT_FALSE(intake.within_line());
  EXPECT_EQ(intake.held(), 1U);
}

TEST(LogIntake, GivesUpWhatItHolds) {
  Intake intake(64, 10);
  EXPECT_EQ(pass(intake, "a"), "");
  EXPECT_EQ(intake.take_held(), "a");
  EXPECT_TRUE(intake.within_line());
  EXPECT_EQ(intake.take_held(), "");
  intake.end_line();
  EXPECT_FALSE(intake.within_line());
}

TEST(LogIntake, LosesAndDoublesNothingHoweverTheInputComes) {
  std::mt19937 random{4};
  for (int round = 0; round < 300; ++round) {
    const std::size_t held = 1 + random() % 20;
    Intake intake(1 + random() % 50, held);
    std::string in;
    std::string out;
    for (int i = 0; i < 100; ++i) {
      const std::size_t room = intake.space().size();
      ASSERT_GT(room, 0U);
      std::string text(1 + random() % room, 'x');
      for (char& c : text) c = random() % 8 == 0 ? '\n' : static_cast<char>('a' + random() % 26);
      in += text;
      const bool within = intake.within_line();
      const std::string passed = pass(intake, text);
      out += passed;
      EXPECT_EQ(in.substr(0, out.size()), out);
      EXPECT_EQ(in.size() - out.size(), intake.held());
      EXPECT_LT(intake.held(), held);
      if (passed.empty()) {
        EXPECT_EQ(intake.within_line(), within);
      } else if (passed.back() != '\n') {
        // An incomplete line is passed on only when patterns can judge it.
        const std::size_t begin = passed.rfind('\n') + 1;
        EXPECT_TRUE(passed.size() - begin >= held || (begin == 0 && within));
      }
    }
    out += intake.take_held();
    EXPECT_EQ(in, out);
  }
}

}  // namespace
}  // namespace runvisor::testing
