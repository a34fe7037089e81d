#include "core/account.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>

namespace runvisor::core {
namespace {

constexpr std::string_view kPasswd =
    "root:x:0:0:root:/root:/bin/sh\n"
    "broken:x:12\n"
    "minus:x:-1:5::/:\n"
    "none:x:4294967295:5::/:\n"
    "late:x:7:seven::/:\n"
    "late:x:7:8::/:\n"
    "\n"
    "rooty:x:1:2::/:\n"
    "last:*:42:43";
constexpr std::string_view kGroup =
    "root:x:0:\n"
    "web:x:33:anna,web\n"
    "log:x:4:berta,anna\n"
    "an:x:5:ann,annabel,anna2\n"
    "bad:x:x:anna\n"
    "twice:x:33:anna\n"
    "end:x:9:anna";

using Ids = std::vector<Id>;

std::optional<Account> numeric(std::string_view text) { return numeric_account(parse_account_name(text)); }

TEST(AnAccountsName, HasAUserAndPerhapsGroups) {
  const AccountName user = parse_account_name("anna");
  EXPECT_FALSE(user.numeric);
  EXPECT_EQ(user.user, "anna");
  EXPECT_FALSE(user.groups);
  const AccountName both = parse_account_name("anna:web:log");
  EXPECT_EQ(both.user, "anna");
  EXPECT_EQ(both.groups, "web:log");
  EXPECT_EQ(parse_account_name("anna:").groups, "");
  EXPECT_TRUE(parse_account_name(":1:2").numeric);
  EXPECT_EQ(parse_account_name(":1:2").user, "1");
}

TEST(AnAccountsName, GivesItsGroupsOneByOne) {
  std::optional<std::string_view> groups{"web::log"};
  EXPECT_EQ(take_group(groups), "web");
  EXPECT_EQ(take_group(groups), "");
  EXPECT_EQ(take_group(groups), "log");
  EXPECT_FALSE(groups);
  groups = "";
  EXPECT_EQ(take_group(groups), "");
  EXPECT_FALSE(groups);
}

TEST(ANumericAccount, HasAUserAndAtLeastOneGroup) {
  const auto account = numeric(":1:2:3:2");
  ASSERT_TRUE(account);
  EXPECT_EQ(account->uid, 1U);
  EXPECT_EQ(account->gids, (Ids{2, 3, 2}));
  EXPECT_TRUE(numeric(":4294967294:4294967294"));
}

TEST(ANumericAccount, IsRefusedWhenAnyNumberIsMissingOrNone) {
  for (const char* text : {":", "::", ":1", ":1:", "::1", ":1::2", ":1:2:", ":x:1", ":1:x", ":-1:1", ":1:-1",
                           ":+1:1", ": 1:1", ":0x1:1", ":4294967295:1", ":1:4294967295", ":4294967296:1",
                           ":18446744073709551616:1", ":1:99999999999999999999"}) {
    EXPECT_FALSE(numeric(text)) << text;
  }
}

TEST(APasswdFile, TellsAUsersNumbers) {
  const auto root = find_user(kPasswd, "root");
  ASSERT_TRUE(root);
  EXPECT_EQ(root->uid, 0U);
  EXPECT_EQ(root->gid, 0U);
  const auto last = find_user(kPasswd, "last");
  ASSERT_TRUE(last);
  EXPECT_EQ(last->uid, 42U);
  EXPECT_EQ(last->gid, 43U);
  EXPECT_EQ(find_user(kPasswd, "rooty")->uid, 1U);
}

TEST(APasswdFile, IsReadPastMalformedLines) {
  EXPECT_EQ(find_user(kPasswd, "late")->gid, 8U);
  for (const char* name : {"broken", "minus", "none"}) EXPECT_FALSE(find_user(kPasswd, name)) << name;
}

TEST(APasswdFile, HasNoUserForWhatIsNoName) {
  for (const char* name : {"", "roo", "root:x", "root:x:0:0:root", "\n", "\nroot", "x", "0", "Root"}) {
    EXPECT_FALSE(find_user(kPasswd, name)) << name;
  }
  EXPECT_FALSE(find_user("", "root"));
  EXPECT_FALSE(find_user(":x:0:0::/:\n", ""));
}

TEST(AGroupFile, TellsAGroupsNumber) {
  EXPECT_EQ(find_group(kGroup, "root"), 0U);
  EXPECT_EQ(find_group(kGroup, "end"), 9U);
  for (const char* name : {"", "bad", "we", "web:x", "anna"}) EXPECT_FALSE(find_group(kGroup, name)) << name;
}

TEST(AGroupFile, TellsTheGroupsOfAMember) {
  Ids gids{1};
  add_groups_of(kGroup, "anna", gids);
  EXPECT_EQ(gids, (Ids{1, 33, 4, 9}));
  for (const char* nobody : {"", "ann2", "root", "x"}) {
    Ids none{1};
    add_groups_of(kGroup, nobody, none);
    EXPECT_EQ(none, (Ids{1})) << nobody;
  }
}

TEST(AListOfGroupNumbers, IsReadWithoutRepetitions) {
  Ids gids{5};
  add_group_numbers("anna                  5 6 6 x 4294967295 7\nother 8\n", gids);
  EXPECT_EQ(gids, (Ids{5, 6, 7}));
  add_group_numbers("anna", gids);
  add_group_numbers("", gids);
  EXPECT_EQ(gids, (Ids{5, 6, 7}));
}

TEST(ARandomPasswdFile, TellsTheFirstValidLineOfEachName) {
  std::mt19937 random(7);
  const auto one_of = [&random](std::size_t count) { return random() % count; };
  const std::string names[] = {"a", "aa", "ab", "b", "a-b", "", "0"};
  const std::string numbers[] = {"0", "1", "65534", "4294967294", "4294967295", "", "-1", "x", "0012"};
  for (int round = 0; round < 2'000; ++round) {
    std::string text;
    std::map<std::string, std::pair<Id, Id>> expected;
    for (std::size_t lines = one_of(6); lines > 0; --lines) {
      const std::string& name = names[one_of(std::size(names))];
      const std::string& uid = numbers[one_of(std::size(numbers))];
      const std::string& gid = numbers[one_of(std::size(numbers))];
      text += name + ":x:" + uid + ":" + gid + (one_of(2) == 0 ? "" : ":::") + "\n";
      const auto valid = [](const std::string& number) {
        return !number.empty() && number != "-1" && number != "x" && number != "4294967295";
      };
      if (!name.empty() && valid(uid) && valid(gid)) {
        expected.try_emplace(name, static_cast<Id>(std::stoul(uid)), static_cast<Id>(std::stoul(gid)));
      }
    }
    for (const std::string& name : names) {
      const auto user = find_user(text, name);
      const auto entry = expected.find(name);
      ASSERT_EQ(user.has_value(), entry != expected.end()) << text << name;
      if (user) {
        ASSERT_EQ(std::pair(user->uid, user->gid), entry->second) << text << name;
      }
    }
  }
}

}  // namespace
}  // namespace runvisor::core
