// How runsvdir is called, and what it does with a scan directory that it cannot read.
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "may_become_another_user.hpp"
#include "scanned_directory.hpp"

using namespace runvisor::testing;

SCENARIO("runsvdir called without a directory prints its usage and exits 1") {
  const std::vector<std::string> options =
      GENERATE(std::vector<std::string>{}, std::vector<std::string>{"-P"}, std::vector<std::string>{"--"},
               std::vector<std::string>{"-Pxyz"});
  std::vector<std::string> argv{program("runsvdir")};
  argv.insert(argv.end(), options.begin(), options.end());
  const Finished result = run(argv, {.called_as = "some-name"});
  CHECK(result.ending == exited(1));
  CHECK(result.err == "usage: some-name [-P] dir\n\n");
  CHECK(result.out.empty());
}

SCENARIO_METHOD(ScannedDirectory, "runsvdir starts a runsv for each subdirectory and each symlink to one") {
  service("one");
  service("two");
  prepared("three");
  link("three", "linked");
  start();
  CHECK(running(scan / "one") != 0);
  CHECK(running(scan / "two") != 0);
  CHECK(running(scan / "linked") != 0);
  CHECK(supervisors().size() == 3);
  CHECK(runsvdir->err().empty());
}

SCENARIO_METHOD(ScannedDirectory,
                "runsvdir takes --, or anything that begins so, as the end of its options") {
  service("one");
  start_with({GENERATE(std::string("--"), std::string("--help")), scan.string()});
  CHECK(running(scan / "one") != 0);
}

SCENARIO_METHOD(ScannedDirectory, "runsvdir looks at no second option") {
  ServiceDir odd = make(scratch / "-P" / "one", Probe());
  start_with({GENERATE(std::string("-P"), std::string("--")), "-P"}, {.cwd = scratch.path()});
  CHECK(running(odd.path()) != 0);
}

SCENARIO_METHOD(ScannedDirectory, "runsvdir takes any other leading dash for a directory's name") {
  const std::string name = GENERATE(std::string("-"), std::string("-x"), std::string("-v"));
  ServiceDir odd = make(scratch / name / "one", Probe());
  start_with({name}, {.cwd = scratch.path()});
  CHECK(running(odd.path()) != 0);
}

SCENARIO_METHOD(ScannedDirectory, "runsvdir ignores arguments after the log") {
  service("one");
  start_with({scan.string(), "log: ............", "more", "and more"});
  CHECK(running(scan / "one") != 0);
}

SCENARIO_METHOD(ScannedDirectory, "runsvdir takes its directory in every spelling") {
  service("one");
  const std::string spelling =
      GENERATE(std::string("service"), std::string("service/"), std::string("./service//"),
               std::string("service/."), std::string("service/../service"));
  start_with({spelling}, {.cwd = scratch.path()});
  REQUIRE(running(scan / "one") != 0);
  add("two");
  CHECK(running(scan / "two", at_once()) != 0);
}

SCENARIO_METHOD(ScannedDirectory, "runsvdir supervises its working directory") {
  service("one");
  start_with({GENERATE(std::string("."), std::string("./"), std::string("../service"))}, {.cwd = scan});
  REQUIRE(running(scan / "one") != 0);
  add("two");
  CHECK(running(scan / "two", at_once()) != 0);
  std::filesystem::remove(scan / "two");
  CHECK(eventually([&] { return supervisor("two") == 0; }, at_once()));
}

SCENARIO_METHOD(ScannedDirectory, "runsvdir supervises an empty directory until something comes") {
  start();
  add("one");
  CHECK(running(scan / "one", at_once()) != 0);
  CHECK(runsvdir->err().empty());
}

SCENARIO_METHOD(ScannedDirectory, "runsvdir waits for a missing directory") {
  std::filesystem::remove(scan);
  start();
  REQUIRE(complains(warning("unable to stat " + scan.string() + ": file does not exist")));
  prepared("one");
  std::filesystem::create_directory(scratch / "new");
  std::filesystem::create_symlink(scratch / "sv/one", scratch / "new/one");
  std::filesystem::rename(scratch / "new", scan);
  CHECK(running(scan / "one", at_once()) != 0);
}

