// The service shell on a system that a test controls: what it does when every call works, and when each call
// in turn fails once.

#include "service/service.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cerrno>
#include <csignal>
#include <filesystem>
#include <iterator>
#include <memory>

#include "event/loop.hpp"
#include "event/signals.hpp"
#include "faulty_system.hpp"
#include "support/temp_dir.hpp"

namespace runvisor::testing {
namespace {

using service::Service;

/// A service directory with a log service, under a Service whose system the test controls.
class Bench {
 public:
  explicit Bench(std::optional<FaultySystem::Fault> fault = std::nullopt) : system_(fault) {
    std::filesystem::create_directory(home_ / "control");
    std::filesystem::create_directory(home_ / "log");
    for (const char* script : {"run", "finish", "control/t", "control/d", "log/run"}) {
      write_file(home_ / script, "never executed\n", 0755);
    }
    directory_ = ::open(home_.path().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
    service_ = std::make_unique<Service>(
        system_, loop_, reaper_,
        Service::Options{.name = "example", .directory = directory_, .left = [this] { left_ = true; }});
  }

  ~Bench() {
    service_.reset();
    ::close(directory_);
  }

  [[nodiscard]] bool start() {
    sigset_t mask;
    ::sigemptyset(&mask);
    if (service_->open(mask)) return false;
    service_->begin(mask);
    turn();
    return true;
  }

  /// Lets the loop handle what is ready.
  void turn() {
    event::Timer end(loop_, [this] { loop_.stop(); });
    end.arm(core::SteadyTime{});
    loop_.run();
  }

  void command(const std::string& bytes, const char* control = "supervise/control") {
    const int fifo = ::open((home_ / control).c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC);
    ASSERT_NE(fifo, -1);
    ASSERT_EQ(::write(fifo, bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
    ::close(fifo);
    turn();
    turn();
  }

  /// Lets the child that runs `path` end, if there is one.
  bool end(const std::string& path, int exit_code = 0) {
    for (const auto& [pid, running] : system_.children()) {
      if (running != path) continue;
      system_.advance(std::chrono::seconds{2});
      system_.end_child(pid, exit_code);
      reaper_.reap();
      turn();
      return true;
    }
    return false;
  }

  [[nodiscard]] std::size_t count(const std::string& path) const {
    std::size_t found = 0;
    for (const auto& [pid, running] : system_.children()) found += running == path ? 1U : 0U;
    return found;
  }

  [[nodiscard]] std::string stat(const char* name = "supervise/stat") { return read_file(home_ / name); }
  [[nodiscard]] FaultySystem& system() { return system_; }
  [[nodiscard]] const TempDir& home() const { return home_; }
  [[nodiscard]] bool left() const { return left_; }

 private:
  TempDir home_;
  FaultySystem system_;
  event::Loop loop_;
  event::Reaper reaper_{system_};
  int directory_ = -1;
  std::unique_ptr<Service> service_;
  bool left_ = false;
};

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

INSTANTIATE_TEST_SUITE_P(Errors, ServiceFault, ::testing::Values(EMFILE, ENOSPC));

}  // namespace
}  // namespace runvisor::testing
