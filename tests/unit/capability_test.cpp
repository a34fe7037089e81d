#include "core/capability.hpp"

#include <gtest/gtest.h>
#include <linux/capability.h>

#include <random>

namespace runvisor::core {
namespace {

constexpr CapabilitySet bit(unsigned capability) { return CapabilitySet{1} << capability; }

TEST(Capabilities, HaveTheKernelsNumbers) {
  EXPECT_EQ(kCapabilityNames[CAP_CHOWN], "chown");
  EXPECT_EQ(kCapabilityNames[CAP_SETPCAP], "setpcap");
  EXPECT_EQ(kCapabilityNames[CAP_NET_BIND_SERVICE], "net_bind_service");
  EXPECT_EQ(kCapabilityNames[CAP_SYS_ADMIN], "sys_admin");
  EXPECT_EQ(kCapabilityNames[CAP_SYS_RESOURCE], "sys_resource");
  EXPECT_EQ(kCapabilityNames[CAP_SETFCAP], "setfcap");
  EXPECT_EQ(kCapabilityNames[CAP_WAKE_ALARM], "wake_alarm");
  EXPECT_EQ(kCapabilityNames[CAP_CHECKPOINT_RESTORE], "checkpoint_restore");
  EXPECT_EQ(kCapabilityNames.size(), CAP_LAST_CAP + 1U);
}

TEST(Capabilities, AreReadInEitherCaseWithOrWithoutTheirPrefix) {
  for (const char* name : {"net_raw", "NET_RAW", "cap_net_raw", "CAP_NET_RAW", "Cap_Net_Raw"}) {
    EXPECT_EQ(parse_capabilities(name), bit(CAP_NET_RAW)) << name;
  }
  EXPECT_EQ(parse_capabilities("kill,cap_chown,kill"), bit(CAP_KILL) | bit(CAP_CHOWN));
  EXPECT_EQ(parse_capabilities(""), 0U);
}

TEST(Capabilities, AreRefusedIfAnyNameIsNone) {
  for (const char* names : {"nosuch", "kill,nosuch", ",", "kill,", ",kill", "kill,,chown", "cap_",
                            "cap_cap_kill", "kill chown", " kill", "5", "all"}) {
    EXPECT_EQ(parse_capabilities(names), std::nullopt) << names;
  }
}

TEST(Capabilities, AreReadAsTheyAreWritten) {
  std::mt19937_64 random(3);
  const CapabilitySet all = (CapabilitySet{1} << kCapabilityNames.size()) - 1;
  for (int i = 0; i < 2'000; ++i) {
    const CapabilitySet set = random() & random() & all;
    EXPECT_EQ(parse_capabilities(capability_names(set)), set);
  }
  EXPECT_EQ(capability_names(bit(63) | bit(0)), "chown,63");
}

}  // namespace
}  // namespace runvisor::core
