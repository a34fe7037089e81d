#include "cli/svlogd_command_line.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace runvisor::testing {
namespace {

using cli::SvlogdInvocation;
using cli::SvlogdUsageError;

std::variant<SvlogdInvocation, SvlogdUsageError> parse(std::vector<const char*> words) {
  // The result refers to the words.
  static std::vector<std::vector<const char*>> kept;
  words.insert(words.begin(), "bin/svlogd");
  kept.push_back(std::move(words));
  return cli::parse_svlogd(kept.back());
}

TEST(SvlogdCommandLine, HasRunitsDefaults) {
  const auto parsed = std::get<SvlogdInvocation>(parse({"a", "b"}));
  EXPECT_EQ(parsed.stamps, 0);
  EXPECT_EQ(parsed.line_size, 1000U);
  EXPECT_EQ(parsed.buffer_size, 1024U);
  EXPECT_FALSE(parsed.verbose || parsed.replaces);
  ASSERT_EQ(parsed.directories.size(), 2U);
  EXPECT_STREQ(parsed.directories[1], "b");
}

TEST(SvlogdCommandLine, ReadsEveryOption) {
  const auto parsed =
      std::get<SvlogdInvocation>(parse({"-ttv", "-r", "?", "-Rab", "-l50", "-b", "60", "-t", "d"}));
  EXPECT_EQ(parsed.stamps, 3);
  EXPECT_TRUE(parsed.verbose);
  EXPECT_TRUE(parsed.replaces);
  EXPECT_EQ(parsed.replace_by, '?');
  EXPECT_EQ(parsed.replaced, "ab");
  EXPECT_EQ(parsed.line_size, 50U);
  EXPECT_EQ(parsed.buffer_size, 60U);
}

TEST(SvlogdCommandLine, ReplacesByUnderscoresUnlessToldOtherwise) {
  EXPECT_EQ(std::get<SvlogdInvocation>(parse({"-R", "a", "d"})).replace_by, '_');
}

TEST(SvlogdCommandLine, BoundsItsNumbers) {
  const auto parsed = std::get<SvlogdInvocation>(parse({"-l", "5", "-b", "99999999999999999999999", "d"}));
  EXPECT_EQ(parsed.buffer_size, std::size_t{1} << 30);
  EXPECT_EQ(std::get<SvlogdInvocation>(parse({"-l", "x", "-b", "2000", "d"})).line_size, 1000U);
}

TEST(SvlogdCommandLine, AnswersWrongUsageWithTheRightOne) {
  const std::string usage = "usage: bin/svlogd [-ttv] [-r c] [-R abc] [-l len] [-b buflen] dir ...\n\n";
  const std::vector<std::pair<std::vector<const char*>, std::string>> samples{
      {{}, usage},
      {{"-r", "ab", "d"}, usage},
      {{"-r", "", "d"}, usage},
      {{"-l", "1024", "d"}, usage},
      {{"-x"}, "svlogd: illegal option -- x\n" + usage},
      {{"-b"}, "svlogd: option requires an argument -- b\n" + usage},
  };
  for (const auto& [words, expected] : samples)
    EXPECT_EQ(std::get<SvlogdUsageError>(parse(words)).text, expected);
  EXPECT_TRUE(std::get<SvlogdUsageError>(parse({"-V"})).text.starts_with("runvisor "));
}

}  // namespace
}  // namespace runvisor::testing
