// What the clock does while a service is supervised: it is set forward and back by years, and it stands still
// while the machine sleeps. Delays stay what they are, ages are never negative, nothing turns in circles.

#include <gtest/gtest.h>

#include <string>

#include "core/service_report.hpp"
#include "service_bench.hpp"
#include "support/supervise_files.hpp"

namespace runvisor::testing {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr hours kYears{24 * 365 * 20};

class ServiceClock : public ::testing::TestWithParam<hours> {
 protected:
  /// Ends `run` and `finish` half a second after their start, so that a pause follows.
  void crash() {
    bench_.system().advance(milliseconds{500});
    bench_.end_now("./run");
    bench_.end_now("./finish");
  }
  [[nodiscard]] std::string age() {
    const auto status = read_status(bench_.home().path());
    const core::StatusRecord record{.since = status->since(), .pid = 1, .state = core::State::run};
    std::string line;
    core::append_state(line, "x", record, false, bench_.system().now().wall);
    return line.substr(line.rfind(' ') + 1);
  }

  ServiceBench bench_;
};

TEST_P(ServiceClock, ChangesNoDelay) {
  ASSERT_TRUE(bench_.start());
  bench_.system().set_wall_clock(GetParam());
  crash();
  ASSERT_EQ(bench_.count("./run"), 0U);
  bench_.system().set_wall_clock(-2 * GetParam());
  bench_.system().advance(milliseconds{900});
  bench_.command("c");
  EXPECT_EQ(bench_.count("./run"), 0U) << "too early";
  bench_.system().set_wall_clock(2 * GetParam());
  bench_.system().advance(milliseconds{200});
  bench_.command("c");
  EXPECT_EQ(bench_.count("./run"), 1U) << "too late";
}

TEST_P(ServiceClock, NeverMakesAnAgeNegative) {
  ASSERT_TRUE(bench_.start());
  bench_.system().set_wall_clock(GetParam());
  bench_.system().advance(seconds{5});
  if (GetParam() < hours{0}) {
    EXPECT_EQ(age(), "0s");
  } else {
    EXPECT_EQ(age().find('-'), std::string::npos);
  }
  // The next state has the time as it is now, right or wrong.
  crash();
  bench_.system().advance(seconds{7});
  EXPECT_EQ(age(), "7s");
}

TEST_P(ServiceClock, IsNoReasonToDoAnything) {
  ASSERT_TRUE(bench_.start());
  const std::size_t calls = bench_.system().calls();
  const auto before = read_status(bench_.home().path());
  bench_.system().set_wall_clock(GetParam());
  for (int i = 0; i < 10; ++i) bench_.turn();
  EXPECT_EQ(bench_.system().calls(), calls);
  EXPECT_EQ(read_status(bench_.home().path()), before);
}

INSTANTIATE_TEST_SUITE_P(Years, ServiceClock, ::testing::Values(kYears, -kYears));

/// The clock of delays stands still while the machine sleeps, the wall clock does not: to a service it is as
/// if only the latter had been set forward. A pause goes on where it was, and is over within its own length.
TEST(ServiceSleep, EndsNoPauseEarlyAndNoneLate) {
  ServiceBench bench;
  ASSERT_TRUE(bench.start());
  bench.system().advance(milliseconds{500});
  bench.end_now("./run");
  bench.end_now("./finish");
  bench.system().set_wall_clock(hours{8});
  bench.command("c");
  EXPECT_EQ(bench.count("./run"), 0U);
  bench.system().advance(seconds{1});
  bench.command("c");
  EXPECT_EQ(bench.count("./run"), 1U);
}

}  // namespace
}  // namespace runvisor::testing
