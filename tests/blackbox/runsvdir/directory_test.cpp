// What runsvdir makes of changes to its directory itself, and to the path that leads there.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "scanned_directory.hpp"

using namespace runvisor::testing;

namespace {

/// Puts a new symlink in the place of an old one, in one step.
void switch_link(const std::filesystem::path& link, const std::filesystem::path& target) {
  const std::filesystem::path fresh = link.string() + ".new";
  std::filesystem::create_symlink(target, fresh);
  std::filesystem::rename(fresh, link);
}

}  // namespace

SCENARIO_METHOD(ScannedDirectory, "runsvdir follows a directory replaced by a rename") {
  service("one");
  make(scratch / "next/two", Probe());
  start();
  const pid_t pid = running(scan / "one");
  REQUIRE(pid != 0);
  REQUIRE(::renameat2(AT_FDCWD, scan.c_str(), AT_FDCWD, (scratch / "next").c_str(), RENAME_EXCHANGE) == 0);
  CHECK(running(scan / "two", at_once()) != 0);
  CHECK(eventually([&] { return !alive(pid); }));
  add("three");
  CHECK(running(scan / "three", at_once()) != 0);
}

SCENARIO_METHOD(ScannedDirectory, "runsvdir keeps its services while the directory is missing") {
  service("one");
  start();
  const pid_t pid = running(scan / "one");
  REQUIRE(pid != 0);
  std::filesystem::rename(scan, scratch / "away");
  REQUIRE(complains(warning("unable to stat " + scan.string() + ": file does not exist")));
  CHECK(alive(pid));
  std::filesystem::rename(scratch / "away", scan);
  add("two");
  REQUIRE(running(scan / "two") != 0);
  CHECK(run_pid(scan / "one") == pid);
}

SCENARIO_METHOD(ScannedDirectory, "runsvdir takes up a directory that was removed and made anew") {
  service("one");
  start();
  const pid_t pid = running(scan / "one");
  REQUIRE(pid != 0);
  REQUIRE(remove_tree(scan));
  make(scratch / "fresh/two", Probe());
  std::filesystem::rename(scratch / "fresh", scan);
  CHECK(running(scan / "two") != 0);
  CHECK(eventually([&] { return !alive(pid); }));
  add("three");
  CHECK(running(scan / "three", at_once()) != 0);
}

SCENARIO_METHOD(ScannedDirectory, "runsvdir follows each hop of a chain of links to its directory") {
  // As Debian's: /etc/service -> runit/runsvdir/current -> default.
  make(scratch / "runit/runsvdir/default/one", Probe());
  make(scratch / "runit/runsvdir/single/two", Probe());
  make(scratch / "other/default/three", Probe());
  std::filesystem::create_symlink("default", scratch / "runit/runsvdir/current");
  std::filesystem::create_symlink("runit/runsvdir/current", scratch / "etc-service");
  start_with({(scratch / "etc-service").string()});
  const pid_t pid = running(scratch / "runit/runsvdir/default/one");
  REQUIRE(pid != 0);
  WHEN("the last hop is switched") {
    switch_link(scratch / "runit/runsvdir/current", "single");
    CHECK(running(scratch / "runit/runsvdir/single/two", at_once()) != 0);
    CHECK(eventually([&] { return !alive(pid); }));
    switch_link(scratch / "runit/runsvdir/current", "default");
    CHECK(running(scratch / "runit/runsvdir/default/one") != pid);
    CHECK(eventually([&] { return supervisor("one") != 0 && supervisor("two") == 0; }));
  }
  WHEN("the first hop is switched") {
    switch_link(scratch / "etc-service", "other/default");
    CHECK(running(scratch / "other/default/three", at_once()) != 0);
    CHECK(eventually([&] { return !alive(pid); }));
  }
  WHEN("a folder on the way is replaced") {
    std::filesystem::rename(scratch / "runit", scratch / "old-runit");
    make(scratch / "new-runit/runsvdir/current/four", Probe());
    std::filesystem::rename(scratch / "new-runit", scratch / "runit");
    CHECK(running(scratch / "runit/runsvdir/current/four") != 0);
    CHECK(eventually([&] { return !alive(pid); }));
  }
  WHEN("something is linked into the directory at the end") {
    prepared("later");
    std::filesystem::create_symlink(scratch / "sv/later", scratch / "runit/runsvdir/default/later");
    CHECK(running(scratch / "sv/later", at_once()) != 0);
    CHECK(alive(pid));
  }
}

SCENARIO_METHOD(ScannedDirectory, "runsvdir notices that a folder high above its directory was replaced") {
  make(scratch / "a/b/c/service/one", Probe());
  start_with({(scratch / "a/b/c/service").string()});
  const pid_t pid = running(scratch / "a/b/c/service/one");
  REQUIRE(pid != 0);
  make(scratch / "new/b/c/service/two", Probe());
  REQUIRE(::renameat2(AT_FDCWD, (scratch / "a").c_str(), AT_FDCWD, (scratch / "new").c_str(),
                      RENAME_EXCHANGE) == 0);
  CHECK(running(scratch / "a/b/c/service/two", at_once()) != 0);
  CHECK(eventually([&] { return !alive(pid); }));
}

SCENARIO_METHOD(ScannedDirectory, "runsvdir looks into a file system mounted over its directory (root)") {
  service("one");
  ServiceDir two = make(scratch / "mounted/two", Probe());
  start({.prepare = own_mounts});
  const pid_t pid = running(scan / "one");
  REQUIRE(pid != 0);
  REQUIRE(beside_runsvdir({"mount", "--bind", scratch / "mounted", scan}));
  CHECK(two.saw("./run start"));
  CHECK(eventually([&] { return !alive(pid); }));
}

SCENARIO_METHOD(ScannedDirectory, "runsvdir supervises services on tmpfs and overlayfs (root)") {
  const std::string kind = GENERATE(std::string("tmpfs"), std::string("overlay"));
  ServiceDir lower = make(scratch / "lower/one", Probe());
  std::filesystem::create_directory(scratch / "upper");
  const std::string options = "lowerdir=" + (scratch / "lower").string() +
                              ",upperdir=" + (scratch / "rw/upper").string() +
                              ",workdir=" + (scratch / "rw/work").string();
  const std::string mount =
      kind == "tmpfs"
          ? "mount -t tmpfs none service && cp -R lower/. service/"
          : "mkdir rw && mount -t tmpfs none rw && mkdir rw/upper rw/work && mount -t overlay none -o " +
                options + " service";
  runsvdir.emplace(
      std::vector<std::string>{"sh", "-ec", mount + " && exec " + program("runsvdir") + " service"},
      ProcessOptions{.cwd = scratch.path(), .environment = {{"PATH", search_path()}}, .prepare = own_mounts});
  INFO(runsvdir->err());
  REQUIRE(lower.saw("./run start"));
  REQUIRE(beside_runsvdir({"cp", "-R", scan / "one", scan / "two"}));
  CHECK(eventually([&] { return supervisor("two") != 0; }));
  REQUIRE(beside_runsvdir({"rm", "-r", scan / "one"}));
  CHECK(lower.saw("./run signal TERM"));
  CHECK(eventually([&] { return supervisor("one") == 0; }));
}
