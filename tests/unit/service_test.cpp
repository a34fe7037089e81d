// The service shell on a system that a test controls: what it does when every call works, and when each call
// in turn fails once.

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cerrno>
#include <csignal>
#include <filesystem>
#include <iterator>

#include "service_bench.hpp"

namespace runvisor::testing {
namespace {

using Bench = ServiceBench;

/// A life with everything in it: a start, a restart by `t` with its hook, an end with finish, and the exit.
/// Checks after every step that no second copy runs.
void live(Bench& bench) {
  const auto check = [&bench] {
    EXPECT_LE(bench.count("./run") + bench.count("./finish"), 1U);
    EXPECT_LE(bench.count("log/./run"), 1U);
  };
  check();
  bench.command("tu");
  check();
  bench.end("control/t", 1);
  check();
  bench.end("./run", 0);
  check();
  bench.end("./finish", 0);
  check();
  bench.command("pchai");
  check();
  bench.command("x");
  check();
  // Whatever the fault has left undone, the way out is open: time passes and children end.
  for (int i = 0; i < 8 && !bench.left(); ++i) {
    for (const char* path : {"control/t", "./run", "./finish", "log/./run"}) {
      bench.end(path, 0);
      check();
    }
    // Any event lets the machine look at the clock, as the timer it has armed would.
    bench.system().advance(std::chrono::seconds{2});
    bench.command("c");
    bench.command("c", "log/supervise/control");
    check();
  }
}

TEST(Service, RunsItsWholeLifeOnASystemThatWorks) {
  Bench bench;
  ASSERT_TRUE(bench.start());
  EXPECT_EQ(bench.count("./run"), 1U);
  EXPECT_EQ(bench.count("log/./run"), 1U);
  EXPECT_EQ(bench.stat(), "run\n");
  live(bench);
  EXPECT_TRUE(bench.left());
  EXPECT_TRUE(bench.system().children().empty());
  EXPECT_EQ(bench.stat(), "down\n");
  EXPECT_EQ(bench.stat("log/supervise/stat"), "down\n");
  EXPECT_EQ(bench.system().complaints(), "");
}

TEST(Service, ObeysCommandsInOrderBehindAHook) {
  Bench bench;
  ASSERT_TRUE(bench.start());
  bench.command("tha");
  EXPECT_TRUE(bench.system().signals().empty()) << "a command has overtaken the hook of the one before";
  ASSERT_TRUE(bench.end("control/t", 1));
  ASSERT_EQ(bench.system().signals().size(), 3U);
  EXPECT_EQ(bench.system().signals()[0].second, SIGTERM);
  EXPECT_EQ(bench.system().signals()[1].second, SIGHUP);
  EXPECT_EQ(bench.system().signals()[2].second, SIGALRM);
}

TEST(Service, WritesOnlyWhatChanges) {
  Bench bench;
  ASSERT_TRUE(bench.start());
  const auto before = std::filesystem::last_write_time(bench.home() / "supervise/stat");
  const std::size_t calls = bench.system().calls();
  bench.command("u");
  EXPECT_EQ(std::filesystem::last_write_time(bench.home() / "supervise/stat"), before);
  EXPECT_EQ(bench.system().calls(), calls) << "nothing was to be done";
}

class ServiceFault : public ::testing::TestWithParam<int> {};

/// Each call of a whole life fails once. Start-up may refuse, with nothing started; later nothing may end the
/// supervisor, start a second copy, or block the way to the exit.
TEST_P(ServiceFault, SurvivesEachCallFailingOnce) {
  Bench plain;
  ASSERT_TRUE(plain.start());
  live(plain);
  const std::size_t calls = plain.system().calls();
  ASSERT_GT(calls, 50U);
  for (std::size_t call = 0; call < calls; ++call) {
    SCOPED_TRACE("call " + std::to_string(call));
    Bench bench(FaultySystem::Fault{call, GetParam()});
    if (!bench.start()) {
      EXPECT_EQ(bench.count("./run"), 0U);
      continue;
    }
    live(bench);
    EXPECT_TRUE(bench.left()) << bench.system().complaints();
    EXPECT_TRUE(std::filesystem::exists(bench.home() / "supervise/ok")) << "clients never saw it";
    EXPECT_FALSE(std::filesystem::exists(bench.home() / "supervise/ok.new"));
  }
}

/// As a child finds it that asks for its own service at once.
TEST(Service, IsSeenWithItsFirstChildBeforeThatExecutes) {
  Bench bench;
  std::string seen;
  bench.system().on_execute([&](const std::string& path) {
    if (path != "./run") return;
    const bool shown = std::filesystem::exists(bench.home() / "supervise/ok");
    seen += (shown ? "ok " : "no ok ") + bench.stat() + bench.stat("supervise/pid");
  });
  ASSERT_TRUE(bench.start());
  ASSERT_EQ(bench.system().children().size(), 2U);
  const auto run = std::prev(bench.system().children().end());
  EXPECT_EQ(run->second, "./run");
  EXPECT_EQ(seen, "ok run\n" + std::to_string(run->first) + "\n");
}

/// The second supervisor of a directory finds an ok FIFO, which may have got an owner and a mode.
TEST(Service, KeepsTheOkFifoOfAnEarlierLife) {
  Bench bench;
  std::filesystem::create_directory(bench.home() / "supervise");
  const auto ok = bench.home() / "supervise/ok";
  ASSERT_EQ(::mkfifo(ok.c_str(), 0620), 0);
  struct stat before {};
  ASSERT_EQ(::stat(ok.c_str(), &before), 0);
  std::string seen;
  bench.system().on_execute([&](const std::string& path) {
    if (path == "./run") seen = bench.stat();
  });
  ASSERT_TRUE(bench.start());
  struct stat after {};
  ASSERT_EQ(::stat(ok.c_str(), &after), 0);
  EXPECT_EQ(after.st_ino, before.st_ino);
  EXPECT_EQ(after.st_mode, before.st_mode);
  EXPECT_EQ(seen, "down\n") << "seen, but not started yet";
}

TEST(Service, AdoptsWhatAnotherHasLeft) {
  Bench bench;
  ASSERT_TRUE(bench.start());
  const auto children = bench.system().children();
  bench.replace_supervisor();
  ASSERT_TRUE(bench.start());
  EXPECT_EQ(bench.system().children(), children);
  EXPECT_EQ(bench.stat(), "run\n");
  bench.command("h");
  ASSERT_EQ(bench.system().signals().size(), 1U);
  EXPECT_EQ(bench.system().signals()[0].first, std::prev(children.end())->first);
  ASSERT_TRUE(bench.end_orphan("./run", 3));
  EXPECT_EQ(bench.count("./finish"), 1U);
  EXPECT_EQ(bench.stat(), "finish\n");
  ASSERT_TRUE(bench.end("./finish"));
  EXPECT_EQ(bench.count("./run"), 1U);
  ASSERT_TRUE(bench.end_orphan("log/./run", std::nullopt));
  EXPECT_EQ(bench.count("log/./run"), 1U);
  EXPECT_EQ(bench.system().complaints(), "");
}

TEST(Service, AdoptsNothingOfAnotherBoot) {
  Bench bench;
  ASSERT_TRUE(bench.start());
  bench.replace_supervisor();
  bench.system().set_boot_id("00000000-89ab-cdef-0123-456789abcdef");
  ASSERT_TRUE(bench.start());
  EXPECT_EQ(bench.count("./run"), 2U);
  EXPECT_EQ(bench.count("log/./run"), 2U);
}

/// Each call of an adoption fails once: the service may not be supervised then, but there is never a second
/// one.
TEST_P(ServiceFault, DoublesNothingWhileItAdopts) {
  Bench plain;
  ASSERT_TRUE(plain.start());
  const std::size_t first = plain.system().calls();
  plain.replace_supervisor();
  ASSERT_TRUE(plain.start());
  const std::size_t last = plain.system().calls();
  ASSERT_GT(last - first, 20U);
  for (std::size_t call = first; call < last; ++call) {
    SCOPED_TRACE("call " + std::to_string(call));
    Bench bench(FaultySystem::Fault{call, GetParam()});
    ASSERT_TRUE(bench.start());
    bench.replace_supervisor();
    if (!bench.start()) {
      bench.replace_supervisor();
      ASSERT_TRUE(bench.start());
    }
    EXPECT_EQ(bench.count("./run"), 1U);
    EXPECT_EQ(bench.count("log/./run"), 1U);
    ASSERT_TRUE(bench.end_orphan("./run", 0));
    ASSERT_TRUE(bench.end("./finish"));
    EXPECT_EQ(bench.count("./run"), 1U);
  }
}

INSTANTIATE_TEST_SUITE_P(Errors, ServiceFault, ::testing::Values(EMFILE, ENOSPC));

}  // namespace
}  // namespace runvisor::testing
