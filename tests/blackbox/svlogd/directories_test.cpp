// Opening log directories: missing and locked ones, several, and what a crash left in them.
#include <sys/file.h>

#include <regex>

#include <catch2/catch.hpp>

#include "log_scene.hpp"

using namespace runvisor::testing;

namespace {

const std::string kNone = "svlogd: fatal: no functional log directories.\n";

}  // namespace

SCENARIO_METHOD(LogScene, "without a log directory that works svlogd exits 111") {
  write_file(scratch / "plain", "");
  struct Case {
    std::string name;
    std::string complaint;
  };
  const Case sample = GENERATE(Case{"missing", "unable to open log directory: missing: file does not exist"},
                               Case{"", "unable to open log directory: : file does not exist"},
                               Case{"plain", "unable to change directory: plain: not a directory"});
  launch({sample.name});
  CHECK(svlogd->wait() == exited(111));
  CHECK(svlogd->err() == "svlogd: warning: " + sample.complaint + "\n" + kNone);
}

SCENARIO_METHOD(LogScene, "a log directory that svlogd may not use is left out (root)") {
  struct Case {
    unsigned mode;
    std::string complaint;
  };
  const Case sample = GENERATE(Case{0644, "unable to change directory: log: access denied"},
                               Case{0755, "unable to lock directory: log: access denied"});
  std::filesystem::permissions(scratch / "log", std::filesystem::perms(sample.mode));
  launch({"log"}, {.uid = kNobody});
  CHECK(svlogd->wait() == exited(111));
  CHECK(svlogd->err() == "svlogd: warning: " + sample.complaint + "\n" + kNone);
}

SCENARIO_METHOD(LogScene, "svlogd carries on with the directories that work") {
  directory("two");
  launch({"log", "missing", "two"});
  REQUIRE(say("one\n"));
  CHECK(finish() == exited(0));
  CHECK(svlogd->err() == "svlogd: warning: unable to open log directory: missing: file does not exist\n");
  CHECK(current() == "one\n");
  CHECK(current("two") == "one\n");
}

SCENARIO_METHOD(LogScene, "a locked log directory is left alone") {
  write_file(path("lock"), "", 0600);
  const int lock = ::open(path("lock").c_str(), O_RDWR | O_CLOEXEC);
  REQUIRE(::flock(lock, LOCK_EX | LOCK_NB) == 0);
  launch({"log"});
  CHECK(svlogd->wait() == exited(111));
  CHECK(svlogd->err() == "svlogd: warning: unable to lock directory: log: temporary failure\n" + kNone);
  CHECK(names() == Words{"lock"});
  ::close(lock);
}

SCENARIO_METHOD(LogScene, "svlogd locks its log directory as long as it lives") {
  start();
  Process second({program("svlogd"), "log"}, {.cwd = scratch.path()});
  CHECK(second.wait() == exited(111));
  CHECK(second.err() == "svlogd: warning: unable to lock directory: log: temporary failure\n" + kNone);
  REQUIRE(say("one\n"));
  CHECK(finish() == exited(0));
  CHECK(run({program("svlogd"), "log"}, {.cwd = scratch.path()}).ending == exited(0));
}

SCENARIO_METHOD(LogScene, "a directory named twice is used once") {
  launch({"log", "log"});
  REQUIRE(say("one\n"));
  CHECK(finish() == exited(0));
  CHECK(current() == "one\n");
  CHECK(svlogd->err() == "svlogd: warning: unable to lock directory: log: temporary failure\n");
}

SCENARIO_METHOD(LogScene, "a current that was closed cleanly is continued") {
  REQUIRE(feed("one\n").ending == exited(0));
  CHECK(run({program("svlogd"), "-v", "log"}, {.cwd = scratch.path()}).err ==
        "svlogd: info: append: log/current\nsvlogd: info: close: log\n");
  CHECK(current() == "one\n");
  CHECK(mode("current") == 0744);
}

