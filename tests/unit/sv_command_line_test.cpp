#include "cli/sv_command_line.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace runvisor::cli {
namespace {

using namespace std::chrono_literals;

using Words = std::vector<const char*>;

SvInvocation taken(const Words& words, const SvEnvironment& environment = {}) {
  return std::get<SvInvocation>(parse_sv(words, environment, "/etc/service"));
}

SvUsageError refused(const Words& words, const SvEnvironment& environment = {}) {
  return std::get<SvUsageError>(parse_sv(words, environment, "/etc/service"));
}

TEST(SvCommandLine, TakesACommandAndServices) {
  const SvInvocation invocation = taken({"/usr/bin/sv", "status", "./a", "-v"});
  EXPECT_EQ(invocation.caller, core::Caller::sv);
  EXPECT_EQ(invocation.request.word, "status");
  EXPECT_FALSE(invocation.reports);
  EXPECT_EQ(invocation.wait, kDefaultWait);
  EXPECT_EQ(invocation.service_directory, "/etc/service");
  ASSERT_EQ(invocation.services.size(), 2U);
  EXPECT_STREQ(invocation.services[0], "./a");
  EXPECT_STREQ(invocation.services[1], "-v");
}

TEST(SvCommandLine, ReportsWhenToldToOrWhenTheWordDoes) {
  EXPECT_FALSE(taken({"sv", "up", "a"}).reports);
  EXPECT_TRUE(taken({"sv", "-v", "up", "a"}).reports);
  EXPECT_TRUE(taken({"sv", "-w", "3", "up", "a"}).reports);
  EXPECT_TRUE(taken({"sv", "start", "a"}).reports);
  EXPECT_TRUE(taken({"sv", "check", "a"}).reports);
}

TEST(SvCommandLine, TakesItsWaitFromTheOptionThenFromTheEnvironment) {
  EXPECT_EQ(taken({"sv", "start", "a"}, {nullptr, "9"}).wait, 9s);
  EXPECT_EQ(taken({"sv", "-w3", "start", "a"}, {nullptr, "9"}).wait, 3s);
  EXPECT_EQ(taken({"sv", "-w1", "-w", "2", "start", "a"}).wait, 2s);
  EXPECT_FALSE(taken({"sv", "up", "a"}, {nullptr, "9"}).reports);
  EXPECT_EQ(taken({"sv", "up", "a"}, {nullptr, ""}).wait, 0s);
}

TEST(SvCommandLine, TakesTheServiceDirectoryFromTheEnvironment) {
  EXPECT_EQ(taken({"sv", "up", "a"}, {"/service", nullptr}).service_directory, "/service");
  EXPECT_EQ(taken({"sv", "up", "a"}, {"", nullptr}).service_directory, "");
}

TEST(SvCommandLine, RefusesWhatTheOriginalRefuses) {
  const std::string usage = "usage: sv [-v] [-w sec] command service ...\n\n";
  EXPECT_EQ(refused({"sv"}).text, usage);
  EXPECT_EQ(refused({"/bin/sv", "status"}).text, usage);
  EXPECT_EQ(refused({"sv", "foo", "a"}).text, usage);
  EXPECT_EQ(refused({"sv", "", "a"}).text, usage);
  EXPECT_EQ(refused({"sv", "--help"}).text, usage);
  EXPECT_EQ(refused({"sv", "-w"}).text, "sv: option requires an argument -- w\n" + usage);
  EXPECT_EQ(refused({"sv", "-x", "status", "a"}).text, "sv: illegal option -- x\n" + usage);
  EXPECT_EQ(refused({"sv"}).exit_status, 100);
  EXPECT_EQ(refused({}).exit_status, 100);
}

TEST(SvCommandLine, PrintsItsVersionBeforeTheUsage) {
  const std::string text = refused({"sv", "-V", "status", "a"}).text;
  EXPECT_TRUE(text.starts_with("runvisor ")) << text;
  EXPECT_TRUE(text.ends_with("\nusage: sv [-v] [-w sec] command service ...\n\n")) << text;
}

TEST(SvCommandLine, AnotherNameIsTheService) {
  const SvInvocation invocation = taken({"/etc/init.d/web", "stop", "ignored"});
  EXPECT_EQ(invocation.caller, core::Caller::init_script);
  ASSERT_EQ(invocation.services.size(), 1U);
  EXPECT_STREQ(invocation.services[0], "web");
  EXPECT_EQ(invocation.request.bytes, "d");
}

TEST(SvCommandLine, RefusesAnInitScriptsWrongUse) {
  EXPECT_EQ(refused({"/etc/init.d/web"}).text, "usage: web [-w sec] command\n\n");
  EXPECT_EQ(refused({"/etc/init.d/web", "stat"}).text, "usage: web [-w sec] command\n\n");
  EXPECT_EQ(refused({"web", "-x", "stop"}).text, "web: illegal option -- x\nusage: web [-w sec] command\n\n");
  EXPECT_EQ(refused({"web"}).exit_status, 2);
}

TEST(SvCommandLine, ReadsTheNumberAtTheBeginning) {
  for (const char* none : {"", "abc", "-1", "+1", " 1"}) EXPECT_EQ(parse_wait(none), 0s) << none;
  EXPECT_EQ(parse_wait("0x2"), 0s);
  EXPECT_EQ(parse_wait("1x"), 1s);
  EXPECT_EQ(parse_wait("1.5"), 1s);
  EXPECT_EQ(parse_wait("0031"), 31s);
  EXPECT_EQ(parse_wait("99999999999999999999999999999"), kLongestWait);
}

TEST(SvCommandLine, TellsPathsFromNames) {
  for (const char* path : {"/a", "./a", ".", "..", ".a", "a/", "a b/", ""})
    EXPECT_TRUE(is_path(path)) << path;
  for (const char* name : {"a", "a/log", "a.b", "-v", "a\n"}) EXPECT_FALSE(is_path(name)) << name;
}

TEST(SvExitStatus, CountsFailuresUpTo99) {
  EXPECT_EQ(exit_status(core::Caller::sv, 0), 0);
  EXPECT_EQ(exit_status(core::Caller::sv, 7), 7);
  EXPECT_EQ(exit_status(core::Caller::sv, 99), 99);
  EXPECT_EQ(exit_status(core::Caller::sv, 150), 99);
  EXPECT_EQ(exit_status(core::Caller::init_script, 0), 0);
  EXPECT_EQ(exit_status(core::Caller::init_script, 2), 1);
}

TEST(SvExitStatus, TellsUsageAndFatalErrorsByCaller) {
  EXPECT_EQ(usage_exit_status(core::Caller::sv), 100);
  EXPECT_EQ(usage_exit_status(core::Caller::init_script), 2);
  EXPECT_EQ(fatal_exit_status(core::Caller::sv), 100);
  EXPECT_EQ(fatal_exit_status(core::Caller::init_script), 151);
}

}  // namespace
}  // namespace runvisor::cli
