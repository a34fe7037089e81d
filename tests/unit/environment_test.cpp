#include "core/environment.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>

namespace runvisor::core {
namespace {

using namespace std::string_literals;

using Strings = std::vector<std::string>;

Strings changed(Strings environment, std::vector<VariableChange> changes) {
  std::vector<char*> pointers;
  for (std::string& variable : environment) pointers.push_back(variable.data());
  pointers.push_back(nullptr);
  const std::vector<char*> result = changed_environment(pointers.data(), changes);
  EXPECT_EQ(result.back(), nullptr);
  return {result.begin(), result.end() - 1};
}

TEST(AVariablesFile, SetsItsFirstLine) {
  EXPECT_EQ(variable_change("A", "value\n"), "A=value");
  EXPECT_EQ(variable_change("A", "value"), "A=value");
  EXPECT_EQ(variable_change("A", "one\ntwo\n"), "A=one");
  EXPECT_EQ(variable_change("A", "\n"), "A=");
  EXPECT_EQ(variable_change("A", "\ntwo"), "A=");
}

TEST(AVariablesFile, LosesBlanksAndTabsAtTheEndOfTheLine) {
  EXPECT_EQ(variable_change("A", " a b \t \n"), "A= a b");
  EXPECT_EQ(variable_change("A", " \t"), "A=");
  EXPECT_EQ(variable_change("A", "a\r\n"), "A=a\r");
}

TEST(AVariablesFile, HasNewlinesForNullBytes) {
  EXPECT_EQ(variable_change("A", "x\0y\0\n"s), "A=x\ny\n");
  EXPECT_EQ(variable_change("A", "\0"s), "A=\n");
  EXPECT_EQ(variable_change("A", "x\0 \n"s), "A=x\n");
}

TEST(AnEmptyVariablesFile, RemovesTheVariable) { EXPECT_EQ(variable_change("A", ""), "A"); }

TEST(AChangedEnvironment, HasChangedVariablesLast) {
  EXPECT_EQ(changed({"A=1", "B=2", "C=3"}, {"B=two", "D=4"}), (Strings{"A=1", "C=3", "B=two", "D=4"}));
  EXPECT_EQ(changed({"A=1"}, {}), (Strings{"A=1"}));
  EXPECT_EQ(changed({}, {"A="}), (Strings{"A="}));
}

TEST(AChangedEnvironment, LosesEveryOccurrence) {
  EXPECT_EQ(changed({"A=1", "B=2", "A=3"}, {"A"}), (Strings{"B=2"}));
  EXPECT_EQ(changed({"A=1", "B=2", "A=3"}, {"A=4"}), (Strings{"B=2", "A=4"}));
  EXPECT_EQ(changed({"A", "AA=1", "B"}, {"A"}), (Strings{"AA=1", "B"}));
}

TEST(AChangedEnvironment, FollowsTheChangesInTheirOrder) {
  EXPECT_EQ(changed({"A=1"}, {"A=2", "A=3", "A"}), Strings{});
  EXPECT_EQ(changed({"A=1"}, {"A", "A=3"}), (Strings{"A=3"}));
  // A file's name with an equals sign is read like a variable. Source: the behaviour of runit 2.1.2.
  EXPECT_EQ(changed({"A=1"}, {variable_change("A=b", "c")}), (Strings{"A=b=c"}));
  EXPECT_EQ(changed({"A=1"}, {variable_change("A=b", "")}), (Strings{"A=b"}));
}

TEST(AnyChangedEnvironment, IsTheOldOneWithTheLastWordOnEachName) {
  std::mt19937 random(11);
  const auto one_of = [&random](std::size_t count) { return random() % count; };
  const auto name_of = [](const std::string& variable) { return variable.substr(0, variable.find('=')); };
  const Strings names{"A", "B", "AB", "", "A=B"};
  for (int round = 0; round < 5'000; ++round) {
    Strings before;
    Strings changes;
    for (std::size_t n = one_of(5); n > 0; --n) {
      before.push_back(names[one_of(names.size())] + "=" + std::to_string(one_of(3)));
    }
    for (std::size_t n = one_of(4); n > 0; --n) {
      changes.push_back(names[one_of(names.size())] +
                        (one_of(2) == 0 ? "" : "=" + std::to_string(one_of(9))));
    }
    const Strings after = changed(before, changes);
    for (const std::string& name : {"A"s, "B"s, "AB"s, ""s}) {
      const auto is_called = [&](const std::string& variable) { return name_of(variable) == name; };
      const auto last = std::find_if(changes.rbegin(), changes.rend(), is_called);
      Strings expected;
      if (last == changes.rend()) {
        std::copy_if(before.begin(), before.end(), std::back_inserter(expected), is_called);
      } else if (last->size() > name.size()) {
        expected.push_back(*last);
      }
      Strings actual;
      std::copy_if(after.begin(), after.end(), std::back_inserter(actual), is_called);
      ASSERT_EQ(actual, expected) << name << " in round " << round;
    }
  }
}

}  // namespace
}  // namespace runvisor::core
