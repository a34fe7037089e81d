#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

#include "report.hpp"
#include "support/temp_dir.hpp"

namespace runvisor::benchmark {
namespace {

Row row_of(double ours, double each, double one = 0) {
  Row row{.name = "row", .unit = "ms"};
  row.of("runvisor", Role::Ours) = {ours};
  row.of("each", Role::Each) = {each};
  if (one > 0) {
    row.of("one", Role::One) = {one};
  }
  return row;
}

Report report_of(Row row) {
  return {.machine = {"6.1", 2, 0.5, 20}, .sections = {{"group", {std::move(row)}}}};
}

TEST(BenchmarkStatistics, AreTheMedianAndTheQuartiles) {
  const Summary summary = summarize({4, 1, 3, 2});
  EXPECT_DOUBLE_EQ(summary.median, 2.5);
  EXPECT_DOUBLE_EQ(summary.lower, 1.75);
  EXPECT_DOUBLE_EQ(summary.upper, 3.25);
  EXPECT_DOUBLE_EQ(summarize({}).median, 0);
}

TEST(BenchmarkStatistics, FindTheExponentOfGrowth) {
  EXPECT_NEAR(*growth({{10, 30}, {100, 300}, {1000, 3000}}), 1, 1e-9);
  EXPECT_NEAR(*growth({{10, 5}, {1000, 5}}), 0, 1e-9);
  EXPECT_NEAR(*growth({{2, 4}, {8, 64}}), 2, 1e-9);
  EXPECT_FALSE(growth({{10, 3}}).has_value());
  EXPECT_FALSE(growth({{10, 3}, {100, 0}}).has_value());
}

TEST(BenchmarkRow, IsHeldAgainstTheBestPeerOfTheKind) {
  Row row = row_of(3, 4, 2);
  row.of("floor", Role::Floor) = {1};
  row.targets = {
      {std::string{kBest}, 1}, {std::string{kBestOfEach}, 1}, {"floor", 3}, {"absent", 1}, {"", 2.5}};
  const auto verdicts = row.verdicts();
  ASSERT_EQ(verdicts.size(), 4U);
  EXPECT_EQ(verdicts[0].reference, "one");
  EXPECT_FALSE(verdicts[0].met);
  EXPECT_EQ(verdicts[1].reference, "each");
  EXPECT_TRUE(verdicts[1].met);
  EXPECT_DOUBLE_EQ(verdicts[1].value, 0.75);
  EXPECT_TRUE(verdicts[2].met);
  EXPECT_FALSE(verdicts[3].met);
}

TEST(BenchmarkRow, IsNotHeldAgainstAnotherBuildOfOurs) {
  Row row = row_of(3, 4);
  row.of("before", Role::Again) = {1};
  EXPECT_EQ(row.best(false)->name, "each");
  Row slower = row_of(3, 4);
  slower.of("before", Role::Again) = {0.1};
  EXPECT_TRUE(compare(report_of(row), report_of(slower), 1.1).regressions.empty());
}

TEST(BenchmarkRow, TurnsRoundWhereMoreIsBetter) {
  Row row = row_of(30, 10, 20);
  row.more_is_better = true;
  row.targets = {{std::string{kBest}, 1}, {"each", 4}};
  const auto verdicts = row.verdicts();
  EXPECT_EQ(verdicts.at(0).reference, "one");
  EXPECT_TRUE(verdicts.at(0).met);
  EXPECT_FALSE(verdicts.at(1).met);
}

TEST(BenchmarkRow, HasNoVerdictWithoutOurs) {
  Row row{.name = "row", .unit = "us", .targets = {{"", 1}}};
  row.of("machine", Role::Floor) = {1};
  EXPECT_TRUE(row.verdicts().empty());
}

TEST(BenchmarkRow, GrowsAlongItsCurve) {
  Row ten = row_of(1, 1);
  Row hundred = row_of(10, 100);
  ten.point = Point{"boot", 10, 1.05};
  hundred.point = Point{"boot", 100, 1.05};
  const auto all = growths({ten, hundred});
  ASSERT_EQ(all.size(), 2U);
  EXPECT_NEAR(all[0].exponent, 1, 1e-9);
  EXPECT_TRUE(all[0].verdict->met);
  EXPECT_NEAR(all[1].exponent, 2, 1e-9);
  EXPECT_FALSE(all[1].verdict.has_value());
}

TEST(BenchmarkReport, ComesBackFromItsFile) {
  const testing::TempDir folder;
  Row row = row_of(0.125, 4, 2);
  row.more_is_better = true;
  row.point = Point{"boot", 10, 1.05};
  write_json(folder.path() / "report", report_of(row));
  const Report read = read_json(folder.path() / "report");
  EXPECT_EQ(read.machine.kernel, "6.1");
  const Row again = read.sections.at(0).rows.at(0);
  EXPECT_EQ(again.name, "row");
  EXPECT_TRUE(again.more_is_better);
  EXPECT_EQ(again.point->size, 10);
  EXPECT_EQ(again.ours()->samples, std::vector{0.125});
  EXPECT_EQ(again.find("one")->role, Role::One);
}

TEST(BenchmarkReport, IsNotReadFromAnythingElse) {
  const testing::TempDir folder;
  EXPECT_THROW(static_cast<void>(read_json(folder.path() / "absent")), std::system_error);
  for (const char* wrong : {"", "[]", "{\"machine\": 3}"}) {
    std::ofstream(folder.path() / "wrong") << wrong;
    EXPECT_THROW(static_cast<void>(read_json(folder.path() / "wrong")), std::runtime_error) << wrong;
  }
}

TEST(BenchmarkReport, HasATableWithEveryMedianAndVerdict) {
  Row row = row_of(30, 120);
  row.targets = {{"each", 0.2}};
  const std::string text = tables(report_of(row));
  EXPECT_NE(text.find("30.0"), std::string::npos) << text;
  EXPECT_NE(text.find("120"), std::string::npos) << text;
  EXPECT_NE(text.find("0.25 x each <= 0.2 NO"), std::string::npos) << text;
}

TEST(BenchmarkReport, HasAFileForEachCurve) {
  const testing::TempDir folder;
  Row ten = row_of(1, 2);
  Row hundred = row_of(10, 20, 5);
  ten.point = Point{"boot", 10, 1.05};
  hundred.point = Point{"boot", 100, 1.05};
  write_curves(folder.path(), {.machine = {}, .sections = {{"growth", {ten, hundred}}}});
  std::ifstream file(folder.path() / "boot.data");
  const std::string content{std::istreambuf_iterator<char>(file), {}};
  EXPECT_EQ(content, "\"boot, ms\" \"runvisor\" \"each\" \"one\"\n10 1 2 ?\n100 10 20 5\n");
}

TEST(BenchmarkComparison, LooksAtRatiosAndNeverAtTimes) {
  const Report before = report_of(row_of(1, 2, 4));
  EXPECT_TRUE(compare(before, report_of(row_of(10, 20, 40)), 1.1).regressions.empty());
  const auto slower = compare(before, report_of(row_of(10, 10, 20)), 1.1).regressions;
  ASSERT_EQ(slower.size(), 1U);
  EXPECT_NEAR(slower[0].factor, 2, 1e-9);
  EXPECT_TRUE(compare(before, report_of(row_of(10, 10, 20)), 2.1).regressions.empty());
}

TEST(BenchmarkComparison, TakesTheMeanOverThePeersBothHave) {
  const Report before = report_of(row_of(1, 2, 4));
  // One peer twice as fast, the other as before: the root of two.
  EXPECT_NEAR(compare(before, report_of(row_of(1, 1, 4)), 1.1).regressions.at(0).factor, 1.41421, 1e-4);
  EXPECT_TRUE(compare(before, report_of(row_of(1, 2)), 1.1).regressions.empty());
}

TEST(BenchmarkComparison, TurnsRoundWhereMoreIsBetter) {
  Row fast = row_of(40, 10);
  Row slow = row_of(20, 10);
  fast.more_is_better = slow.more_is_better = true;
  EXPECT_EQ(compare(report_of(fast), report_of(slow), 1.1).regressions.size(), 1U);
  EXPECT_TRUE(compare(report_of(slow), report_of(fast), 1.1).regressions.empty());
}

TEST(BenchmarkComparison, CountsWhatBothHave) {
  Row other = row_of(1, 1);
  other.name = "another";
  EXPECT_EQ(compare(report_of(row_of(1, 1)), report_of(other), 1.1).rows, 0U);
  EXPECT_EQ(compare(report_of(row_of(1, 1)), report_of(row_of(1, 1)), 1.1).rows, 1U);
}

}  // namespace
}  // namespace runvisor::benchmark
