#include "sys/trust.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

namespace runvisor::sys {
namespace {

constexpr uid_t kOther = 4'000'000;

struct stat node(uid_t owner, gid_t group, mode_t mode) {
  struct stat made {};
  made.st_uid = owner;
  made.st_gid = group;
  made.st_mode = mode;
  return made;
}

TEST(Trust, IsForDirectoriesThatOnlyRootAndThisUserMayChange) {
  EXPECT_FALSE(is_untrusted(node(0, 0, S_IFDIR | 0755)));
  EXPECT_FALSE(is_untrusted(node(::geteuid(), kOther, S_IFDIR | 02750)));
  EXPECT_TRUE(is_untrusted(node(kOther, 0, S_IFDIR | 0700)));
  EXPECT_TRUE(is_untrusted(node(0, 0, S_IFDIR | 0775)));
  EXPECT_TRUE(is_untrusted(node(0, 0, S_IFDIR | 01777)));
}

TEST(Trust, LetsOthersShowOnlyWhatTheyCouldRead) {
  const auto theirs = node(kOther, kOther, S_IFDIR | 0755);
  EXPECT_TRUE(is_theirs(node(kOther, kOther, S_IFREG | 0600), theirs));
  EXPECT_TRUE(is_theirs(node(0, 0, S_IFREG | 0644), theirs));
  EXPECT_TRUE(is_theirs(node(0, kOther, S_IFREG | 0640), theirs));
  EXPECT_FALSE(is_theirs(node(0, 0, S_IFREG | 0640), theirs));
  EXPECT_FALSE(is_theirs(node(::geteuid(), 0, S_IFREG | 0600), theirs));
  EXPECT_FALSE(is_theirs(node(kOther, kOther, S_IFIFO | 0666), theirs));
  EXPECT_FALSE(is_theirs(node(kOther, kOther, S_IFCHR | 0666), theirs));
}

}  // namespace
}  // namespace runvisor::sys
