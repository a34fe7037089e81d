// The small pieces of lib/sys that sv waits and prints with.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "support/eventually.hpp"
#include "support/temp_dir.hpp"
#include "sys/check_script.hpp"
#include "sys/directory_watch.hpp"
#include "sys/output.hpp"
#include "sys/parallel.hpp"
#include "sys/poller.hpp"

namespace runvisor::sys {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

/// Two ends of a pipe.
struct Pipe {
  Pipe() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) == 0) {
      reader.reset(ends[0]);
      writer.reset(ends[1]);
    }
  }
  Fd reader;
  Fd writer;
};

TEST(DirectoryWatch, TellsOfFilesMovedIntoItsDirectories) {
  const testing::TempDir scratch;
  fs::create_directories(scratch / "a");
  fs::create_directories(scratch / "b");
  fs::create_directory_symlink("a", scratch / "link");
  auto watch = DirectoryWatch::create(IN_MOVED_TO);
  ASSERT_TRUE(watch);
  const auto a = watch->add((scratch / "a").c_str());
  const auto b = watch->add((scratch / "b").c_str());
  ASSERT_TRUE(a && b);
  EXPECT_NE(*a, *b);
  EXPECT_EQ(watch->add((scratch / "link").c_str()).value(), *a);

  testing::write_file(scratch / "a" / "status.new", "x");
  fs::rename(scratch / "a" / "status.new", scratch / "a" / "status");
  testing::write_file(scratch / "b" / "pid.new", "x");
  fs::rename(scratch / "b" / "pid.new", scratch / "b" / "pid");
  using Seen = std::vector<std::pair<int, std::string>>;
  const auto read = [&watch] {
    Seen seen;
    watch->read([&](const DirectoryWatch::Event& event) { seen.emplace_back(event.id, event.name); });
    return seen;
  };
  EXPECT_EQ(read(), (Seen{{*a, "status"}, {*b, "pid"}}));
  EXPECT_EQ(read(), Seen{});
}

TEST(DirectoryWatch, TellsOfAnExchange) {
  const testing::TempDir scratch;
  auto watch = DirectoryWatch::create(IN_MOVED_TO);
  ASSERT_TRUE(watch);
  testing::write_file(scratch / "status", "old");
  testing::write_file(scratch / "status.new", "new");
  ASSERT_TRUE(watch->add(scratch.path().c_str()));
  // Where a file system does not exchange, an ordinary rename is all that happens.
  if (::renameat2(AT_FDCWD, (scratch / "status").c_str(), AT_FDCWD, (scratch / "status.new").c_str(),
                  RENAME_EXCHANGE) == -1) {
    fs::rename(scratch / "status.new", scratch / "status");
  }
  std::vector<std::string> seen;
  watch->read([&](const DirectoryWatch::Event& event) { seen.emplace_back(event.name); });
  EXPECT_NE(std::find(seen.begin(), seen.end(), "status"), seen.end());
}

TEST(DirectoryWatch, DoesNotWatchWhatIsNotThere) {
  const testing::TempDir scratch;
  auto watch = DirectoryWatch::create(IN_MOVED_TO);
  ASSERT_TRUE(watch);
  EXPECT_EQ(number(watch->add((scratch / "none").c_str()).error()), ENOENT);
}

TEST(Poller, WaitsNoLongerThanToldTo) {
  auto poller = Poller::create();
  ASSERT_TRUE(poller);
  const auto start = std::chrono::steady_clock::now();
  EXPECT_TRUE(poller->wait(1500us).empty());
  EXPECT_GE(std::chrono::steady_clock::now() - start, 1500us);
  EXPECT_TRUE(poller->wait(-1s).empty());
}

TEST(Poller, TellsWhatIsReadableUntilItIsClosed) {
  auto poller = Poller::create();
  ASSERT_TRUE(poller);
  Pipe pipe;
  ASSERT_TRUE(poller->add_readable(pipe.reader.get(), 5));
  EXPECT_TRUE(poller->wait(0ms).empty());
  ASSERT_TRUE(write_all(pipe.writer.get(), "x"));
  EXPECT_EQ(poller->wait(20s), std::vector<Poller::Tag>{5});
  pipe.reader.reset();
  EXPECT_TRUE(poller->wait(0ms).empty());
}

TEST(Poller, RefusesAPlainFile) {
  const testing::TempDir scratch;
  testing::write_file(scratch / "ok", "");
  const Fd file{::open((scratch / "ok").c_str(), O_WRONLY | O_CLOEXEC)};
  auto poller = Poller::create();
  ASSERT_TRUE(poller);
  EXPECT_EQ(number(poller->add_hangup(file.get(), 1).error()), EPERM);
}

TEST(WriteAll, WaitsForRoomInANonBlockingPipe) {
  Pipe pipe;
  ASSERT_EQ(::fcntl(pipe.writer.get(), F_SETFL, O_NONBLOCK), 0);
  const std::string text(std::size_t{1} << 20, 'x');
  std::size_t received = 0;
  std::thread reader{[&] {
    std::vector<char> buffer(65536);
    for (ssize_t size = 1; size > 0;) {
      size = ::read(pipe.reader.get(), buffer.data(), buffer.size());
      if (size > 0) received += static_cast<std::size_t>(size);
    }
  }};
  EXPECT_TRUE(write_all(pipe.writer.get(), text));
  pipe.writer.reset();
  reader.join();
  EXPECT_EQ(received, text.size());
}

