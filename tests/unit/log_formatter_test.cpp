#include <gtest/gtest.h>

#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "log/formatter.hpp"

namespace runvisor::testing {
namespace {

using log::Alerts;
using log::Config;
using log::Formatter;
using log::Messages;
using log::parse_config;

struct Output {
  std::string log;
  std::string alerts;
  std::string messages;

  friend bool operator==(const Output&, const Output&) = default;
};

/// Formats `text` with blocks of output of the given size.
Output format(const Config& config, std::string_view stamp, std::string_view text, std::size_t block = 4096,
              std::size_t match_size = 20) {
  Formatter formatter(config, !stamp.empty(), match_size);
  formatter.set_stamp(stamp);
  Alerts alerts;
  Messages messages;
  Output out;
  std::vector<char> room(block);
  while (!text.empty()) {
    const auto [consumed, produced] = formatter.format(text, room, alerts, messages);
    EXPECT_TRUE(consumed > 0 || produced > 0);
    if (consumed == 0 && produced == 0) break;
    out.log.append(room.data(), produced);
    text.remove_prefix(consumed);
  }
  out.alerts = alerts.take();
  out.messages = messages.text;
  return out;
}

TEST(LogFormatter, IsTransparentWithNothingToDo) {
  EXPECT_TRUE(Formatter(parse_config("s5\n!cat\n"), false, 20).transparent());
  for (const char* text : {"px", "-a", "+a", "ea", "Ea", "u1.2.3.4"}) {
    const Config config = parse_config(text);
    EXPECT_FALSE(Formatter(config, false, 20).transparent()) << text;
  }
  const Config plain;
  EXPECT_FALSE(Formatter(plain, true, 20).transparent());
}

TEST(LogFormatter, PutsStampAndPrefixBeforeEachLine) {
  const Config config = parse_config("pP: ");
  EXPECT_EQ(format(config, "S ", "one\n\ntwo\n").log, "S P: one\nS P: \nS P: two\n");
}

TEST(LogFormatter, SendsLinesWhereTheyBelong) {
  const Config config = parse_config("-a*\ne*b\nu1.2.3.4\npP ");
  const Output out = format(config, "", "ab\nb\nc\n");
  EXPECT_EQ(out.log, "P b\nP c\n");
  EXPECT_EQ(out.alerts, "P ab\nP b\n");
  EXPECT_EQ(out.messages, "P b\nP c\n");
  EXPECT_EQ(format(parse_config("U1.2.3.4"), "", "a\n").log, "");
}

TEST(LogFormatter, CutsLongLinesEverywhereButInTheLog) {
  const Config config = parse_config("e*\nu1.2.3.4");
  const Output out = format(config, "", "123\n1234\n12345\n", 4096, 4);
  EXPECT_EQ(out.log, "123\n1234\n12345\n");
  EXPECT_EQ(out.alerts, "123\n1234...\n1234...\n");
  EXPECT_EQ(out.messages, out.alerts);
}

TEST(LogFormatter, LooksAtTheFirstCharactersOnly) {
  const Config config = parse_config("-*x*");
  EXPECT_EQ(format(config, "", "abcdx\nabcx\n", 4096, 4).log, "abcdx\n");
}

TEST(LogFormatter, ContinuesALineAcrossInputs) {
  const Config config = parse_config("-x*\npP ");
  Formatter formatter(config, false, 4);
  Alerts alerts;
  Messages messages;
  std::string log;
  for (const char* piece : {"abcdef", "gh", "i\nxxxxxxx", "xx", "x\nend\n"}) {
    char room[64];
    const auto [consumed, produced] = formatter.format(piece, room, alerts, messages);
    EXPECT_EQ(consumed, std::string_view{piece}.size());
    log.append(room, produced);
    Formatter next(config, false, 4);
    next.continue_after(formatter);
  }
  EXPECT_EQ(log, "P abcdefghi\nP end\n");
}

TEST(LogFormatter, AgreesWithAPlainAccountWhateverTheBlock) {
  std::mt19937 random{6};
  const Config configs[] = {parse_config(""), parse_config("pP "), parse_config("-a*\n+ab*\ne*c*"),
                            parse_config("u1.2.3.4\n-b*"), parse_config("U1.2.3.4\ne*\npQ")};
  for (int round = 0; round < 2'000; ++round) {
    const Config& config = configs[random() % std::size(configs)];
    const std::string stamp = random() % 2 == 0 ? "" : "STAMP ";
    const std::size_t match_size = 1 + random() % 8;
    std::string text;
    for (int i = 0; i < 20; ++i) {
      for (std::size_t n = random() % 12; n > 0; --n) text += static_cast<char>('a' + random() % 3);
      text += '\n';
    }
    Output expected;
    std::istringstream lines{text};
    for (std::string line; std::getline(lines, line);) {
      const std::string seen = line.substr(0, match_size);
      const std::string head = stamp + config.prefix;
      const std::string cut = head + seen + (line.size() >= match_size ? "...\n" : "\n");
      if (config.selection.alerts(seen)) expected.alerts += cut;
      if (!config.selection.logs(seen)) continue;
      if (config.remote) expected.messages += cut;
      if (!config.only_remote) expected.log += head + line + '\n';
    }
    const std::size_t block = stamp.size() + config.prefix.size() + 1 + random() % 100;
    EXPECT_EQ(format(config, stamp, text, block, match_size), expected);
  }
}

TEST(LogAlerts, KeepTheOrderOfTheInput) {
  const char input[] = "ab";
  Alerts alerts;
  alerts.add(input, "A a\n");
  alerts.add(input + 1, "A b\n");
  alerts.add(input, "B a\n");
  EXPECT_EQ(alerts.take(), "A a\nB a\nA b\n");
  EXPECT_TRUE(alerts.empty());
  EXPECT_EQ(alerts.take(), "");
}

TEST(LogReplacement, ReplacesWhatIsNotPrintableAndWhatItIsTold) {
  std::string text = "a\tb\x7f\xe4 c\n~";
  log::Replacement('?', "c").apply(text);
  EXPECT_EQ(text, "a?b?? ?\n~");
}

}  // namespace
}  // namespace runvisor::testing
