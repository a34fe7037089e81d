#include "core/status_record.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <random>
#include <vector>

namespace runvisor::core {
namespace {

using std::chrono::nanoseconds;
using std::chrono::seconds;

constexpr WallTime at(std::int64_t unix_seconds, std::int64_t nanos) {
  return WallTime{seconds{unix_seconds} + nanoseconds{nanos}};
}

/// Files that Debian's runsv 2.1.2 wrote for one service, and what it had been told.
struct Recorded {
  const char* what;
  std::array<unsigned char, kStatusSize> status;
  const char* stat;
  const char* pid;
  StatusRecord record;
};

constexpr WallTime kDownAtStart = at(1795380615, 478506500);
constexpr WallTime kRun = at(1795380615, 890029500);
constexpr WallTime kDownAgain = at(1795380623, 816289500);

const Recorded kRecorded[] = {
    {"a down file",
     {0x40, 0, 0, 0, 0x6b, 0x03, 0x55, 0x91, 0x1c, 0x85, 0x6e, 0x04, 0, 0, 0, 0, 0, 'd', 0, 0},
     "down\n",
     "",
     {.since = kDownAtStart, .want = Want::down, .state = State::down}},
    {"u",
     {0x40, 0, 0, 0, 0x6b, 0x03, 0x55, 0x91, 0x35, 0x0c, 0xc5, 0xbc, 0xf7, 0x54, 0, 0, 0, 'u', 0, 1},
     "run\n",
     "21751\n",
     {.since = kRun, .pid = 21751, .want = Want::up, .state = State::run}},
    {"p",
     {0x40, 0, 0, 0, 0x6b, 0x03, 0x55, 0x91, 0x35, 0x0c, 0xc5, 0xbc, 0xf7, 0x54, 0, 0, 1, 'u', 0, 1},
     "run, paused\n",
     "21751\n",
     {.since = kRun, .pid = 21751, .paused = true, .want = Want::up, .state = State::run}},
    {"c and t, TERM being ignored",
     {0x40, 0, 0, 0, 0x6b, 0x03, 0x55, 0x91, 0x35, 0x0c, 0xc5, 0xbc, 0xf7, 0x54, 0, 0, 0, 'u', 1, 1},
     "run, got TERM\n",
     "21751\n",
     {.since = kRun, .pid = 21751, .got_term = true, .want = Want::up, .state = State::run}},
    {"p",
     {0x40, 0, 0, 0, 0x6b, 0x03, 0x55, 0x91, 0x35, 0x0c, 0xc5, 0xbc, 0xf7, 0x54, 0, 0, 1, 'u', 1, 1},
     "run, paused, got TERM\n",
     "21751\n",
     {.since = kRun, .pid = 21751, .paused = true, .got_term = true, .want = Want::up, .state = State::run}},
    {"d",
     {0x40, 0, 0, 0, 0x6b, 0x03, 0x55, 0x91, 0x35, 0x0c, 0xc5, 0xbc, 0xf7, 0x54, 0, 0, 1, 'd', 1, 1},
     "run, paused, got TERM, want down\n",
     "21751\n",
     {.since = kRun,
      .pid = 21751,
      .paused = true,
      .got_term = true,
      .want = Want::down,
      .state = State::run}},
    {"k, finish running",
     {0x40, 0, 0, 0, 0x6b, 0x03, 0x55, 0x91, 0x35, 0x0c, 0xc5, 0xbc, 0x69, 0x55, 0, 0, 0, 'd', 0, 2},
     "finish, want down\n",
     "21865\n",
     {.since = kRun, .pid = 21865, .want = Want::down, .state = State::finish}},
    {"p while finish runs",
     {0x40, 0, 0, 0, 0x6b, 0x03, 0x55, 0x91, 0x35, 0x0c, 0xc5, 0xbc, 0x69, 0x55, 0, 0, 1, 'd', 0, 2},
     "finish, paused, want down\n",
     "21865\n",
     {.since = kRun, .pid = 21865, .paused = true, .want = Want::down, .state = State::finish}},
    {"finish has ended",
     {0x40, 0, 0, 0, 0x6b, 0x03, 0x55, 0x99, 0x30, 0xa7, 0x96, 0xdc, 0, 0, 0, 0, 1, 'd', 0, 0},
     "down, paused\n",
     "",
     {.since = kDownAgain, .paused = true, .want = Want::down, .state = State::down}},
};

StatusBytes bytes_of(const std::array<unsigned char, kStatusSize>& values) {
  StatusBytes bytes{};
  std::transform(values.begin(), values.end(), bytes.begin(), [](unsigned char b) { return std::byte{b}; });
  return bytes;
}

TEST(StatusRecord, PacksIntoTheBytesThatRunitWrote) {
  for (const Recorded& recorded : kRecorded) {
    EXPECT_EQ(pack(recorded.record), bytes_of(recorded.status)) << recorded.what;
  }
}

TEST(StatusRecord, IsReadFromTheBytesThatRunitWrote) {
  for (const Recorded& recorded : kRecorded) {
    EXPECT_EQ(unpack(bytes_of(recorded.status)), recorded.record) << recorded.what;
  }
}

TEST(StatusRecord, HasTheStatLineThatRunitWrote) {
  for (const Recorded& recorded : kRecorded)
    EXPECT_EQ(stat_line(recorded.record), recorded.stat) << recorded.what;
}

TEST(StatusRecord, HasThePidFileThatRunitWrote) {
  for (const Recorded& recorded : kRecorded)
    EXPECT_EQ(pid_line(recorded.record), recorded.pid) << recorded.what;
}

TEST(StatusRecord, ShowsWantExitInTheStatLineOnly) {
  StatusRecord record{
      .since = kRun, .pid = 21751, .paused = true, .got_term = true, .want = Want::exit, .state = State::run};
  EXPECT_EQ(stat_line(record), "run, paused, got TERM, want exit\n");
  EXPECT_EQ(pack(record)[17], std::byte{'d'});
  EXPECT_EQ(unpack(pack(record))->want, Want::down);
}

TEST(StatusRecord, HasAStatLineForEveryCombination) {
  for (const State state : {State::down, State::run, State::finish}) {
    for (const Want want : {Want::up, Want::down, Want::exit}) {
      for (const bool paused : {false, true}) {
        for (const bool term : {false, true}) {
          const StatusRecord record{
              .since = kRun, .pid = 0, .paused = paused, .got_term = term, .want = want, .state = state};
          std::string expected = state == State::down ? "down" : state == State::run ? "run" : "finish";
          if (paused) expected += ", paused";
          if (term) expected += ", got TERM";
          if (state != State::down && want == Want::down) expected += ", want down";
          if (state != State::down && want == Want::exit) expected += ", want exit";
          EXPECT_EQ(stat_line(record), expected + "\n");
        }
      }
    }
  }
}

TEST(StatusRecord, ComesBackFromItsBytesWhateverItHolds) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937_64 random(seed);
  const auto any = [&random](std::int64_t low, std::int64_t high) {
    return std::uniform_int_distribution<std::int64_t>(low, high)(random);
  };
  for (int i = 0; i < 20'000; ++i) {
    StatusRecord record;
    record.since = at(any(-9'000'000'000, 9'000'000'000), any(0, 999'999'999));
    record.pid = static_cast<std::uint32_t>(any(0, std::numeric_limits<std::uint32_t>::max()));
    record.paused = any(0, 1) == 1;
    record.got_term = any(0, 1) == 1;
    record.want = any(0, 1) == 1 ? Want::up : Want::down;
    record.state = static_cast<State>(any(0, 2));
    const StatusBytes bytes = pack(record);
    ASSERT_EQ(unpack(bytes), record);
    ASSERT_EQ(pack(*unpack(bytes)), bytes);
  }
}

TEST(StatusRecord, PutsEachFieldAtItsOffset) {
  const StatusRecord record{.since = at(-1, 1), .pid = 0x01020304, .want = Want::up, .state = State::finish};
  const StatusBytes bytes = pack(record);
  // One second before the epoch is label 2^62 + 9.
  const StatusBytes expected = bytes_of({0x40, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 1, 4, 3, 2, 1, 0, 'u', 0, 2});
  EXPECT_EQ(bytes, expected);
}

TEST(StatusRecord, IsNotReadFromTooFewOrTooManyBytes) {
  std::vector<std::byte> bytes(64);
  const StatusBytes whole = pack(kRecorded[1].record);
  std::copy(whole.begin(), whole.end(), bytes.begin());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_EQ(unpack(std::span(bytes).first(size)).has_value(), size == kStatusSize) << size;
  }
}

