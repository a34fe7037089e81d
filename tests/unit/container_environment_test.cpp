#include "core/container_environment.hpp"

#include <gtest/gtest.h>

#include <string>

namespace runvisor::core {
namespace {

std::string json(std::string_view text, BadBytes bad_bytes = BadBytes::surrogates) {
  std::string out;
  append_json(out, text, bad_bytes);
  return out;
}

TEST(ContainerEnvironment, CutsOneNewlineFromAFilesEnd) {
  EXPECT_EQ(value_in_file("A", "value\n"), "value");
  EXPECT_EQ(value_in_file("A", "value\n\n"), "value\n");
  EXPECT_EQ(value_in_file("A", "one\ntwo"), "one\ntwo");
  EXPECT_EQ(value_in_file("A", "blank \t\n"), "blank \t");
  EXPECT_EQ(value_in_file("A", ""), "");
}

TEST(ContainerEnvironment, RefusesValuesThatNoProgramCanBeGiven) {
  using namespace std::string_literals;
  EXPECT_FALSE(value_in_file("A", "a\0b"s));
  EXPECT_TRUE(value_in_file("A", std::string(kMostVariableBytes - 2, 'x')));
  EXPECT_FALSE(value_in_file("A", std::string(kMostVariableBytes - 1, 'x')));
}

TEST(ContainerEnvironment, KnowsWhichVariablesCanBeFiles) {
  for (const char* name : {"A", "A-B", "a.b", "\xff"}) EXPECT_TRUE(can_be_file(name)) << name;
  for (const char* name : {"", ".", "..", ".hidden", "a/b", "a=b"}) EXPECT_FALSE(can_be_file(name)) << name;
  EXPECT_FALSE(can_be_file(std::string(256, 'x')));
}

TEST(ContainerEnvironment, QuotesWordsForAShell) {
  EXPECT_EQ(shell_word("plain-1.2:/x,y@z%_+"), "plain-1.2:/x,y@z%_+");
  EXPECT_EQ(shell_word(""), "''");
  EXPECT_EQ(shell_word("two words"), "'two words'");
  EXPECT_EQ(shell_word("it's $x"), "'it'\\''s $x'");
  EXPECT_EQ(shell_word("\xff"), "'\xff'");
}

TEST(ContainerEnvironment, ExportsWithoutPersonalVariablesAndWithNamesThatAShellTakes) {
  const Variables variables{{"A", "1"},        {"B-C.D", "x y"}, {"9", "digit"},
                            {"HOME", "/root"}, {"USER", "u"},    {"GROUP", "g"},
                            {"UID", "0"},      {"GID", "0"},     {"SHELL", "s"}};
  EXPECT_EQ(shell_exports(variables), "export _9=digit\nexport A=1\nexport B_C_D='x y'\n");
}

TEST(ContainerEnvironment, WritesAllVariablesAsJson) {
  EXPECT_EQ(json_object({}), "{}");
  EXPECT_EQ(json_object({{"A", "1"}, {"HOME", "/root"}}), R"({"A": "1", "HOME": "/root"})");
}

TEST(ContainerEnvironment, EscapesInJson) {
  EXPECT_EQ(json("a\"b\\c\n\t\r\x01\x7f"), "\"a\\\"b\\\\c\\n\\t\\r\\u0001\\u007f\"");
  EXPECT_EQ(json("\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"), "\"\\u00e4\\u20ac\\ud83d\\ude00\"");
}

TEST(ContainerEnvironment, TakesEachByteThatIsNoUtf8ForItself) {
  EXPECT_EQ(json("\xff"), "\"\\udcff\"");
  EXPECT_EQ(json("\xff", BadBytes::replaced), "\"\\ufffd\"");
  // A lone follower, a start without followers, a form that is too long, a surrogate, beyond the last
  // character.
  EXPECT_EQ(json("\x80"), "\"\\udc80\"");
  EXPECT_EQ(json("\xc3("), "\"\\udcc3(\"");
  EXPECT_EQ(json("\xe2\x82"), "\"\\udce2\\udc82\"");
  EXPECT_EQ(json("\xc0\xaf"), "\"\\udcc0\\udcaf\"");
  EXPECT_EQ(json("\xed\xa0\x80"), "\"\\udced\\udca0\\udc80\"");
  EXPECT_EQ(json("\xf4\x90\x80\x80"), "\"\\udcf4\\udc90\\udc80\\udc80\"");
}

}  // namespace
}  // namespace runvisor::core
