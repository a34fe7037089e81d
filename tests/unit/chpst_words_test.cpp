#include "cli/chpst_words.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <random>
#include <string>

namespace runvisor::cli {
namespace {

using Amount = std::optional<std::uint64_t>;

/// The soft and the hard limit that `text` sets.
std::pair<Amount, Amount> limit(std::string_view text) {
  const auto parsed = parse_limit(text);
  if (!parsed) return {~std::uint64_t{1}, ~std::uint64_t{1}};
  return {parsed->soft, parsed->hard};
}

TEST(ALimit, IsSoftUnlessTheHardOneIsNamed) {
  EXPECT_EQ(limit("5"), (std::pair<Amount, Amount>{5, {}}));
  EXPECT_EQ(limit("5:"), (std::pair<Amount, Amount>{5, {}}));
  EXPECT_EQ(limit("5:6"), (std::pair<Amount, Amount>{5, 6}));
  EXPECT_EQ(limit(":6"), (std::pair<Amount, Amount>{{}, 6}));
  EXPECT_EQ(limit("+6"), (std::pair<Amount, Amount>{6, 6}));
  EXPECT_EQ(limit(""), (std::pair<Amount, Amount>{0, {}}));
}

TEST(ALimit, MayBeNone) {
  for (const char* word : {"unlimited", "infinity", "=", "9223372036854775808", "18446744073709551616"}) {
    EXPECT_EQ(limit(word), (std::pair<Amount, Amount>{core::kUnlimited, {}})) << word;
  }
  EXPECT_EQ(limit("9223372036854775807").first, 9223372036854775807U);
  EXPECT_EQ(limit("+unlimited"), (std::pair<Amount, Amount>{core::kUnlimited, core::kUnlimited}));
  EXPECT_EQ(limit("1:="), (std::pair<Amount, Amount>{1, core::kUnlimited}));
}

TEST(ALimit, IsRefusedIfItIsNone) {
  for (const char* text : {":", "::", "+", "++5", "+5:6", "5:6:7", "5:x", "x:5", "x", "-1", "0x10", " 5",
                           "5 ", "5k", "Unlimited", "=="}) {
    EXPECT_FALSE(parse_limit(text)) << text;
  }
}

TEST(ALimitOfSoftlimit, IsANumberOrAnEqualsSign) {
  EXPECT_EQ(parse_soft_limit("5")->soft, 5U);
  EXPECT_EQ(parse_soft_limit("")->soft, 0U);
  EXPECT_EQ(parse_soft_limit("=")->soft, core::kUnlimited);
  EXPECT_FALSE(parse_soft_limit("=")->hard);
  EXPECT_EQ(parse_soft_limit("99999999999999999999")->soft, core::kUnlimited);
  for (const char* text : {"5:6", "+5", "unlimited", "-1", "x"}) EXPECT_FALSE(parse_soft_limit(text)) << text;
}

TEST(AFileModeMask, IsOctal) {
  EXPECT_EQ(parse_file_mode_mask("022"), 022U);
  EXPECT_EQ(parse_file_mode_mask("0"), 0U);
  EXPECT_EQ(parse_file_mode_mask("777"), 0777U);
  EXPECT_EQ(parse_file_mode_mask("00000000000000000000000000027"), 027U);
  for (const char* text : {"", "8", "1000", "7777", "-1", "022x", "u=rwx", " 22"}) {
    EXPECT_FALSE(parse_file_mode_mask(text)) << text;
  }
}

TEST(AnOomScore, IsWithinAThousandOfZero) {
  EXPECT_EQ(parse_oom_score("-1000"), -1000);
  EXPECT_EQ(parse_oom_score("+1000"), 1000);
  EXPECT_EQ(parse_oom_score("0"), 0);
  for (const char* text : {"", "1001", "-1001", "99999999999999999999", "x", "5x", " 5"}) {
    EXPECT_FALSE(parse_oom_score(text)) << text;
  }
}

TEST(AnIoPriority, IsAClassWithALevel) {
  using Class = IoPriority::Class;
  EXPECT_EQ(parse_io_priority("rt:0"), (IoPriority{Class::realtime, 0}));
  EXPECT_EQ(parse_io_priority("best-effort:7"), (IoPriority{Class::best_effort, 7}));
  EXPECT_EQ(parse_io_priority("best-effort"), (IoPriority{Class::best_effort, 4}));
  EXPECT_EQ(parse_io_priority("idle")->io_class, Class::idle);
  for (const char* text : {"", "rt:8", "rt:-1", "rt:", "rt:x", "RT", "best", "idle:1:2", "7", ":7"}) {
    EXPECT_FALSE(parse_io_priority(text)) << text;
  }
}

TEST(ASchedulingPolicy, HasAPriorityIfItIsOfRealTime) {
  using Policy = Scheduling::Policy;
  EXPECT_EQ(parse_scheduling("other"), (Scheduling{Policy::other, 0}));
  EXPECT_EQ(parse_scheduling("batch"), (Scheduling{Policy::batch, 0}));
  EXPECT_EQ(parse_scheduling("idle"), (Scheduling{Policy::idle, 0}));
  EXPECT_EQ(parse_scheduling("fifo:1"), (Scheduling{Policy::fifo, 1}));
  EXPECT_EQ(parse_scheduling("rr:99"), (Scheduling{Policy::round_robin, 99}));
  for (const char* text :
       {"", "fifo", "rr", "fifo:", "fifo:0", "rr:100", "batch:1", "idle:0", "deadline:1"}) {
    EXPECT_FALSE(parse_scheduling(text)) << text;
  }
}

TEST(AnyLimit, IsReadAsItIsWritten) {
  std::mt19937_64 random(5);
  const auto amount = [&random]() -> Amount {
    const std::uint64_t number = random() >> (1 + random() % 63);
    return random() % 3 == 0 ? Amount{} : number;
  };
  for (int i = 0; i < 5'000; ++i) {
    const Amount soft = amount();
    const Amount hard = amount();
    if (!soft && !hard) continue;
    const std::string text =
        (soft ? std::to_string(*soft) : "") + ":" + (hard ? std::to_string(*hard) : std::string{});
    EXPECT_EQ(limit(text), std::pair(soft, hard)) << text;
  }
}

}  // namespace
}  // namespace runvisor::cli