TEST(StatusRecord, IsNotReadFromAWantOrAStateThatRunsvNeverWrites) {
  const StatusBytes good = pack(kRecorded[1].record);
  for (int value = 0; value < 256; ++value) {
    StatusBytes bytes = good;
    bytes[17] = static_cast<std::byte>(value);
    EXPECT_EQ(unpack(bytes).has_value(), value == 'u' || value == 'd') << "want " << value;
    bytes = good;
    bytes[19] = static_cast<std::byte>(value);
    EXPECT_EQ(unpack(bytes).has_value(), value <= 2) << "state " << value;
  }
}

TEST(StatusRecord, IsReadOrRefusedButNeverOverflowsFromGarbage) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937 random(seed);
  for (int i = 0; i < 20'000; ++i) {
    StatusBytes bytes{};
    for (std::byte& b : bytes) b = static_cast<std::byte>(random());
    if (i % 2 == 0) {
      bytes[17] = std::byte{'u'};
      bytes[19] = std::byte{1};
    }
    const auto record = unpack(bytes);
    if (record) {
      EXPECT_EQ(record->want == Want::up, bytes[17] == std::byte{'u'});
    }
  }
}

/// A label of `seconds` after the epoch with the most that four bytes of nanoseconds can hold.
StatusBytes label(std::uint64_t unix_seconds) {
  StatusBytes bytes = pack(kRecorded[1].record);
  const std::uint64_t tai = (std::uint64_t{1} << 62) + 10 + unix_seconds;
  for (std::size_t i = 0; i < 8; ++i) bytes.at(i) = static_cast<std::byte>(tai >> (56 - 8 * i));
  for (std::size_t i = 8; i < 12; ++i) bytes.at(i) = std::byte{0xff};
  return bytes;
}

TEST(StatusRecord, RefusesATimeBeyondWhatTheClockCanHold) {
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max() / 1'000'000'000;
  for (std::int64_t past = -16; past <= 16; ++past) {
    for (const std::int64_t edge : {kMost + past, -kMost + past}) {
      const auto record = unpack(label(static_cast<std::uint64_t>(edge)));
      if (!record) continue;
      // What is accepted comes back whole.
      EXPECT_EQ(record->since > WallTime{}, edge > 0) << edge;
      EXPECT_EQ(record->since.time_since_epoch() - seconds{edge}, nanoseconds{0xffffffff}) << edge;
    }
  }
  EXPECT_FALSE(unpack(label(std::uint64_t{1} << 63)).has_value());
  EXPECT_TRUE(unpack(label(4'000'000'000)).has_value());
}

}  // namespace
}  // namespace runvisor::core
