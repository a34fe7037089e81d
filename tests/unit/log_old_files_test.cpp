#include <gtest/gtest.h>

#include "log/old_files.hpp"

namespace runvisor::testing {
namespace {

const std::string kFirst = "@400000000000000a00000000";
const std::string kSecond = "@400000000000000b00000000";

TEST(LogOldFiles, KnowsTheirNames) {
  EXPECT_EQ(log::parse_name(kFirst + ".s")->kind, log::OldFileKind::finished);
  EXPECT_EQ(log::parse_name(kFirst + ".u")->kind, log::OldFileKind::unprocessed);
  EXPECT_EQ(log::parse_name(kFirst + ".t")->label, kFirst);
  for (const std::string& name :
       {std::string{}, std::string{"current"}, kFirst, kFirst + ".x", kFirst + "s", "@bar.s" + kFirst,
        std::string{"@400000000000000A00000000.s"}, "x" + kFirst.substr(1) + ".s"}) {
    EXPECT_FALSE(log::parse_name(name)) << name;
  }
  EXPECT_EQ(log::file_name(kFirst, log::OldFileKind::unprocessed), kFirst + ".u");
}

TEST(LogOldFiles, SortsThemOut) {
  const log::OldFiles files =
      log::sort_out({kSecond + ".s", "lock", kFirst + ".s", kFirst + ".t", kFirst + ".u"});
  EXPECT_EQ(files.finished, (std::vector<std::string>{kFirst, kSecond}));
  EXPECT_EQ(files.unprocessed, std::vector<std::string>{kFirst});
  EXPECT_EQ(files.temporary, std::vector<std::string>{kFirst});
  EXPECT_EQ(files.count(), 3U);
}

TEST(LogOldFiles, FindsTheOldest) {
  EXPECT_EQ(log::sort_out({kSecond + ".s", kFirst + ".u"}).oldest(), kFirst + ".u");
  EXPECT_EQ(log::sort_out({kSecond + ".u", kFirst + ".s"}).oldest(), kFirst + ".s");
  EXPECT_EQ(log::sort_out({kSecond + ".u"}).oldest(), kSecond + ".u");
}

}  // namespace
}  // namespace runvisor::testing
