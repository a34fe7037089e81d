#include "core/number.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace runvisor::core {
namespace {

constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();

TEST(ANumber, IsMadeOfDigitsOnly) {
  EXPECT_EQ(parse_number("0"), 0U);
  EXPECT_EQ(parse_number("0010"), 10U);
  EXPECT_EQ(parse_number(""), 0U);
  for (const char* text : {"-1", "+1", " 1", "1 ", "0x1", "1.5", "a", "1a", "/", ":"}) {
    EXPECT_EQ(parse_number(text), std::nullopt) << text;
  }
}

TEST(ANumber, IsHeldAtTheLargestOne) {
  EXPECT_EQ(parse_number("18446744073709551614"), kMost - 1);
  EXPECT_EQ(parse_number("18446744073709551615"), kMost);
  EXPECT_EQ(parse_number("18446744073709551616"), kMost);
  EXPECT_EQ(parse_number("18446744073709551625"), kMost);
  EXPECT_EQ(parse_number("99999999999999999999999999999999999999"), kMost);
}

TEST(ANumber, IsReadAsItIsWritten) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 10'000; ++i) {
    const std::uint64_t number = random() >> (random() % 64);
    EXPECT_EQ(parse_number(std::to_string(number)), number);
  }
}

TEST(ASignedNumber, IsHeldWithinItsLimit) {
  EXPECT_EQ(parse_signed("5", 100), 5);
  EXPECT_EQ(parse_signed("+5", 100), 5);
  EXPECT_EQ(parse_signed("-5", 100), -5);
  EXPECT_EQ(parse_signed("101", 100), 100);
  EXPECT_EQ(parse_signed("-99999999999999999999", 100), -100);
  for (const char* zero : {"", "+", "-", "0", "-0"}) EXPECT_EQ(parse_signed(zero, 100), 0) << zero;
  for (const char* text : {"--1", "+-1", "x", "3x", " 3"}) EXPECT_EQ(parse_signed(text, 100), std::nullopt);
}

}  // namespace
}  // namespace runvisor::core
