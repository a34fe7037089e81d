#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "log/pattern.hpp"

namespace runvisor::testing {
namespace {

using log::matches;

/// A second account of what matches, rule by rule.
bool expected(const std::string& pattern, const std::string& text) {
  if (pattern.empty()) return text.empty();
  if (pattern == "*") return true;
  if (pattern == "+") return text.empty();
  if (pattern.front() == '*') {
    const std::size_t at = text.find(pattern[1]);
    return at != std::string::npos && expected(pattern.substr(1), text.substr(at));
  }
  if (pattern.front() == '+') {
    const std::size_t run = std::min(text.find_first_not_of(pattern[1]), text.size());
    if (run == 0) return false;
    return run == text.size() || expected(pattern.substr(2), text.substr(run));
  }
  return !text.empty() && text.front() == pattern.front() && expected(pattern.substr(1), text.substr(1));
}

/// All strings over the alphabet up to a length.
std::vector<std::string> all_strings(std::string_view alphabet, std::size_t length) {
  std::vector<std::string> all{""};
  for (std::size_t begin = 0, n = 0; n < length; ++n) {
    const std::size_t end = all.size();
    for (; begin < end; ++begin) {
      for (const char c : alphabet) all.push_back(all[begin] + c);
    }
  }
  return all;
}

TEST(LogPattern, AgreesWithTheRulesOnAllShortPatternsAndTexts) {
  const auto texts = all_strings("ab*+", 5);
  for (const std::string& pattern : all_strings("ab*+", 5)) {
    for (const std::string& text : texts) {
      ASSERT_EQ(matches(pattern, text), expected(pattern, text))
          << '"' << pattern << "\" and \"" << text << '"';
    }
  }
}

TEST(LogPattern, MatchesAsTheManualSays) {
  const std::string line = "tcpsvd: info: pid 1977 from 10.4.1.14";
  EXPECT_FALSE(matches("*pid*", line));
  EXPECT_TRUE(matches("*: *: pid *", line));
  EXPECT_TRUE(matches("+ab", "aaab"));
  EXPECT_FALSE(matches("abc", "abcd"));
}

TEST(LogPattern, MatchesATextThatEndsWithinARunOfAPlus) {
  EXPECT_TRUE(matches("a+bc", "abb"));
  EXPECT_FALSE(matches("a+bc", "a"));
}

TEST(LogPattern, TreatsBytesAsBytes) {
  using namespace std::string_literals;
  EXPECT_TRUE(matches("a\xffz", "a\xffz"));
  EXPECT_TRUE(matches("*z", "a\0z"s));
}

TEST(LogSelection, LetsTheLastMatchingRuleDecide) {
  log::Selection selection;
  EXPECT_TRUE(selection.logs("a"));
  EXPECT_FALSE(selection.alerts("a"));
  selection.add_log_rule({"a*", false});
  selection.add_log_rule({"ab*", true});
  selection.add_alert_rule({"*b*", true});
  selection.add_alert_rule({"abc", false});
  EXPECT_FALSE(selection.logs("a"));
  EXPECT_TRUE(selection.logs("abc"));
  EXPECT_TRUE(selection.logs("c"));
  EXPECT_TRUE(selection.alerts("ab"));
  EXPECT_FALSE(selection.alerts("abc"));
}

}  // namespace
}  // namespace runvisor::testing
