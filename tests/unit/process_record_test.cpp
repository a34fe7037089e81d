#include "core/process_record.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <string>

namespace runvisor::core {
namespace {

using std::chrono::nanoseconds;

constexpr const char* kBoot = "65ecef1c-3eaa-4efb-b5a6-70a21ec20049";

ProcessRecord example() {
  return {.boot_id = kBoot,
          .role = Role::service,
          .status = {.since = WallTime{nanoseconds{1795405161625773357}}, .pid = 21261, .state = State::run},
          .birth = {nanoseconds{26471657298413}, nanoseconds{26471657325944}},
          .log_pipe = 9291916};
}

/// The example's line with its word number `at` replaced.
std::string with_word(std::size_t at, const std::string& word) {
  std::string line = process_line(example());
  std::size_t begin = 0;
  for (; at > 0; --at) begin = line.find(' ', begin) + 1;
  line.replace(begin, line.find(' ', begin) - begin, word);
  line.resize(kProcessLineSize - 1, ' ');
  return line + "\n";
}

TEST(ProcessRecord, HasALineForPeople) {
  std::string line = std::string("1 ") + kBoot +
                     " service run 21261 26471657298413 26471657325944 1795405161625773357 up - - 9291916";
  line.resize(kProcessLineSize - 1, ' ');
  EXPECT_EQ(process_line(example()), line + "\n");
}

TEST(ProcessRecord, IsReadAsItWasWritten) {
  std::vector<ProcessRecord> records{example()};
  for (const Want want : {Want::up, Want::down, Want::exit}) {
    records.push_back(example());
    records.back().status.want = want;
  }
  records.push_back(example());
  records.back().status.paused = true;
  records.push_back(example());
  records.back().status.got_term = true;
  records.push_back(example());
  records.back().status.state = State::finish;
  records.push_back(example());
  records.back().role = Role::log;
  records.push_back(example());
  records.back().status.state = State::down;
  records.back().status.pid = 0;
  // The longest there is.
  const nanoseconds most{std::numeric_limits<std::int64_t>::max()};
  records.push_back({.boot_id = kBoot,
                     .role = Role::service,
                     .status = {.since = WallTime{most},
                                .pid = std::numeric_limits<pid_t>::max(),
                                .paused = true,
                                .got_term = true,
                                .want = Want::down,
                                .state = State::finish},
                     .birth = {most, most},
                     .log_pipe = std::numeric_limits<std::uint64_t>::max()});
  for (const ProcessRecord& record : records) {
    const std::string line = process_line(record);
    EXPECT_EQ(line.size(), kProcessLineSize);
    const auto read = parse_process_record(line);
    ASSERT_TRUE(read) << line;
    EXPECT_TRUE(*read == record) << line;
  }
}

TEST(ProcessRecord, IsNothingElse) {
  ASSERT_TRUE(parse_process_record(with_word(4, "1")));
  const std::vector<std::pair<std::size_t, std::string>> spoilt{
      {0, "2"},     {0, ""},           {1, "0"},
      {2, "Log"},   {3, "up"},         {3, "down"},
      {4, "-1"},    {4, "2147483648"}, {4, "0x1"},
      {4, "1.0"},   {5, "-1"},         {6, ""},
      {7, "soon"},  {8, "u"},          {9, "paused,"},
      {10, "TERM"}, {11, "-1"},        {11, "1 1"},
      {11, ""},     {2, "log run"},    {5, "9223372036854775808"}};
  for (const auto& [at, word] : spoilt) {
    EXPECT_FALSE(parse_process_record(with_word(at, word))) << at << ": " << word;
  }
  const std::string line = process_line(example());
  EXPECT_FALSE(parse_process_record(""));
  EXPECT_FALSE(parse_process_record(line.substr(1)));
  EXPECT_FALSE(parse_process_record(line.substr(0, line.size() - 1)));
  EXPECT_FALSE(parse_process_record(line + "\n"));
  EXPECT_FALSE(parse_process_record(std::string(kProcessLineSize, '\0')));
  EXPECT_FALSE(parse_process_record(std::string(kProcessLineSize, '\n')));
  EXPECT_FALSE(parse_process_record(with_word(3, "finish").replace(39, 7, "log    ")));
}

TEST(Birth, IsBetweenItsTwoTimes) {
  using namespace std::chrono_literals;
  const Birth birth{1234ms, 1238ms};
  // What the kernel tells is rounded down to ten milliseconds.
  EXPECT_TRUE(was_born(birth, 1230ms));
  EXPECT_FALSE(was_born(birth, 1220ms));
  EXPECT_FALSE(was_born(birth, 1240ms));
  EXPECT_TRUE(was_born({1228ms, 1238ms}, 1220ms));
  EXPECT_TRUE(was_born({1228ms, 1238ms}, 1230ms));
  EXPECT_FALSE(was_born({1230ms, 1238ms}, 1220ms));
}

}  // namespace
}  // namespace runvisor::core
