#include <gtest/gtest.h>

#include <ctime>
#include <random>

#include "log/stamp.hpp"

namespace runvisor::testing {
namespace {

using namespace std::chrono_literals;
using core::WallTime;

std::string label(WallTime time) {
  const auto text = log::tai64n_label(time);
  return {text.data(), text.size()};
}

std::string utc(WallTime time, char separator = '_') {
  const auto text = log::utc_stamp(time, separator);
  return {text.data(), text.size()};
}

TEST(LogStamp, WritesTai64nLabels) {
  EXPECT_EQ(label(WallTime{}), "@400000000000000a00000000");
  EXPECT_EQ(label(WallTime{1'792'712'069s + 675'123'456ns}), "@400000006ada9d8f283d9100");
  EXPECT_EQ(label(WallTime{-1ns}), "@40000000000000093b9ac9ff");
}

TEST(LogStamp, ReadsWhatItHasWritten) {
  std::mt19937_64 random{1};
  for (int i = 0; i < 10'000; ++i) {
    const WallTime time{std::chrono::nanoseconds{static_cast<std::int64_t>(random()) / 2}};
    EXPECT_EQ(log::parse_label(label(time)), time);
  }
}

TEST(LogStamp, SortsAsTimeGoes) {
  std::mt19937_64 random{2};
  for (int i = 0; i < 10'000; ++i) {
    const WallTime a{std::chrono::nanoseconds{static_cast<std::int64_t>(random() / 4)}};
    const WallTime b = a + std::chrono::nanoseconds{static_cast<std::int64_t>(random() % 3'000'000'000) + 1};
    EXPECT_LT(label(a), label(b));
    EXPECT_LE(utc(a), utc(b));
  }
}

TEST(LogStamp, ReadsNoLabelInAnythingElse) {
  for (const char* text :
       {"", "@", "400000000000000a000000000", "@400000000000000A00000000", "@400000000000000a0000000",
        "@400000000000000a000000000", "@400000000000000g00000000", "@ffffffffffffffff00000000",
        "@400000000000000a3b9aca00"}) {
    EXPECT_FALSE(log::parse_label(text)) << text;
  }
}

TEST(LogStamp, WritesUtcAsTheCLibraryDoes) {
  std::mt19937_64 random{3};
  for (int i = 0; i < 10'000; ++i) {
    const auto seconds = static_cast<std::time_t>(random() % 9'000'000'000);
    const auto fraction = static_cast<std::int64_t>(random() % 1'000'000'000);
    std::tm parts{};
    ::gmtime_r(&seconds, &parts);
    char date[32];
    std::strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &parts);
    char expected[48];
    std::snprintf(expected, sizeof expected, "%s.%05d", date, static_cast<int>(fraction / 10'000));
    EXPECT_EQ(utc(WallTime{std::chrono::seconds{seconds} + std::chrono::nanoseconds{fraction}}, 'T'),
              expected);
  }
}

TEST(LogStamp, EndsWithASpace) {
  EXPECT_EQ(log::stamp(log::StampStyle::none, WallTime{}), "");
  EXPECT_EQ(log::stamp(log::StampStyle::tai64n, WallTime{}), "@400000000000000a00000000 ");
  EXPECT_EQ(log::stamp(log::StampStyle::utc_underscore, WallTime{}), "1970-01-01_00:00:00.00000 ");
  EXPECT_EQ(log::stamp(log::StampStyle::utc_t, WallTime{}), "1970-01-01T00:00:00.00000 ");
}

}  // namespace
}  // namespace runvisor::testing
