// What in the scan directory is a service, and what is not.
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "scanned_directory.hpp"

using namespace runvisor::testing;

SCENARIO_METHOD(ScannedDirectory, "runsvdir calls runsv by its bare name and that of the service") {
  service("one");
  start();
  REQUIRE(running(scan / "one") != 0);
  CHECK(command_line(supervisor("one")) == std::vector<std::string>{"runsv", "one"});
  CHECK(std::filesystem::read_symlink("/proc/" + std::to_string(supervisor("one")) + "/cwd") ==
        std::filesystem::canonical(scan / "one"));
}

SCENARIO_METHOD(ScannedDirectory, "runsvdir skips names that begin with a dot") {
  service(".hidden");
  service("...");
  prepared("linked");
  link("linked", ".linked");
  service("seen");
  start();
  REQUIRE(running(scan / "seen") != 0);
  CHECK(supervisors().size() == 1);
  // A name with a dot that comes later is skipped as well.
  link("linked", ".later");
  std::filesystem::rename(scan / ".hidden", scan / ".moved");
  link("linked", "later");
  REQUIRE(running(scan / "later", at_once()) != 0);
  CHECK(supervisors().size() == 2);
}

SCENARIO_METHOD(ScannedDirectory,
                "runsvdir starts a service whose name loses its dot and ends one that gets it") {
  service(".one");
  start();
  // Once this runs, runsvdir has looked.
  add("other");
  REQUIRE(running(scan / "other") != 0);
  std::filesystem::rename(scan / ".one", scan / "one");
  const pid_t pid = running(scan / "one", at_once());
  REQUIRE(pid != 0);
  std::filesystem::rename(scan / "one", scan / ".one");
  CHECK(eventually([&] { return !alive(pid) && supervisor("one") == 0; }, at_once()));
}

SCENARIO_METHOD(ScannedDirectory, "runsvdir passes over files, FIFOs and links to files") {
  write_file(scan / "file", "");
  write_file(scratch / "target", "");
  std::filesystem::create_symlink(scratch / "target", scan / "link-to-file");
  std::filesystem::create_symlink("/dev/null", scan / "link-to-device");
  REQUIRE(::mkfifo((scan / "fifo").c_str(), 0600) == 0);
  service("one");
  start();
  REQUIRE(running(scan / "one") != 0);
  write_file(scan / "later", "");
  add("two");
  REQUIRE(running(scan / "two", at_once()) != 0);
  CHECK(supervisors().size() == 2);
  CHECK(runsvdir->err().empty());
}

SCENARIO_METHOD(ScannedDirectory, "runsvdir says which links lead nowhere and starts the others") {
  std::filesystem::create_symlink("nowhere", scan / "dangling");
  std::filesystem::create_symlink("loop", scan / "loop");
  service("one");
  start();
  REQUIRE(running(scan / "one") != 0);
  CHECK(complains(warning("unable to stat dangling: file does not exist")));
  CHECK(complains(warning("unable to stat loop: symbolic link loop")));
  CHECK(supervisors().size() == 1);
}

SCENARIO_METHOD(ScannedDirectory, "runsvdir says so of a dangling link that comes later") {
  service("one");
  start();
  REQUIRE(running(scan / "one") != 0);
  std::filesystem::create_symlink(scratch / "sv/late", scan / "late");
  CHECK(complains(warning("unable to stat late: file does not exist"), at_once()));
}

SCENARIO_METHOD(ScannedDirectory, "runsvdir starts a dangling link once its target is there", "[fixed]") {
  std::filesystem::create_directory(scratch / "sv");
  link("late");
  start();
  REQUIRE(complains("unable to stat late"));
  make(scratch / "built", Probe());
  std::filesystem::rename(scratch / "built", scratch / "sv/late");
  CHECK(running(scan / "late", at_once()) != 0);
}

SCENARIO_METHOD(ScannedDirectory, "runsvdir starts one runsv for a directory with two names") {
  ServiceDir one = prepared("one");
  link("one", "a");
  link("one", "b");
  start();
  REQUIRE(running(scan / "a") != 0);
  link("one", "c");
  add("other");
  REQUIRE(running(scan / "other") != 0);
  CHECK(supervisors().size() == 2);
  CHECK(one.saw("./run start"));
  CHECK(one.count("./run start") == 1);
  CHECK(runsvdir->err().empty());
}

SCENARIO_METHOD(ScannedDirectory, "runsvdir keeps the runsv when one of two names goes") {
  prepared("one");
  link("one", "a");
  link("one", "b");
  start();
  const pid_t pid = running(scan / "a");
  REQUIRE(pid != 0);
  const std::string name = supervisor("a") != 0 ? "a" : "b";
  std::filesystem::remove(scan / name);
  add("other");
  REQUIRE(running(scan / "other") != 0);
  CHECK(alive(pid));
  CHECK(supervisor(name) != 0);
}

SCENARIO_METHOD(ScannedDirectory, "runsvdir supervises services with unusual names") {
  const std::string name =
      GENERATE(std::string("with space"), std::string("with\nnewline"), std::string("-n"), std::string("--"),
               std::string(255, 'l'), std::string("\xff\xfe'\"$(x)*"), std::string("~"), std::string("a.b"));
  service(name);
  prepared("behind");
  start();
  REQUIRE(running(scan / name) != 0);
  CHECK(supervisor(name) != 0);
  std::filesystem::rename(scan / name, scratch / "away");
  link("behind", name);
  CHECK(running(scan / name, at_once()) != 0);
  CHECK(runsvdir->err().empty());
}

SCENARIO_METHOD(ScannedDirectory, "runsvdir starts runsv for a directory without run as well") {
  std::filesystem::create_directory(scan / "empty");
  start();
  CHECK(complains("runsv empty: fatal: unable to start ./run: file does not exist\n"));
  CHECK(supervised(scan / "empty"));
  write_file(scan / "empty/run", "#!/bin/sh\nexec sleep 1000\n", 0755);
  CHECK(running(scan / "empty") != 0);
}

SCENARIO_METHOD(ScannedDirectory, "runsvdir supervises services with their log services") {
  ServiceDir one = service("one", Probe().prints("a line\n"));
  one.probe("log/run", Probe::copies_input_to(scratch / "logged"));
  start();
  REQUIRE(one.saw("log:./run start"));
  CHECK(eventually([&] { return read_file(scratch / "logged") == "a line\n"; }));
}

SCENARIO_METHOD(ScannedDirectory, "runsvdir supervises more than a thousand services", "[fixed]") {
  const int services = running_sanitized() ? 110 : 1'100;
  for (int i = 0; i < services; ++i) {
    std::filesystem::create_directory(scan / std::to_string(i));
    write_file(scan / std::to_string(i) / "down", "");
  }
  start();
  const auto up = [&] {
    for (int i = 0; i < services; ++i) {
      if (!supervised(scan / std::to_string(i))) return false;
    }
    return true;
  };
  CHECK(eventually(up, 60s));
  CHECK(runsvdir->err().empty());
  runsvdir->signal(SIGHUP);
  CHECK(runsvdir->wait() == exited(111));
  CHECK(eventually([&] { return descendants_of(::getpid()).empty(); }, 60s));
}
