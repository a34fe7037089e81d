// The service shell on a system that is out of something: for one call, or for all of them and for a while.
// Whatever it is, and at whichever call it begins: what is said is said once, commands are obeyed, and
// afterwards all is well by itself.

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <sstream>
#include <string>

#include "core/error_words.hpp"
#include "service_bench.hpp"
#include "support/supervise_files.hpp"

namespace runvisor::testing {
namespace {

constexpr int kErrors[] = {EMFILE, ENFILE, EAGAIN, ENOMEM, ENOSPC, EROFS};

/// A clock so far behind that each timer expires as soon as the loop looks: what is armed for later comes at
/// once.
void let_time_fly(ServiceBench& bench) { bench.system().advance(-std::chrono::hours{1}); }

/// A second, with all that is due in it.
void tick(ServiceBench& bench) {
  bench.system().advance(std::chrono::seconds{1});
  for (int i = 0; i < 3; ++i) bench.turn();
}

/// No message comes twice: whoever tries again and again says so once.
void expect_each_said_once(const std::string& complaints) {
  std::istringstream lines(complaints);
  std::vector<std::string> said;
  for (std::string line; std::getline(lines, line);) {
    EXPECT_EQ(std::count(said.begin(), said.end(), line), 0) << line;
    said.push_back(line);
  }
}

/// Exactly one of each runs, and the files tell so.
void expect_all_well(ServiceBench& bench) {
  EXPECT_EQ(bench.count("./run"), 1U) << bench.system().complaints();
  EXPECT_EQ(bench.count("log/./run"), 1U) << bench.system().complaints();
  EXPECT_EQ(bench.count("./finish"), 0U);
  EXPECT_EQ(bench.stat(), "run\n");
  EXPECT_EQ(bench.stat("log/supervise/stat"), "run\n");
  for (const auto& [pid, path] : bench.system().children()) {
    const auto status = read_status(path == "./run" ? bench.home().path() : bench.home() / "log");
    ASSERT_TRUE(status);
    EXPECT_EQ(status->pid, pid);
    EXPECT_EQ(status->state, kStateRun);
  }
  EXPECT_TRUE(std::filesystem::exists(bench.home() / "supervise/ok"));
  EXPECT_FALSE(std::filesystem::exists(bench.home() / "supervise/ok.new"));
}

/// What happens to a service and its log service while the fault comes: both end once, commands come.
void live_through(ServiceBench& bench) {
  bench.end("./run", 1);
  tick(bench);
  bench.end("./finish", 0);
  bench.end("log/./run", 0);
  tick(bench);
  bench.command("h");
  tick(bench);
  tick(bench);
}

class ServiceWant : public ::testing::TestWithParam<int> {};
class ServiceLongWant : public ::testing::TestWithParam<int> {};

/// Calls of everything up to here, none of which fails.
std::size_t calls_of_a_life() {
  ServiceBench plain;
  let_time_fly(plain);
  EXPECT_TRUE(plain.start());
  live_through(plain);
  expect_all_well(plain);
  EXPECT_EQ(plain.system().complaints(), "");
  return plain.system().calls();
}

TEST_P(ServiceWant, IsOverAsSoonAsTheOneCallThatFailed) {
  const std::size_t calls = calls_of_a_life();
  ASSERT_GT(calls, 50U);
  const std::size_t descriptors = open_descriptors();
  std::size_t lives = 0;
  for (std::size_t call = 0; call < calls; ++call) {
    SCOPED_TRACE("call " + std::to_string(call));
    {
      ServiceBench bench(FaultySystem::Fault{call, GetParam()});
      let_time_fly(bench);
      if (!bench.start()) continue;
      ++lives;
      live_through(bench);
      for (int i = 0; i < 3; ++i) tick(bench);
      expect_all_well(bench);
      expect_each_said_once(bench.system().complaints());
    }
    EXPECT_EQ(open_descriptors(), descriptors);
  }
  EXPECT_GT(lives, calls / 3);
}

TEST_P(ServiceLongWant, IsToldOfOnceAndRecoveredFromHoweverLongItLasts) {
  const std::size_t calls = calls_of_a_life();
  const std::size_t descriptors = open_descriptors();
  for (std::size_t call = 0; call < calls; call += 2) {
    SCOPED_TRACE("from call " + std::to_string(call));
    {
      ServiceBench bench(FaultySystem::Fault{call, GetParam(), SIZE_MAX});
      let_time_fly(bench);
      if (!bench.start()) continue;
      live_through(bench);
      for (int i = 0; i < 5; ++i) tick(bench);
      expect_each_said_once(bench.system().complaints());
      EXPECT_NE(bench.system().complaints().find(core::error_words(GetParam())), std::string::npos);
      bench.system().heal();
      for (int i = 0; i < 3; ++i) {
        tick(bench);
        bench.end_now("./finish");
      }
      expect_all_well(bench);
    }
    EXPECT_EQ(open_descriptors(), descriptors);
  }
}

TEST_P(ServiceWant, TakesNoCommandAway) {
  ServiceBench bench;
  let_time_fly(bench);
  ASSERT_TRUE(bench.start());
  bench.system().fail_from_now_on(GetParam());
  bench.command("h");
  ASSERT_EQ(bench.system().signals().size(), 1U) << "a hook that cannot be looked for takes no signal away";
  EXPECT_EQ(bench.system().signals()[0].second, SIGHUP);
  bench.command("d");
  EXPECT_EQ(bench.system().signals().size(), 3U) << "TERM and CONT";
  bench.end("./run", 0);
  tick(bench);
  EXPECT_EQ(bench.count("./run"), 0U);
  bench.command("x");
  for (int i = 0; i < 3; ++i) {
    tick(bench);
    bench.system().heal();
    bench.end("./finish", 0);
    bench.end("log/./run", 0);
  }
  EXPECT_TRUE(bench.left());
}

INSTANTIATE_TEST_SUITE_P(Errors, ServiceWant, ::testing::ValuesIn(kErrors));
// No error is treated in a way of its own for longer than one call.
INSTANTIATE_TEST_SUITE_P(Errors, ServiceLongWant, ::testing::Values(EMFILE, EROFS));

}  // namespace
}  // namespace runvisor::testing
