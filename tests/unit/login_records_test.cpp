#include "sys/login_records.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>
#include <utmp.h>

#include <cstring>
#include <string>

#include "support/temp_dir.hpp"
#include "sys/fd.hpp"

namespace runvisor::sys {
namespace {

constexpr LoginTime kNow{std::chrono::seconds{1234567890}};

std::string record(const std::string& line, const std::string& user) {
  utmp made{};
  made.ut_type = USER_PROCESS;
  std::memcpy(made.ut_line, line.data(), line.size());
  std::memcpy(made.ut_user, user.data(), user.size());
  return {reinterpret_cast<const char*>(&made), sizeof made};
}

class LoginRecords : public ::testing::Test {
 protected:
  Result<bool> log_out_of(const std::string& records, const std::string& line) {
    testing::write_file(file_, records);
    const Fd fd{::open(file_.c_str(), O_RDWR | O_CLOEXEC)};
    return log_out(fd.get(), line, kNow);
  }
  [[nodiscard]] utmp at(std::size_t index) const {
    utmp found{};
    std::memcpy(&found, testing::read_file(file_).data() + index * sizeof found, sizeof found);
    return found;
  }

  testing::TempDir scratch_;
  std::string file_ = scratch_ / "records";
};

TEST_F(LoginRecords, EndTheFirstLoginOnALine) {
  const auto done = log_out_of(record("a", "u") + record("b", "u") + record("b", "v"), "b");
  ASSERT_TRUE(done && *done);
  EXPECT_EQ(at(0).ut_type, USER_PROCESS);
  EXPECT_EQ(at(1).ut_type, DEAD_PROCESS);
  EXPECT_EQ(at(1).ut_user[0], '\0');
  EXPECT_EQ(at(1).ut_tv.tv_sec, kNow.time_since_epoch().count());
  EXPECT_EQ(at(2).ut_type, USER_PROCESS);
}

TEST_F(LoginRecords, HoldNobodyOnALineThatIsOnlyThePartOfAnother) {
  for (const char* line : {"tty", "tty11", ""}) {
    const auto done = log_out_of(record("tty1", "u"), line);
    ASSERT_TRUE(done);
    EXPECT_FALSE(*done) << line;
  }
}

TEST_F(LoginRecords, HoldNobodyInWhatIsTorn) {
  const std::string torn = record("a", "u").substr(0, 100);
  const auto done = log_out_of(torn, "a");
  ASSERT_TRUE(done);
  EXPECT_FALSE(*done);
  EXPECT_EQ(testing::read_file(file_), torn);
}

TEST_F(LoginRecords, TellWhatFails) {
  const auto done = log_out(-1, "a", kNow);
  ASSERT_FALSE(done);
  EXPECT_EQ(number(done.error()), EBADF);
  EXPECT_FALSE(append_logout(-1, "a", kNow));
  EXPECT_FALSE(lock_records(-1));
}

TEST_F(LoginRecords, CutALineThatIsLongerThanItsField) {
  testing::write_file(file_, "");
  const Fd fd{::open(file_.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC)};
  ASSERT_TRUE(append_logout(fd.get(), std::string(100, 'x'), kNow));
  EXPECT_EQ(at(0).ut_type, DEAD_PROCESS);
  EXPECT_EQ(std::string(at(0).ut_line, sizeof(utmp::ut_line)), std::string(sizeof(utmp::ut_line), 'x'));
  EXPECT_EQ(at(0).ut_id[0], '\0');
}

}  // namespace
}  // namespace runvisor::sys
