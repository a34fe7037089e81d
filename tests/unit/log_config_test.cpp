#include <gtest/gtest.h>

#include "log/config.hpp"

namespace runvisor::testing {
namespace {

using log::Config;
using log::parse_config;

TEST(LogConfig, HasRunitsDefaults) {
  const Config config = parse_config("");
  EXPECT_EQ(config.size, 1'000'000U);
  EXPECT_EQ(config.keep, 10U);
  EXPECT_EQ(config.keep_when_full, 10U);
  EXPECT_EQ(config.max_age.count(), 0);
  EXPECT_TRUE(config.processor.empty());
  EXPECT_TRUE(config.prefix.empty());
  EXPECT_FALSE(config.remote);
  EXPECT_FALSE(config.selection.may_drop() || config.selection.may_alert());
}

TEST(LogConfig, ReadsEveryKindOfLine) {
  const Config config = parse_config(
      "# comment\n\ns500\nn3\nN2\nt60\n!gzip -9\npweb: \nu10.0.0.1:5140\n-debug*\ne*fatal*\nXnothing\n s1");
  EXPECT_EQ(config.size, 500U);
  EXPECT_EQ(config.keep, 3U);
  EXPECT_EQ(config.keep_when_full, 2U);
  EXPECT_EQ(config.max_age, std::chrono::seconds{60});
  EXPECT_EQ(config.processor, "gzip -9");
  EXPECT_EQ(config.prefix, "web: ");
  ASSERT_TRUE(config.remote);
  EXPECT_EQ(config.remote->port, 5140);
  EXPECT_FALSE(config.only_remote);
  EXPECT_FALSE(config.selection.logs("debug 1"));
  EXPECT_TRUE(config.selection.logs("info"));
  EXPECT_TRUE(config.selection.alerts("a fatal error"));
  EXPECT_TRUE(config.warnings.empty());
}

TEST(LogConfig, UnderstandsUnits) {
  EXPECT_EQ(parse_config("s2k").size, 2048U);
  EXPECT_EQ(parse_config("s3m\n").size, 3U * 1024 * 1024);
  EXPECT_EQ(parse_config("s10x").size, 10U);
  EXPECT_EQ(parse_config("t2m").max_age, std::chrono::minutes{2});
  EXPECT_EQ(parse_config("t2h").max_age, std::chrono::hours{2});
}

TEST(LogConfig, TakesWhatIsNoNumberForZero) {
  EXPECT_EQ(parse_config("s").size, 0U);
  EXPECT_EQ(parse_config("sk").size, 0U);
  EXPECT_EQ(parse_config("n-1").keep, 0U);
}

TEST(LogConfig, BearsNumbersBeyondAllBounds) {
  EXPECT_EQ(parse_config("s99999999999999999999m").size, UINT64_MAX);
  EXPECT_EQ(parse_config("s18446744073709551615k").size, UINT64_MAX);
  EXPECT_LE(parse_config("t99999999999999999999h").max_age, std::chrono::hours{24 * 366 * 100});
}

TEST(LogConfig, EndsALineAtANul) {
  using namespace std::string_literals;
  EXPECT_EQ(parse_config("pa\0b\ns5\n"s).prefix, "a");
  EXPECT_EQ(parse_config("pa\0b\ns5\n"s).size, 5U);
}

TEST(LogConfig, LetsTheLastLineOfAKindCount) {
  const Config config = parse_config("s1\ns2\nu1.2.3.4\nU5.6.7.8:9\npa\npb\n!one\n!\n");
  EXPECT_EQ(config.size, 2U);
  EXPECT_EQ(config.prefix, "b");
  EXPECT_TRUE(config.processor.empty());
  EXPECT_TRUE(config.only_remote);
  EXPECT_EQ(config.remote->address[0], 5);
}

TEST(LogConfig, PassesOverAnEmptyPrefix) { EXPECT_EQ(parse_config("pa\np\n").prefix, "a"); }

TEST(LogConfig, WarnsOfAddressesThatAreNone) {
  for (const char* text : {"", "1.2.3", "1.2.3.4.5", "1.2.3.x", "256.1.1.1", "1.2.3.4x", "host", "[::1",
                           "[1.2.3.4]", "[1::2::3]", "[:1]", "[12345::]", "[1:2:3:4:5:6:7]",
                           "[1:2:3:4:5:6:7:8:9]", "[::1]x", "[1:2:3:4:5:6:7::8]", "[::1.2.3]"}) {
    const Config config = parse_config(std::string{"u"} + text);
    EXPECT_FALSE(config.remote) << text;
    ASSERT_EQ(config.warnings.size(), 1U) << text;
    EXPECT_EQ(config.warnings.front(), std::string{"unable to scan ip address: "} + text);
  }
}

TEST(LogConfig, WarnsOfPortsThatAreNone) {
  for (const char* port : {"", "0", "x", "5x", "65536", "-1"}) {
    const Config config = parse_config(std::string{"u1.2.3.4:"} + port);
    EXPECT_FALSE(config.remote) << port;
    ASSERT_EQ(config.warnings.size(), 1U) << port;
    EXPECT_EQ(config.warnings.front(), std::string{"unable to scan port number: "} + port);
  }
}

TEST(LogConfig, KeepsAnEarlierAddressWhenALaterOneIsNone) {
  const Config config = parse_config("u1.2.3.4\nUx\n");
  ASSERT_TRUE(config.remote);
  EXPECT_FALSE(config.only_remote);
}

std::string address(const char* text) {
  std::string warning;
  const auto endpoint = log::parse_endpoint(text, warning);
  if (!endpoint) return "none";
  std::string out;
  for (std::size_t i = 0; i < (endpoint->ipv6 ? 16U : 4U); ++i) {
    out += "0123456789abcdef"[endpoint->address.at(i) >> 4];
    out += "0123456789abcdef"[endpoint->address.at(i) & 15];
  }
  return out + ':' + std::to_string(endpoint->port);
}

TEST(LogConfig, ReadsAddresses) {
  EXPECT_EQ(address("10.0.255.1"), "0a00ff01:514");
  EXPECT_EQ(address("10.0.255.1:65535"), "0a00ff01:65535");
  EXPECT_EQ(address("[::]"), "00000000000000000000000000000000:514");
  EXPECT_EQ(address("[::1]:99"), "00000000000000000000000000000001:99");
  EXPECT_EQ(address("[fe80::1:2]"), "fe800000000000000000000000010002:514");
  EXPECT_EQ(address("[1::]"), "00010000000000000000000000000000:514");
  EXPECT_EQ(address("[1:2:3:4:5:6:7:8]"), "00010002000300040005000600070008:514");
  EXPECT_EQ(address("[::ffff:1.2.3.4]"), "00000000000000000000ffff01020304:514");
}

}  // namespace
}  // namespace runvisor::testing
