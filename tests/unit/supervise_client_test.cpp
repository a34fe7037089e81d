#include "sys/supervise_client.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <string>

#include "support/temp_dir.hpp"
#include "sys/poller.hpp"

namespace runvisor::sys {
namespace {

using namespace std::chrono_literals;
using core::Step;
using core::Trouble;
namespace fs = std::filesystem;

/// A service directory with a supervise directory as runsv makes it, and this test in runsv's place.
class SuperviseClientTest : public ::testing::Test {
 protected:
  SuperviseClientTest() {
    fs::create_directories(supervise_);
    ::mkfifo((supervise_ / "ok").c_str(), 0600);
    ::mkfifo((supervise_ / "control").c_str(), 0600);
    publish({.since = core::WallTime{1'700'000'000s}, .pid = 42, .state = core::State::run});
  }

  void publish(const core::StatusRecord& record) {
    const auto bytes = core::pack(record);
    publish(std::string{reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  }
  void publish(const std::string& bytes) {
    testing::write_file(supervise_ / "status.new", bytes);
    fs::rename(supervise_ / "status.new", supervise_ / "status");
  }
  void start_runsv() {
    ok_.reset(::open((supervise_ / "ok").c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
    control_.reset(::open((supervise_ / "control").c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC));
  }
  void stop_runsv() {
    ok_.reset();
    control_.reset();
  }
  std::string read_control() {
    std::array<char, 64> bytes{};
    const ssize_t size = ::read(control_.get(), bytes.data(), bytes.size());
    return size > 0 ? std::string(bytes.data(), static_cast<std::size_t>(size)) : std::string{};
  }
  SuperviseClient client() { return {AT_FDCWD, service_.string()}; }

  testing::TempDir scratch_;
  fs::path service_ = scratch_ / "svc";
  fs::path supervise_ = service_ / "supervise";
  Fd ok_;
  Fd control_;
};

TEST_F(SuperviseClientTest, ReadsWhatIsPublished) {
  start_runsv();
  const auto record = client().read_status();
  ASSERT_TRUE(record);
  EXPECT_EQ(record->pid, 42U);
  EXPECT_EQ(record->state, core::State::run);
  EXPECT_EQ(record->since, core::WallTime{1'700'000'000s});
}

TEST_F(SuperviseClientTest, ReadsALongerFileByItsBeginning) {
  start_runsv();
  publish(testing::read_file(supervise_ / "status") + "more");
  EXPECT_TRUE(client().read_status());
}

TEST_F(SuperviseClientTest, KnowsThatNoRunsvIsThere) {
  EXPECT_EQ(client().read_status().error(), (Trouble{Step::open_ok, ENXIO}));
  EXPECT_EQ(client().send("u").error(), (Trouble{Step::open_control, ENXIO}));
  EXPECT_TRUE(client().read_record()) << "the last record can still be read";
}

TEST_F(SuperviseClientTest, TellsAMissingDirectoryFromAMissingFile) {
  start_runsv();
  fs::remove(supervise_ / "ok");
  EXPECT_EQ(client().read_status().error(), (Trouble{Step::open_ok, ENOENT}));
  SuperviseClient missing{AT_FDCWD, (scratch_ / "none").string()};
  EXPECT_EQ(missing.read_status().error(), (Trouble{Step::change_directory, ENOENT}));
  SuperviseClient file{AT_FDCWD, (supervise_ / "status").string()};
  EXPECT_EQ(file.read_status().error(), (Trouble{Step::change_directory, ENOTDIR}));
}

TEST_F(SuperviseClientTest, AnEmptyPathIsNotTheRootDirectory) {
  SuperviseClient nowhere{AT_FDCWD, ""};
  EXPECT_EQ(nowhere.read_status().error(), (Trouble{Step::change_directory, ENOENT}));
  EXPECT_FALSE(nowhere.has("etc"));
}

TEST_F(SuperviseClientTest, TellsWhatIsWrongWithTheStatusFile) {
  start_runsv();
  for (const std::string& bad : {std::string{}, std::string(19, '\0'), std::string(20, '\xff')}) {
    publish(bad);
    EXPECT_EQ(client().read_status().error(), (Trouble{Step::parse_status, 0})) << bad.size();
  }
  fs::remove(supervise_ / "status");
  EXPECT_EQ(client().read_status().error(), (Trouble{Step::open_status, ENOENT}));
  fs::create_directory(supervise_ / "status");
  EXPECT_EQ(client().read_status().error(), (Trouble{Step::read_status, EISDIR}));
}

TEST_F(SuperviseClientTest, SendsAllBytesAtOnce) {
  start_runsv();
  ASSERT_TRUE(client().send("tcu"));
  EXPECT_EQ(read_control(), "tcu");
}

TEST_F(SuperviseClientTest, DoesNotWaitForRoomInTheFifo) {
  start_runsv();
  const std::string much(4096, 'z');
  while (::write(control_.get(), much.data(), much.size()) > 0) {
  }
  EXPECT_EQ(client().send("u").error(), (Trouble{Step::write_control, EAGAIN}));
}

TEST_F(SuperviseClientTest, CountsUnreadCommands) {
  start_runsv();
  EXPECT_EQ(client().trace().unread, 0U);
  ASSERT_TRUE(client().send("dx"));
  const auto trace = client().trace();
  EXPECT_EQ(trace.unread, 2U);
  EXPECT_FALSE(core::is_settled(trace));
  EXPECT_EQ(read_control(), "dx");
  EXPECT_EQ(client().trace().unread, 0U);
}

TEST_F(SuperviseClientTest, KnowsNothingOfCommandsWithoutARunsv) {
  EXPECT_FALSE(core::is_settled(client().trace()));
}

TEST_F(SuperviseClientTest, AHeldOkTellsOfRunsvsEnd) {
  start_runsv();
  const auto held = client().open_ok();
  ASSERT_TRUE(held);
  auto poller = Poller::create();
  ASSERT_TRUE(poller);
  ASSERT_TRUE(poller->add_hangup(held->get(), 7));
  EXPECT_TRUE(poller->wait(0ms).empty());
  stop_runsv();
  EXPECT_EQ(poller->wait(20s), std::vector<Poller::Tag>{7});
}

TEST_F(SuperviseClientTest, TheLogsTroubleIsTheLogs) {
  start_runsv();
  SuperviseClient log = client().log();
  EXPECT_FALSE(client().has("log"));
  fs::create_directory(service_ / "log");
  EXPECT_TRUE(client().has("log"));
  EXPECT_EQ(log.read_status().error(), (Trouble{Step::open_ok, ENOENT}));
  fs::remove(service_ / "log");
  testing::write_file(service_ / "log", "");
  EXPECT_EQ(log.read_status().error(), (Trouble{Step::change_log_directory, ENOTDIR}));
}

TEST_F(SuperviseClientTest, WorksFromADirectoryDescriptor) {
  start_runsv();
  const Fd base{::open(scratch_.path().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)};
  SuperviseClient relative{base.get(), "svc"};
  EXPECT_TRUE(relative.read_status());
  EXPECT_TRUE(relative.open_directory());
}

}  // namespace
}  // namespace runvisor::sys
