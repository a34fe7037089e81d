// A log directory on a system that a test controls: what becomes of lines when every call works, when each
// call in turn fails once, and when writes are short.

#include "log_directory.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <deque>
#include <filesystem>

#include "faulty_system.hpp"
#include "support/temp_dir.hpp"

namespace runvisor::testing {
namespace {

namespace fs = std::filesystem;
using svlogd::LogDirectory;
using svlogd::Settings;

/// A log directory with its files, and a clock that the test turns.
class Scene {
 public:
  explicit Scene(const std::string& config, std::optional<FaultySystem::Fault> fault = std::nullopt,
                 Settings settings = {})
      : system_(fault), settings_(settings) {
    fs::create_directory(path());
    write_file(path() / "config", config, 0644);
    log_.emplace(system_, reporter_, settings_, path());
  }

  [[nodiscard]] fs::path path() const { return home_ / "log"; }
  [[nodiscard]] FaultySystem& system() { return system_; }
  [[nodiscard]] LogDirectory& log() { return *log_; }
  [[nodiscard]] bool open() { return log_->open(system_.now()); }

  /// Gives it text, and time until it has written that; false if it never has.
  [[nodiscard]] bool write(std::string_view text, std::string_view stamp = {}) {
    // What is not written yet has to stay.
    const std::string& kept = taken_.emplace_back(text);
    log_->take({}, {kept, taken_.emplace_back(stamp)});
    log_->drain(system_.now(), alerts_);
    return settle();
  }

  /// Lets time pass until all is written.
  [[nodiscard]] bool settle() {
    for (int i = 0; i < 10 && !log_->drained(); ++i) {
      system_.advance(std::chrono::seconds{1});
      log_->proceed(system_.now(), alerts_);
    }
    return log_->drained();
  }

  /// Lets the processor that runs end.
  bool end_processor(int exit_code) {
    if (system_.children().empty()) return false;
    system_.end_child(system_.children().begin()->first, exit_code);
    const auto end = system_.reap();
    const bool known = log_->child_ended(*end, system_.now());
    log_->drain(system_.now(), alerts_);
    return known;
  }

  /// The names that end so, in order.
  [[nodiscard]] std::vector<std::string> names(const std::string& suffix) const {
    std::vector<std::string> found;
    for (const auto& entry : fs::directory_iterator(path())) {
      const std::string name = entry.path().filename();
      if (name.ends_with(suffix)) found.push_back(name);
    }
    std::sort(found.begin(), found.end());
    return found;
  }

  /// All old files and current, one after the other.
  [[nodiscard]] std::string everything() const {
    std::vector<std::string> all = names(".s");
    const auto unprocessed = names(".u");
    all.insert(all.end(), unprocessed.begin(), unprocessed.end());
    std::sort(all.begin(), all.end());
    std::string text;
    for (const std::string& name : all) text += read_file(path() / name);
    if (fs::exists(path() / "current")) text += read_file(path() / "current");
    return text;
  }

  [[nodiscard]] mode_t mode(const std::string& name) const {
    struct stat status {};
    ::stat((path() / name).c_str(), &status);
    return status.st_mode & 07777U;
  }