SCENARIO_METHOD(LogScene, "a current that a crash left is kept as a file to be processed") {
  start();
  REQUIRE(say("one\n"));
  REQUIRE(logged("one\n"));
  svlogd->signal(SIGKILL);
  REQUIRE(svlogd->wait() == killed_by(SIGKILL));
  CHECK(mode("current") == 0644);
  launch({"-v", "log"});
  REQUIRE(say("two\n"));
  CHECK(finish() == exited(0));
  CHECK(svlogd->err() == "svlogd: info: new: log/current\nsvlogd: info: close: log\n");
  REQUIRE(rotated(".u").size() == 1);
  CHECK(contents(".u") == Words{"one\n"});
  CHECK(current() == "two\n");
}

SCENARIO_METHOD(LogScene, "an empty current that a crash left is continued") {
  write_file(path("current"), "", 0644);
  CHECK(feed("one\n", {"-v"}).err == "svlogd: info: append: log/current\nsvlogd: info: close: log\n");
  CHECK(names() == Words{"current", "lock"});
  CHECK(current() == "one\n");
}

SCENARIO_METHOD(LogScene, "files that a crash left are not removed before their time") {
  // A .u without processor is not counted, and a .t is nobody's.
  config("n2\n");
  write_file(path("@400000000000000000000001.u"), "u");
  write_file(path("@400000000000000000000002.t"), "t");
  start();
  REQUIRE(rotate("one\n", 1));
  CHECK(finish() == exited(0));
  CHECK(contents() == Words{"one\n"});
}

SCENARIO_METHOD(LogScene, "log directories may be named by any path") {
  // Generators outlive the fixture: they know no path.
  const int form = GENERATE(range(0, 5));
  const std::string inside = scratch / "log";
  const std::string argument =
      Words{inside, inside + "/", ".", "../log", "./log"}[static_cast<std::size_t>(form)];
  launch({"-v", argument}, {.cwd = form < 2 ? "/" : form < 4 ? inside : scratch.path().string()});
  REQUIRE(say("one\n"));
  CHECK(finish() == exited(0));
  CHECK(current() == "one\n");
  CHECK(svlogd->err() ==
        "svlogd: info: new: " + argument + "/current\nsvlogd: info: close: " + argument + "\n");
}

SCENARIO_METHOD(LogScene, "a log directory may be a symbolic link") {
  std::filesystem::create_directory_symlink("log", scratch / "link");
  launch({"link"});
  REQUIRE(say("one\n"));
  CHECK(finish() == exited(0));
  CHECK(current() == "one\n");
}

SCENARIO_METHOD(LogScene, "names with blanks, dashes and 255 bytes are names") {
  const std::string name =
      GENERATE(std::string("a b\nc"), std::string("log-t"), std::string(255, 'x'), std::string("\303\244"));
  directory(name);
  launch({name});
  REQUIRE(say("one\n"));
  CHECK(finish() == exited(0));
  CHECK(current(name) == "one\n");
}

SCENARIO_METHOD(LogScene, "many log directories are all written") {
  Words arguments;
  for (int i = 0; i < 100; ++i) {
    arguments.push_back("many" + std::to_string(i));
    directory(arguments.back());
    config("-*\n+*" + std::to_string(i) + "\n", arguments.back());
  }
  launch(arguments);
  std::string text;
  for (int i = 0; i < 100; ++i) text += "line " + std::to_string(i) + "\n";
  REQUIRE(say(text));
  CHECK(finish() == exited(0));
  for (int i = 10; i < 100; ++i) {
    CHECK(current("many" + std::to_string(i)).find("line " + std::to_string(i) + "\n") != std::string::npos);
  }
  CHECK(current("many10") == "line 10\n");
}

SCENARIO_METHOD(LogScene, "svlogd writes through a current that is a symbolic link") {
  std::filesystem::create_symlink("elsewhere", path("current"));
  CHECK(feed("one\n").ending == exited(0));
  CHECK(content("elsewhere") == "one\n");
}