SCENARIO_METHOD(ScannedDirectory, "runsvdir waits for a directory whose parents are missing") {
  const std::filesystem::path deep = scratch / "a/b/service";
  start_with({deep.string()});
  REQUIRE(complains("runsvdir " + deep.string() + ": warning: unable to stat " + deep.string() +
                    ": file does not exist\n"));
  ServiceDir one = make(scratch / "new/b/service/one", Probe());
  std::filesystem::rename(scratch / "new", scratch / "a");
  CHECK(running(deep / "one") != 0);
}

SCENARIO_METHOD(ScannedDirectory, "runsvdir takes an empty name for a directory that does not exist") {
  start_with({""});
  CHECK(complains("runsvdir : warning: unable to stat : file does not exist\n"));
  CHECK(runsvdir->running());
}

SCENARIO_METHOD(ScannedDirectory, "runsvdir waits until a plain file has become a directory") {
  std::filesystem::remove(scan);
  write_file(scan, "");
  start();
  REQUIRE(complains(warning("unable to change directory to " + scan.string() + ": not a directory")));
  std::filesystem::remove(scan);
  service("one");
  CHECK(running(scan / "one") != 0);
}

SCENARIO_METHOD(ScannedDirectory, "runsvdir says of a symlink that leads to itself what is wrong") {
  std::filesystem::remove(scan);
  std::filesystem::create_symlink("service", scan);
  start();
  CHECK(complains(warning("unable to stat " + scan.string() + ": symbolic link loop")));
  CHECK(runsvdir->running());
}

SCENARIO_METHOD(ScannedDirectory, "runsvdir waits until it may read its directory") {
  if (!may_become_another_user()) return;
  struct Case {
    mode_t mode;
    const char* step;
  };
  const auto given =
      GENERATE(Case{0000, "unable to change directory to "}, Case{0644, "unable to change directory to "},
               Case{0711, "unable to open directory "});
  service("one").probe("run", Probe());
  std::filesystem::permissions(scan / "one", std::filesystem::perms::all);
  ::chmod(scratch.path().c_str(), 0777);
  ::chmod(scan.c_str(), given.mode);
  start({.uid = kNobody});
  REQUIRE(complains(warning(given.step + scan.string() + ": access denied")));
  CHECK(supervisors().empty());
  // The original tries no more once it has got as far as this.
  if (running_as_original() && given.mode == 0711) return;
  ::chmod(scan.c_str(), 0755);
  CHECK(running(scan / "one") != 0);
}

SCENARIO_METHOD(ScannedDirectory,
                "runsvdir keeps its supervisors when it may not look at their directory any more") {
  if (!may_become_another_user()) return;
  const mode_t mode = GENERATE(mode_t{0000}, mode_t{0644}, mode_t{0711});
  service("one").probe("run", Probe());
  std::filesystem::permissions(scan / "one", std::filesystem::perms::all);
  ::chmod(scratch.path().c_str(), 0777);
  start({.uid = kNobody});
  const pid_t pid = running(scan / "one");
  REQUIRE(pid != 0);
  ::chmod(scan.c_str(), mode);
  std::filesystem::permissions(prepared("two").path(), std::filesystem::perms::all);
  link("two");
  runsvdir->signal(SIGALRM);
  REQUIRE(complains(": access denied\n"));
  CHECK(alive(pid));
  CHECK(supervisor("one") != 0);
  ::chmod(scan.c_str(), 0755);
  runsvdir->signal(SIGALRM);
  CHECK(eventually([&] { return supervisor("two") != 0; }));
  CHECK(run_pid(scan / "one") == pid);
}

SCENARIO_METHOD(ScannedDirectory, "runsvdir complains once, not every second, of a missing directory",
                "[fixed]") {
  std::filesystem::remove(scan);
  start();
  const std::string complaint = warning("unable to stat " + scan.string() + ": file does not exist");
  REQUIRE(complains(complaint));
  CHECK(stays([&] { return runsvdir->err() == complaint; }, 2500ms));
}
