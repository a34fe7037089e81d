#include "cli/chpst_command_line.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <string>
#include <vector>

namespace runvisor::cli {
namespace {

using core::Resource;
using Words = std::vector<const char*>;

/// What a command line says, which stays where it is.
ChpstInvocation taken(const Words& words) {
  static std::deque<Words> all;
  const auto parsed = parse_chpst(all.emplace_back(words));
  if (const auto* error = std::get_if<ChpstUsageError>(&parsed)) {
    ADD_FAILURE() << error->text;
    return {};
  }
  return std::get<ChpstInvocation>(parsed);
}

std::string refused(const Words& words) {
  const auto parsed = parse_chpst(words);
  if (const auto* error = std::get_if<ChpstUsageError>(&parsed)) return error->text;
  ADD_FAILURE() << "taken";
  return {};
}

std::string usage(const std::string& name) {
  return "usage: " + name +
         " [-vVP012] [-u user[:group]] [-U user[:group]] [-b argv0] [-e dir] [-/ root] [-C pwd] [-n nice]"
         " [-l|-L lock] [-m n] [-d n] [-o n] [-p n] [-f n] [-c n] [-t n] prog\n\n";
}

constexpr const char* kSoftlimitUsage =
    "usage: softlimit [-a allbytes] [-c corebytes] [-d databytes] [-f filebytes] [-l lockbytes] [-m membytes]"
    " [-o openfiles] [-p processes] [-r residentbytes] [-s stackbytes] [-t cpusecs] child\n\n";

TEST(ChpstCommandLine, ChangesNothingUnlessToldTo) {
  const ChpstInvocation chpst = taken({"/usr/bin/chpst", "prog", "-u", "--umask"});
  ASSERT_EQ(chpst.program.size(), 3U);
  EXPECT_STREQ(chpst.program[0], "prog");
  EXPECT_STREQ(chpst.program[1], "-u");
  EXPECT_FALSE(chpst.verbose || chpst.new_session || chpst.all_groups || chpst.no_new_privileges);
  EXPECT_FALSE(chpst.account || chpst.environment_account || chpst.lock || chpst.nice);
  EXPECT_FALSE(chpst.file_mode_mask || chpst.oom_score || chpst.io_priority || chpst.scheduling);
  EXPECT_FALSE(chpst.capabilities || chpst.bounding_set);
  EXPECT_EQ(chpst.variables, nullptr);
  EXPECT_EQ(chpst.root, nullptr);
  EXPECT_EQ(chpst.directory, nullptr);
  EXPECT_EQ(chpst.argv0, nullptr);
  for (const Resource resource : core::kResources) {
    EXPECT_FALSE(chpst.limits[resource].soft || chpst.limits[resource].hard);
  }
}

TEST(ChpstCommandLine, TakesAllLetters) {
  const ChpstInvocation chpst =
      taken({"chpst", "-vP02", "-u",  "anna:web", "-U:1:2", "-b",  "name", "-e",   "env",
             "-/",    "root",  "-C",  "dir",      "-n",     "-5",  "-L",   "lock", "-d1",
             "-o2",   "-p3",   "-f4", "-c5",      "-r6",    "-t7", "--",   "-prog"});
  EXPECT_TRUE(chpst.verbose);
  EXPECT_TRUE(chpst.new_session);
  EXPECT_EQ(chpst.closes, (std::array<bool, 3>{true, false, true}));
  EXPECT_EQ(chpst.account->text, "anna:web");
  EXPECT_FALSE(chpst.account->is_plain_user);
  EXPECT_EQ(chpst.environment_account->text, ":1:2");
  EXPECT_STREQ(chpst.argv0, "name");
  EXPECT_STREQ(chpst.variables, "env");
  EXPECT_FALSE(chpst.variables_are_strict);
  EXPECT_STREQ(chpst.root, "root");
  EXPECT_STREQ(chpst.directory, "dir");
  EXPECT_EQ(chpst.nice, -5);
  EXPECT_STREQ(chpst.lock->file, "lock");
  EXPECT_FALSE(chpst.lock->waits);
  EXPECT_FALSE(chpst.lock->fails_silently);
  const Resource in_order[] = {Resource::data,      Resource::open_files, Resource::processes,
                               Resource::file_size, Resource::core_size,  Resource::resident_memory,
                               Resource::cpu_time};
  std::uint64_t number = 0;
  for (const Resource resource : in_order) EXPECT_EQ(chpst.limits[resource].soft, ++number);
  EXPECT_STREQ(chpst.program.front(), "-prog");
}

TEST(ChpstCommandLine, LimitsFourKindsOfMemoryAtOnce) {
  const ChpstInvocation chpst = taken({"chpst", "-d", "3", "-m", "9", "-o", "5:6", "prog"});
  for (const Resource memory :
       {Resource::data, Resource::stack, Resource::locked_memory, Resource::address_space}) {
    EXPECT_EQ(chpst.limits[memory].soft, 9U);
  }
  EXPECT_EQ(taken({"chpst", "-m", "9", "-d", "3", "prog"}).limits[Resource::data].soft, 3U);
  EXPECT_EQ(chpst.limits[Resource::open_files].hard, 6U);
}

TEST(ChpstCommandLine, TakesLongOptions) {
  const ChpstInvocation chpst = taken({"chpst", "--umask=027", "--oom", "-500", "--io-scheduler", "idle",
                                       "--cpu-scheduler=batch", "--caps-keep", "kill", "--cap-bs-drop=chown",
                                       "--no-new-privs", "--init-groups", "-u", "anna", "prog"});
  EXPECT_EQ(chpst.file_mode_mask, 027U);
  EXPECT_EQ(chpst.oom_score, -500);
  EXPECT_EQ(chpst.io_priority->io_class, IoPriority::Class::idle);
  EXPECT_EQ(chpst.scheduling->policy, Scheduling::Policy::batch);
  EXPECT_TRUE(chpst.capabilities->keeps);
  EXPECT_EQ(chpst.capabilities->set, core::parse_capabilities("kill"));
  EXPECT_FALSE(chpst.bounding_set->keeps);
  EXPECT_EQ(chpst.bounding_set->set, core::parse_capabilities("chown"));
  EXPECT_TRUE(chpst.no_new_privileges);
  EXPECT_TRUE(chpst.all_groups);
  EXPECT_FALSE(taken({"chpst", "--caps-drop=", "prog"}).capabilities->keeps);
  EXPECT_TRUE(taken({"chpst", "--caps-bs-keep=", "prog"}).bounding_set->keeps);
}

TEST(ChpstCommandLine, NeedsAProgram) {
  for (const Words& words : std::vector<Words>{{"chpst"}, {"chpst", "-v"}, {"chpst", "-v", "--"}, {}}) {
    EXPECT_EQ(refused(words), usage("chpst"));
  }
}

TEST(ChpstCommandLine, RefusesWhatItDoesNotKnow) {
  EXPECT_EQ(refused({"/bin/chpst", "-x", "prog"}), "chpst: illegal option -- x\n" + usage("chpst"));
  EXPECT_EQ(refused({"chpst", "--nosuch", "prog"}), "chpst: illegal option -- nosuch\n" + usage("chpst"));
  EXPECT_EQ(refused({"chpst", "--uma=022", "prog"}), "chpst: illegal option -- uma\n" + usage("chpst"));
  EXPECT_EQ(refused({"chpst", "-\1", "prog"}), "chpst: illegal option -- \1\n" + usage("chpst"));
  EXPECT_EQ(refused({"chpst", "-u"}), "chpst: option requires an argument -- u\n" + usage("chpst"));
  EXPECT_EQ(refused({"chpst", "--umask"}), "chpst: option requires an argument -- umask\n" + usage("chpst"));
  EXPECT_EQ(refused({"chpst", "--no-new-privs=1", "prog"}),
            "chpst: option takes no argument -- no-new-privs\n" + usage("chpst"));
}

TEST(ChpstCommandLine, RefusesWrongArguments) {
  EXPECT_EQ(refused({"chpst", "-n", "3x", "prog"}), usage("chpst"));
  EXPECT_EQ(refused({"chpst", "-o", "-1", "prog"}), usage("chpst"));
  EXPECT_EQ(refused({"chpst", "--umask=9", "prog"}), "chpst: invalid argument -- umask\n" + usage("chpst"));
  EXPECT_EQ(refused({"dname", "--oom=2000", "prog"}), "dname: invalid argument -- oom\n" + usage("name"));
}

TEST(ChpstCommandLine, RefusesWhatDoesNotGoTogether) {
  EXPECT_EQ(refused({"chpst", "-l", "a", "-L", "b", "prog"}), usage("chpst"));
  EXPECT_EQ(refused({"chpst", "-l", "a", "-l", "b", "prog"}), usage("chpst"));
  EXPECT_EQ(refused({"chpst", "--init-groups", "prog"}), usage("chpst"));
  EXPECT_EQ(refused({"chpst", "--init-groups", "-u", ":1:2", "prog"}), usage("chpst"));
  EXPECT_EQ(refused({"chpst", "--caps-keep=kill", "--caps-drop=kill", "prog"}),
            "chpst: invalid argument -- caps-drop\n" + usage("chpst"));
  EXPECT_EQ(refused({"chpst", "--cap-bs-drop=kill", "--caps-bs-drop=kill", "prog"}),
            "chpst: invalid argument -- caps-bs-drop\n" + usage("chpst"));
}

TEST(ChpstCommandLine, PrintsItsVersionBeforeTheUsage) {
  const std::string text = refused({"chpst", "-vV", "prog"});
  EXPECT_TRUE(text.starts_with("runvisor ")) << text;
  EXPECT_TRUE(text.ends_with("\n" + usage("chpst"))) << text;
}

TEST(ChpstsOtherNames, ChangeOneThingEach) {
  EXPECT_TRUE(taken({"pgrphack", "-x"}).new_session);
  const ChpstInvocation envdir = taken({"/usr/bin/envdir", "-d", "prog", "arg"});
  EXPECT_STREQ(envdir.variables, "-d");
  EXPECT_TRUE(envdir.variables_are_strict);
  EXPECT_EQ(envdir.program.size(), 2U);
  const ChpstInvocation setuidgid = taken({"setuidgid", "anna:web", "prog"});
  EXPECT_EQ(setuidgid.account->text, "anna:web");
  EXPECT_TRUE(setuidgid.account->is_plain_user);
  EXPECT_FALSE(setuidgid.environment_account);
  EXPECT_EQ(taken({"envuidgid", "anna", "prog"}).environment_account->text, "anna");
}

TEST(ChpstsOtherNames, MayHaveADInFront) {
  EXPECT_STREQ(taken({"denvdir", "d", "prog"}).variables, "d");
  EXPECT_TRUE(taken({"dpgrphack", "prog"}).new_session);
  EXPECT_EQ(taken({"dsetuidgid", "anna", "prog"}).account->text, "anna");
  EXPECT_EQ(refused({"ddenvdir"}).substr(0, 15), "usage: denvdir ");
}

TEST(ChpstsOtherNames, HaveUsagesOfTheirOwn) {
  EXPECT_EQ(refused({"envdir", "d"}), "usage: envdir dir child\n\n");
  EXPECT_EQ(refused({"denvuidgid", "anna"}), "usage: envuidgid account child\n\n");
  EXPECT_EQ(refused({"setuidgid"}), "usage: setuidgid account child\n\n");
  EXPECT_EQ(refused({"pgrphack"}), "usage: pgrphack child\n\n");
  EXPECT_EQ(refused({"setlock", "f"}), "usage: setlock [ -nNxX ] file program [ arg ... ]\n\n");
  EXPECT_EQ(refused({"softlimit"}), kSoftlimitUsage);
}

TEST(Setlock, WaitsOnlyIfToldTo) {
  const auto lock = [](const Words& options) {
    Words words{"setlock"};
    words.insert(words.end(), options.begin(), options.end());
    words.insert(words.end(), {"file", "prog"});
    const ChpstInvocation invocation = taken(words);
    EXPECT_STREQ(invocation.lock->file, "file");
    return std::pair{invocation.lock->waits, invocation.lock->fails_silently};
  };
  EXPECT_EQ(lock({}), std::pair(false, false));
  EXPECT_EQ(lock({"-n"}), std::pair(true, false));
  EXPECT_EQ(lock({"-nN"}), std::pair(false, false));
  EXPECT_EQ(lock({"-Nn"}), std::pair(true, false));
  EXPECT_EQ(lock({"-x"}), std::pair(false, true));
  EXPECT_EQ(lock({"-x", "-X"}), std::pair(false, false));
  EXPECT_EQ(lock({"--anything"}), std::pair(false, false));
  EXPECT_EQ(refused({"dsetlock", "-q"}).substr(0, 31), "dsetlock: illegal option -- q\nu");
}

TEST(Softlimit, HasLettersOfItsOwn) {
  const ChpstInvocation invocation = taken({"softlimit", "-m", "1", "-a", "2", "-l", "3", "-s", "=", "prog"});
  EXPECT_EQ(invocation.limits[Resource::data].soft, 1U);
  EXPECT_EQ(invocation.limits[Resource::address_space].soft, 2U);
  EXPECT_EQ(invocation.limits[Resource::locked_memory].soft, 3U);
  EXPECT_EQ(invocation.limits[Resource::stack].soft, core::kUnlimited);
  EXPECT_FALSE(invocation.limits[Resource::stack].hard);
}

TEST(Softlimit, AnswersABadNumberWithTheUsageOfChpst) {
  EXPECT_EQ(refused({"softlimit", "-o", "3x", "prog"}), usage("softlimit"));
  EXPECT_EQ(refused({"softlimit", "-u", "anna", "prog"}),
            std::string{"softlimit: illegal option -- u\n"} + kSoftlimitUsage);
}

}  // namespace
}  // namespace runvisor::cli