TEST(WriteAll, TellsOfAFullDisk) {
  const Fd full{::open("/dev/full", O_WRONLY | O_CLOEXEC)};
  EXPECT_EQ(number(write_all(full.get(), "x").error()), ENOSPC);
}

TEST(InChunks, DoesEverythingOnce) {
  for (const std::size_t count :
       {std::size_t{0}, std::size_t{1}, std::size_t{64}, std::size_t{65}, std::size_t{1000}}) {
    std::vector<std::atomic<int>> times(count);
    in_chunks(count, 64, [&](std::size_t begin, std::size_t end) {
      EXPECT_LE(end - begin, 64U);
      for (std::size_t i = begin; i < end; ++i) ++times[i];
    });
    for (const auto& time : times) EXPECT_EQ(time, 1);
  }
}

/// A directory that holds a `check`.
class CheckScriptTest : public ::testing::Test {
 protected:
  void write_check(const std::string& body, unsigned mode = 0755) {
    testing::write_file(scratch_ / "check", "#!/bin/sh\n" + body + "\n", mode);
  }
  Result<CheckScript> start() { return CheckScript::start(directory_.get()); }
  /// Whether the script passes, once it has ended.
  bool passes(const std::string& body) {
    write_check(body);
    auto check = start();
    if (!check) return false;
    std::optional<bool> passed;
    EXPECT_TRUE(testing::eventually([&] { return (passed = check->passed()).has_value(); }));
    return passed.value_or(false);
  }

  testing::TempDir scratch_;
  Fd directory_{::open(scratch_.path().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)};
};

TEST_F(CheckScriptTest, PassesWithExitStatusZeroOnly) {
  EXPECT_TRUE(passes("exit 0"));
  EXPECT_FALSE(passes("exit 1"));
  EXPECT_FALSE(passes("exit 111"));
  EXPECT_FALSE(passes("kill -KILL $$"));
}

TEST_F(CheckScriptTest, RunsInTheServiceDirectoryWithStandardOutputClosed) {
  EXPECT_TRUE(
      passes("test \"$(pwd -P)\" = \"" + fs::canonical(scratch_.path()).string() + "\" && test $# = 0"));
  EXPECT_FALSE(passes("{ echo text; } 2>&-"));
  EXPECT_TRUE(passes("test ! -e /proc/self/fd/1"));
}

TEST_F(CheckScriptTest, GetsDefaultSignalHandlingAndAGroupOfItsOwn) {
  ::signal(SIGPIPE, SIG_IGN);
  // Bit 12 of the ignored signals is PIPE's.
  EXPECT_TRUE(
      passes("read -r ignored <<END\n$(grep SigIgn /proc/self/status | cut -f 2)\nEND\n"
             "test $(( (0x$ignored >> 12) & 1 )) = 0"));
  EXPECT_TRUE(passes("read -r pid comm state ppid group rest < /proc/$$/stat && test $group = $$"));
  ::signal(SIGPIPE, SIG_DFL);
}

TEST_F(CheckScriptTest, TellsOfItsEnd) {
  write_check("exit 0");
  auto check = start();
  ASSERT_TRUE(check);
  auto poller = Poller::create();
  ASSERT_TRUE(poller);
  ASSERT_TRUE(poller->add_readable(check->descriptor(), 3));
  EXPECT_EQ(poller->wait(20s), std::vector<Poller::Tag>{3});
  EXPECT_EQ(check->passed(), true);
}

TEST_F(CheckScriptTest, CannotBeStartedWithoutAProgram) {
  EXPECT_EQ(number(start().error()), ENOENT);
  write_check("exit 0", 0644);
  EXPECT_EQ(number(start().error()), EACCES);
}

TEST_F(CheckScriptTest, IsKilledWithItsChildrenWhenItIsNoLongerNeeded) {
  write_check("sleep 1000 & echo $! > pid.new; mv pid.new pid; wait");
  std::string pid;
  {
    auto check = start();
    ASSERT_TRUE(check);
    ASSERT_TRUE(testing::eventually([&] { return fs::exists(scratch_ / "pid"); }));
    pid = testing::read_file(scratch_ / "pid");
    EXPECT_EQ(check->passed(), std::nullopt);
  }
  // The child is init's now; once it has been collected, or is a zombie, it is dead.
  const fs::path stat = "/proc/" + pid.substr(0, pid.find('\n')) + "/stat";
  EXPECT_TRUE(testing::eventually([&] {
    if (!fs::exists(stat)) return true;
    try {
      return testing::read_file(stat).find(") Z ") != std::string::npos;
    } catch (const std::runtime_error&) {
      return true;
    }
  }));
}

}  // namespace
}  // namespace runvisor::sys