 private:
  TempDir home_;
  FaultySystem system_;
  svlogd::Reporter reporter_{system_, false};
  Settings settings_;
  log::Alerts alerts_;
  std::deque<std::string> taken_;
  std::optional<LogDirectory> log_;
};

std::string lines(int from, int to) {
  std::string text;
  for (int i = from; i < to; ++i) text += "line " + std::to_string(1000 + i) + "\n";
  return text;
}

constexpr const char* kSmallFiles = "s1100\nn0\n";

TEST(LogDirectory, WritesAndRotates) {
  Scene scene(kSmallFiles);
  ASSERT_TRUE(scene.open());
  EXPECT_EQ(scene.mode("current"), 0644U);
  ASSERT_TRUE(scene.write(lines(0, 35)));
  EXPECT_EQ(scene.names(".s").size(), 3U);
  EXPECT_EQ(scene.everything(), lines(0, 35));
  EXPECT_EQ(scene.mode(scene.names(".s").front()), 0744U);
  scene.log().close();
  EXPECT_EQ(scene.mode("current"), 0744U);
  EXPECT_EQ(scene.system().complaints(), "");
}

TEST(LogDirectory, LosesAndDoublesNothingWhenWritesAreShort) {
  Scene scene(kSmallFiles);
  scene.system().set_longest_write(7);
  ASSERT_TRUE(scene.open());
  ASSERT_TRUE(scene.write(lines(0, 300)));
  EXPECT_EQ(scene.everything(), lines(0, 300));
  EXPECT_EQ(scene.names(".s").size(), 30U);
}

TEST(LogDirectory, GivesFilesNamesInOrderWhateverTheClockDoes) {
  Scene scene(kSmallFiles);
  ASSERT_TRUE(scene.open());
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(scene.write(lines(10 * i, 10 * i + 10)));
    scene.system().advance(-std::chrono::hours{1});
  }
  EXPECT_EQ(scene.everything(), lines(0, 200));
  // So does the next svlogd.
  scene.log().close();
  ASSERT_TRUE(scene.open());
  ASSERT_TRUE(scene.write(lines(200, 250)));
  EXPECT_EQ(scene.everything(), lines(0, 250));
}

TEST(LogDirectory, KeepsWhatACrashLeft) {
  Scene scene(kSmallFiles);
  write_file(scene.path() / "current", "old\n", 0644);
  ASSERT_TRUE(scene.open());
  EXPECT_EQ(scene.names(".u").size(), 1U);
  ASSERT_TRUE(scene.write("new\n"));
  EXPECT_EQ(scene.everything(), "old\nnew\n");
}

TEST(LogDirectory, WaitsForTheEndOfALineToRotate) {
  Scene scene(kSmallFiles);
  ASSERT_TRUE(scene.open());
  ASSERT_TRUE(scene.write("begin"));
  scene.log().request_rotation();
  ASSERT_TRUE(scene.write(" mid"));
  EXPECT_TRUE(scene.names(".s").empty());
  ASSERT_TRUE(scene.write(" end\nnext\n"));
  ASSERT_EQ(scene.names(".s").size(), 1U);
  EXPECT_EQ(read_file(scene.path() / "current"), "");
  EXPECT_EQ(scene.everything(), "begin mid end\nnext\n");
}

TEST(LogDirectory, RotatesByAgeUnlessThereIsNothing) {
  Scene scene("t10\nn0\n");
  ASSERT_TRUE(scene.open());
  log::Alerts alerts;
  ASSERT_TRUE(scene.log().next_time());
  scene.system().advance(std::chrono::seconds{11});
  scene.log().proceed(scene.system().now(), alerts);
  EXPECT_TRUE(scene.names(".s").empty());
  ASSERT_TRUE(scene.write("one\n"));
  scene.system().advance(std::chrono::seconds{11});
  scene.log().proceed(scene.system().now(), alerts);
  EXPECT_EQ(scene.names(".s").size(), 1U);
  EXPECT_GT(*scene.log().next_time(), scene.system().now().steady);
}

TEST(LogDirectory, RemovesOneOldFileARotation) {
  Scene scene("s1100\nn2\n");
  ASSERT_TRUE(scene.open());
  ASSERT_TRUE(scene.write(lines(0, 100)));
  EXPECT_EQ(scene.names(".s").size(), 2U);
  EXPECT_EQ(scene.everything(), lines(80, 100));
}

TEST(LogDirectory, ProcessesFilesInOrderAndTriesAgainAfterAPause) {
  Scene scene("s1100\nn0\n!never executed\n");
  ASSERT_TRUE(scene.open());
  ASSERT_TRUE(scene.write(lines(0, 25)));
  EXPECT_EQ(scene.names(".u").size(), 2U);
  ASSERT_EQ(scene.system().children().size(), 1U);
  const std::string first = scene.names(".u").front();
  ASSERT_TRUE(scene.end_processor(1));
  EXPECT_TRUE(scene.system().children().empty());
  EXPECT_TRUE(scene.names(".t").empty());
  ASSERT_TRUE(scene.log().next_time());
  EXPECT_GT(*scene.log().next_time(), scene.system().now().steady);
  scene.system().advance(std::chrono::seconds{1});
  log::Alerts alerts;
  scene.log().proceed(scene.system().now(), alerts);
  // Killed by a signal is a failure as well.
  ASSERT_TRUE(scene.end_processor(-1));
  scene.system().advance(std::chrono::seconds{2});
  scene.log().proceed(scene.system().now(), alerts);
  ASSERT_TRUE(scene.end_processor(0));
  EXPECT_EQ(scene.names(".s"), std::vector<std::string>{first.substr(0, first.size() - 1) + "s"});
  EXPECT_EQ(scene.names(".u").size(), 1U);
  ASSERT_TRUE(scene.end_processor(0));
  EXPECT_TRUE(scene.names(".u").empty());
  EXPECT_EQ(scene.system().complaints(),
            "svlogd: warning: processor failed, restart: " + scene.path().string() + "\n" +
                "svlogd: warning: processor failed, restart: " + scene.path().string() + "\n");
}

TEST(LogDirectory, CompletesAProcessingThatWasInterruptedAtItsEnd) {
  Scene scene("!never executed\n");
  const std::string label = "@400000000000000a00000000";
  write_file(scene.path() / (label + ".u"), "input\n", 0744);
  write_file(scene.path() / (label + ".s"), "output\n", 0744);
  write_file(scene.path() / "newstate", "state\n", 0644);
  ASSERT_TRUE(scene.open());
  EXPECT_TRUE(scene.names(".u").empty());
  EXPECT_EQ(read_file(scene.path() / "state"), "state\n");
  EXPECT_TRUE(scene.system().children().empty());
  EXPECT_EQ(scene.everything(), "output\n");
}

TEST(LogDirectory, StopsBeforeMoreFilesWaitForTheProcessorThanAreKept) {
  Scene scene("s1100\nn2\n!never executed\n");
  ASSERT_TRUE(scene.open());
  EXPECT_FALSE(scene.write(lines(0, 100)));
  EXPECT_EQ(scene.names(".u").size(), 2U);
  for (int i = 0; i < 20; ++i) {
    (void)scene.end_processor(0);
    (void)scene.settle();
  }
  EXPECT_TRUE(scene.log().drained());
  EXPECT_TRUE(scene.names(".u").empty());
}

TEST(LogDirectory, WritesToANewFileWhenSomebodyHasRemovedTheOldOne) {
  Scene scene(kSmallFiles);
  ASSERT_TRUE(scene.open());
  ASSERT_TRUE(scene.write("one\n"));
  fs::remove(scene.path() / "current");
  ASSERT_TRUE(scene.write("two\n"));
  EXPECT_EQ(scene.everything(), "two\n");
  fs::remove_all(scene.path());
  EXPECT_FALSE(scene.write("three\n"));
  EXPECT_FALSE(scene.log().drained());
  fs::create_directory(scene.path());
  EXPECT_TRUE(scene.settle());
  EXPECT_EQ(scene.everything(), "three\n");
}

TEST(LogDirectory, HasNothingToDoOnceItIsLeftOut) {
  Scene scene("s1100\nn0\nt5\n!never executed\n");
  ASSERT_TRUE(scene.open());
  ASSERT_TRUE(scene.write(lines(0, 35)));
  ASSERT_EQ(scene.system().children().size(), 1U);
  scene.log().close();
  fs::remove_all(scene.path());
  EXPECT_FALSE(scene.open());
  EXPECT_FALSE(scene.log().next_time());
  EXPECT_TRUE(scene.log().drained());
  EXPECT_EQ(scene.log().processor().backlog(), 0U);
  // What still runs is collected, and nothing follows it.
  EXPECT_TRUE(scene.end_processor(0));
  EXPECT_FALSE(scene.log().processor().running());
  EXPECT_TRUE(scene.system().children().empty());
}

/// Which call fails, and how.
class LogDirectoryFault : public ::testing::TestWithParam<int> {};

TEST_P(LogDirectoryFault, LosesAndDoublesNothingWhenAnyCallFailsOnce) {
  std::size_t calls = 1;
  for (std::size_t call = 0; call < calls; ++call) {
    SCOPED_TRACE("call " + std::to_string(call));
    Settings settings;
    settings.stamps = call % 2 == 0 ? log::StampStyle::none : log::StampStyle::tai64n;
    const std::string stamp = call % 2 == 0 ? "" : "S ";
    Scene scene("s1100\nn0\nt100\n", FaultySystem::Fault{call, GetParam()}, settings);
    write_file(scene.path() / "current", "old\n", 0644);
    // A failure at the start is told, and leaves it to the caller to try again.
    ASSERT_TRUE(scene.open() || scene.open());
    std::string expected = "old\n";
    for (int i = 0; i < 4; ++i) {
      for (int line = 8 * i; line < 8 * i + 8; ++line) expected += stamp + lines(line, line + 1);
      ASSERT_TRUE(scene.write(lines(8 * i, 8 * i + 8), stamp));
    }
    scene.log().close();
    ASSERT_TRUE(scene.open() || scene.open());
    scene.log().request_rotation();
    ASSERT_TRUE(scene.write(stamp + "last\n"));
    scene.log().close();
    EXPECT_EQ(scene.everything(), expected + (stamp.empty() ? "last\n" : "S last\n"));
    calls = std::max(calls, scene.system().calls());
  }
  EXPECT_GT(calls, 50U);
}

TEST_P(LogDirectoryFault, LosesNoFileToItsProcessorWhenAnyCallFailsOnce) {
  std::size_t calls = 1;
  for (std::size_t call = 0; call < calls; ++call) {
    SCOPED_TRACE("call " + std::to_string(call));
    Scene scene("s1100\nn0\n!never executed\n", FaultySystem::Fault{call, GetParam()});
    ASSERT_TRUE(scene.open() || scene.open());
    (void)scene.write(lines(0, 30));
    std::string processed;
    for (int i = 0; i < 40; ++i) {
      // The processor's work, done by the test.
      for (const std::string& name : scene.names(".t")) {
        write_file(scene.path() / name, read_file(scene.path() / (name.substr(0, name.size() - 1) + "u")),
                   0644);
      }
      (void)scene.end_processor(0);
      scene.system().advance(std::chrono::seconds{1});
      log::Alerts alerts;
      scene.log().proceed(scene.system().now(), alerts);
    }
    EXPECT_TRUE(scene.names(".u").empty());
    EXPECT_EQ(scene.everything(), lines(0, 30));
    calls = std::max(calls, scene.system().calls());
  }
}

INSTANTIATE_TEST_SUITE_P(Errors, LogDirectoryFault, ::testing::Values(EIO, ENOSPC, EMFILE));

}  // namespace
}  // namespace runvisor::testing
