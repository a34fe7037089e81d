#include "cli/my_init_command_line.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace runvisor::cli {
namespace {

using std::chrono::milliseconds;

std::variant<MyInitInvocation, MyInitReply> parse(std::vector<const char*>& words) {
  words.insert(words.begin(), "my_init");
  return parse_my_init(words);
}

MyInitInvocation taken(std::vector<const char*>& words) {
  const auto parsed = parse(words);
  if (const auto* reply = std::get_if<MyInitReply>(&parsed)) ADD_FAILURE() << reply->text;
  const auto* invocation = std::get_if<MyInitInvocation>(&parsed);
  return invocation != nullptr ? *invocation : MyInitInvocation{};
}

std::string refused(std::vector<const char*> words) {
  const auto parsed = parse(words);
  const auto* reply = std::get_if<MyInitReply>(&parsed);
  if (reply == nullptr) return "taken";
  EXPECT_EQ(reply->status, 2);
  EXPECT_TRUE(reply->text.starts_with("usage: my_init "));
  return reply->text.substr(reply->text.find('\n') + 1);
}

TEST(MyInitCommandLine, DefaultsToRunningEverything) {
  std::vector<const char*> words;
  const auto invocation = taken(words);
  EXPECT_FALSE(invocation.enable_insecure_key || invocation.skip_startup_files || invocation.skip_services ||
               invocation.no_kill_all_on_exit || invocation.quiet || invocation.stop_timeout ||
               invocation.stop_delay || invocation.log_format);
  EXPECT_TRUE(invocation.command.empty());
}

TEST(MyInitCommandLine, TakesAllOptions) {
  std::vector<const char*> words{"--enable-insecure-key",
                                 "--skip-startup-files",
                                 "--skip-runit",
                                 "--no-kill-all-on-exit",
                                 "--quiet",
                                 "--critical",
                                 "a",
                                 "--critical=b",
                                 "--stop-timeout=20",
                                 "--stop-delay",
                                 "1.5",
                                 "--log=json",
                                 "--",
                                 "--x",
                                 "y"};
  const auto invocation = taken(words);
  EXPECT_TRUE(invocation.enable_insecure_key && invocation.skip_startup_files && invocation.skip_services &&
              invocation.no_kill_all_on_exit && invocation.quiet);
  EXPECT_EQ(invocation.critical, (std::vector<std::string_view>{"a", "b"}));
  EXPECT_EQ(invocation.stop_timeout, milliseconds(20000));
  EXPECT_EQ(invocation.stop_delay, milliseconds(1500));
  EXPECT_EQ(invocation.log_format, LogFormat::json);
  ASSERT_EQ(invocation.command.size(), 2U);
  EXPECT_STREQ(invocation.command[0], "--x");
}

TEST(MyInitCommandLine, EndsOptionsAtTheFirstOtherWord) {
  std::vector<const char*> words{"--quiet", "bash", "-l", "--quiet"};
  const auto invocation = taken(words);
  ASSERT_EQ(invocation.command.size(), 3U);
  EXPECT_STREQ(invocation.command[1], "-l");
}

TEST(MyInitCommandLine, TakesAbbreviationsThatAreClear) {
  std::vector<const char*> words{"--q", "--skip-r", "--no", "true"};
  const auto invocation = taken(words);
  EXPECT_TRUE(invocation.quiet && invocation.skip_services && invocation.no_kill_all_on_exit);
  EXPECT_EQ(refused({"--skip"}), "my_init: error: ambiguous option: --skip\n");
}

TEST(MyInitCommandLine, RefusesWhatItDoesNotKnow) {
  EXPECT_EQ(refused({"--other"}), "my_init: error: unrecognized arguments: --other\n");
  EXPECT_EQ(refused({"-q"}), "my_init: error: unrecognized arguments: -q\n");
  EXPECT_EQ(refused({"--quiet=1"}), "my_init: error: --quiet takes no argument\n");
  EXPECT_EQ(refused({"--log"}), "my_init: error: --log needs an argument\n");
  EXPECT_EQ(refused({"--log=xml"}), "my_init: error: argument --log: invalid value: 'xml'\n");
  EXPECT_EQ(refused({"--critical=a/b"}), "my_init: error: argument --critical: invalid value: 'a/b'\n");
  EXPECT_EQ(refused({"--stop-delay", "-1"}), "my_init: error: argument --stop-delay: invalid value: '-1'\n");
}

TEST(MyInitCommandLine, TellsHowItIsUsed) {
  for (const char* word : {"-h", "--help", "--he"}) {
    std::vector<const char*> words{word};
    const auto parsed = parse(words);
    const auto* reply = std::get_if<MyInitReply>(&parsed);
    ASSERT_NE(reply, nullptr);
    EXPECT_EQ(reply->status, 0);
    EXPECT_NE(reply->text.find("--skip-runit"), std::string::npos);
  }
}

TEST(MyInitCommandLine, ReadsSeconds) {
  EXPECT_EQ(parse_seconds("0"), milliseconds(0));
  EXPECT_EQ(parse_seconds("300"), milliseconds(300000));
  EXPECT_EQ(parse_seconds("1.5"), milliseconds(1500));
  EXPECT_EQ(parse_seconds(".25"), milliseconds(250));
  EXPECT_EQ(parse_seconds("0.1239"), milliseconds(123));
  EXPECT_EQ(parse_seconds("86400"), milliseconds(86400000));
  for (const char* text : {"", ".", "x", "1x", "-1", "1.2.3", "86401", "99999999999999999999", " 1"}) {
    EXPECT_FALSE(parse_seconds(text)) << text;
  }
}

}  // namespace
}  // namespace runvisor::cli
