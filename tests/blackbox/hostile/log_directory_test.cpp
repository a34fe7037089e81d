// A log directory that has been given to a user, under a svlogd that runs as root.
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include <catch2/catch.hpp>

#include "neighbour.hpp"
#include "svlogd/log_scene.hpp"

using namespace runvisor::testing;

namespace {

struct GivenAway : LogScene {
  Neighbour neighbour{scratch};

  GivenAway() { Neighbour::give_directory(scratch / "log"); }
};

}  // namespace

SCENARIO_METHOD(GivenAway, "svlogd logs and rotates in a directory that belongs to another user (root)") {
  CHECK(feed("first\n").ending == exited(0));
  CHECK(current() == "first\n");
  CHECK(mode("current") == 0744);
}

SCENARIO_METHOD(GivenAway, "svlogd goes on with its own current in a directory of another user (root)") {
  write_file(path("current"), "first\n", 0744);
  CHECK(feed("second\n").ending == exited(0));
  CHECK(current() == "first\nsecond\n");
  CHECK(rotated().empty());
}

SCENARIO_METHOD(GivenAway, "a current that leads elsewhere is not followed where others may write (root)",
                "[fixed]") {
  const std::string kind = GENERATE(std::string("to nothing"), std::string("to a program"),
                                    std::string("hard link"), std::string("FIFO"));
  CAPTURE(kind);
  const std::filesystem::path target = scratch / "target";
  if (kind == "to nothing") std::filesystem::create_symlink(target, path("current"));
  if (kind == "to a program") {
    write_file(target, "#!/bin/sh\n", 0700);
    std::filesystem::create_symlink(target, path("current"));
  }
  if (kind == "hard link") std::filesystem::create_hard_link(neighbour.secret(), path("current"));
  if (kind == "FIFO") REQUIRE(::mkfifo(path("current").c_str(), 0600) == 0);
  const Finished result = feed("a line\n");
  CHECK(result.ending == exited(0));
  CHECK(current() == "a line\n");
  CHECK(std::filesystem::is_regular_file(std::filesystem::symlink_status(path("current"))));
  CHECK(neighbour.secret_is_untouched());
  if (kind == "to nothing") CHECK_FALSE(std::filesystem::exists(target));
  if (kind == "to a program") {
    CHECK(read_file(target) == "#!/bin/sh\n");
    CHECK(mode_of(target) == 0700);
  }
}

SCENARIO_METHOD(GivenAway, "a file of root's that was moved to current does not become readable (root)",
                "[fixed]") {
  // Sealed or not: svlogd would open it to all.
  std::filesystem::rename(neighbour.secret(), path("current"));
  REQUIRE(::chmod(path("current").c_str(), 0700) == 0);
  CHECK(feed("a line\n").ending == exited(0));
  CHECK(current() == "a line\n");
  REQUIRE(rotated().size() == 1);
  CHECK(mode(rotated()[0]) == 0700);
}

SCENARIO_METHOD(GivenAway, "a lock that leads elsewhere is refused where others may write (root)",
                "[fixed]") {
  std::filesystem::create_symlink(scratch / "target", path("lock"));
  launch({"log"});
  CHECK(svlogd->wait() == exited(111));
  CHECK(svlogd->err() ==
        "svlogd: warning: unable to lock directory: log: symbolic link loop\n"
        "svlogd: fatal: no functional log directories.\n");
  CHECK_FALSE(std::filesystem::exists(scratch / "target"));
}

SCENARIO_METHOD(GivenAway, "a config that others may write has no processor run as root (root)", "[fixed]") {
  config("!touch ran; cat\n");
  Neighbour::give(path("config"), 0644);
  start();
  CHECK(complains("svlogd: warning: processor not run, others may write there: log\n"));
  REQUIRE(rotate("a line\n", 1));
  CHECK(finish() == exited(0));
  CHECK_FALSE(exists("ran"));
}

SCENARIO_METHOD(GivenAway, "no secret gets into a log by way of a config that leads to it (root)",
                "[fixed]") {
  const std::string kind = GENERATE(std::string("symlink"), std::string("hard link"), std::string("moved"));
  CAPTURE(kind);
  if (kind == "symlink") std::filesystem::create_symlink(neighbour.secret(), path("config"));
  if (kind == "hard link") std::filesystem::create_hard_link(neighbour.secret(), path("config"));
  if (kind == "moved") std::filesystem::rename(neighbour.secret(), path("config"));
  const Finished result = feed("a line\n");
  CHECK(result.ending == exited(0));
  CHECK(result.err.find("unable to read config: log: ") != std::string::npos);
  // The secret's first character is the config's letter for a prefix.
  CHECK(current() == "a line\n");
}
