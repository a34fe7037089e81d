#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <vector>

#include "options.hpp"

namespace runvisor::benchmark {
namespace {

Options parse(std::vector<std::string> words) {
  words.insert(words.begin(), "benchmark");
  std::vector<char*> arguments;
  for (auto& word : words) {
    arguments.push_back(word.data());
  }
  arguments.push_back(nullptr);
  opterr = 0;
  return parse_options(static_cast<int>(words.size()), arguments.data());
}

TEST(BenchmarkOptions, MeasureEverythingUnlessToldOtherwise) {
  const Options options = parse({});
  EXPECT_EQ(options.groups, all_groups());
  EXPECT_EQ(options.sizes, (std::vector<int>{10, 100, 500, 1000, 5000}));
  EXPECT_FALSE(options.compared.has_value());
}

TEST(BenchmarkOptions, FindEveryGroupByItsName) {
  for (const Group group : all_groups()) {
    EXPECT_EQ(parse({"--only", group_name(group)}).groups, std::vector{group});
  }
  EXPECT_THROW(parse({"--only", "nothing"}), std::invalid_argument);
}

TEST(BenchmarkOptions, LetLaterOptionsChangeTheQuickRun) {
  EXPECT_EQ(parse({"--quick"}).sizes.back(), 1000);
  EXPECT_EQ(parse({"--quick", "--rounds", "4"}).rounds, 4);
  EXPECT_EQ(parse({"--quick", "--only", "size"}).groups, std::vector{Group::Size});
}

TEST(BenchmarkOptions, SortTheSizes) {
  EXPECT_EQ(parse({"--sizes", "300,2"}).sizes, (std::vector<int>{2, 300}));
  for (const char* wrong : {"", "1,", "0", "-3", "ten", "1;2"}) {
    EXPECT_THROW(parse({"--sizes", wrong}), std::invalid_argument) << wrong;
  }
}

TEST(BenchmarkOptions, RefuseNumbersThatAreNone) {
  for (const char* option : {"--rounds", "--idle", "--dying"}) {
    EXPECT_THROW(parse({option, "0"}), std::invalid_argument) << option;
    EXPECT_THROW(parse({option, "3x"}), std::invalid_argument) << option;
  }
  EXPECT_THROW(parse({"--compare", "--tolerance", "0.5", "a", "b"}), std::invalid_argument);
}

TEST(BenchmarkOptions, TakeTwoReportsToCompareAndNoneOtherwise) {
  const Options options = parse({"--compare", "--tolerance", "1.5", "old", "new"});
  ASSERT_TRUE(options.compared.has_value());
  EXPECT_EQ(options.compared->before, "old");
  EXPECT_EQ(options.compared->after, "new");
  EXPECT_DOUBLE_EQ(options.tolerance, 1.5);
  EXPECT_THROW(parse({"--compare", "old"}), std::invalid_argument);
  EXPECT_THROW(parse({"old", "new"}), std::invalid_argument);
}

TEST(BenchmarkPeers, AreOfTheFamilyOfTheirNameOrOfTheOneThatIsSaid) {
  const Peer plain = parse_peer("s6-ready=/usr/bin");
  EXPECT_EQ(plain.family, Family::S6Ready);
  EXPECT_EQ(plain.program("s6-svc"), "/usr/bin/s6-svc");
  const Peer named = parse_peer("musl:runvisor=/build/bin");
  EXPECT_EQ(named.name, "musl");
  EXPECT_EQ(named.family, Family::Runvisor);
  for (const char* wrong : {"runit", "=/usr/bin", "runit=", "unknown=/usr/bin", "runit:unknown=/usr/bin"}) {
    EXPECT_THROW(static_cast<void>(parse_peer(wrong)), std::invalid_argument) << wrong;
  }
}

TEST(BenchmarkPeers, MustHaveTheirPrograms) {
  EXPECT_THROW(require_programs(parse_peer("daemontools=/proc/self/fdinfo")), std::invalid_argument);
}

}  // namespace
}  // namespace runvisor::benchmark
