// The file `config` as such: what is a line, what is left alone, what cannot be read.
#include <regex>

#include <catch2/catch.hpp>

#include "log_scene.hpp"
#include "may_become_another_user.hpp"

using namespace runvisor::testing;

SCENARIO_METHOD(LogScene, "comments, empty lines and unknown lines of config are left alone") {
  config("# a comment\n\n#s2000\nzebra\n s3000\n\tn1\nS2000\n");
  const Finished result = feed(numbered_lines(300, 10));
  CHECK(result.ending == exited(0));
  CHECK(result.err.empty());
  CHECK(rotated().empty());
  CHECK(current().size() == 3'000);
}

SCENARIO_METHOD(LogScene, "the last line of config needs no newline") {
  config("pfirst \ns2000\nplast ");
  CHECK(feed("one\n").ending == exited(0));
  CHECK(current() == "last one\n");
}

SCENARIO_METHOD(LogScene, "a config without content is read all the same") {
  config("");
  CHECK(feed("one\n", {"-v"}).err ==
        "svlogd: info: read: log/config\nsvlogd: info: new: log/current\nsvlogd: info: close: log\n");
  CHECK(current() == "one\n");
}

SCENARIO_METHOD(LogScene, "the last of several lines of a kind counts") {
  config("n5\nn2\npA \npB \ns5000\ns2000\n");
  CHECK(feed(numbered_lines(1'000, 10)).ending == exited(0));
  REQUIRE(rotated().size() == 2);
  CHECK(contents().front().starts_with("B 0"));
  CHECK(contents().front().size() == 1'008);
}

SCENARIO_METHOD(LogScene, "a config that is no file is warned about and left alone") {
  std::filesystem::create_directory(path("config"));
  CHECK(feed("one\n").err == "svlogd: warning: unable to read config: log: is a directory\n");
  CHECK(current() == "one\n");
}

SCENARIO_METHOD(LogScene, "a config that may not be read is warned about and left alone (root)") {
  std::filesystem::permissions(scratch / "log", std::filesystem::perms::all);
  write_file(path("config"), "pnever \n", 0600);
  start({}, {.uid = kNobody});
  REQUIRE(say("one\n"));
  CHECK(finish() == exited(0));
  CHECK(svlogd->err() == "svlogd: warning: unable to read config: log: access denied\n");
  CHECK(current() == "one\n");
}

SCENARIO_METHOD(LogScene, "a long config is read to its end") {
  std::string text;
  for (int i = 0; i < 2'000; ++i) text += "-no such line " + std::to_string(i) + "\n";
  config(text + "-drop*\n");
  CHECK(feed("no such line 0\nno such line 1999\ndrop\nkeep\n").ending == exited(0));
  CHECK(current() == "keep\n");
}

SCENARIO_METHOD(LogScene, "each log directory has its own config") {
  directory("two");
  directory("three");
  config("p1 \n");
  config("p2 \ns2000\n", "two");
  launch({"log", "two", "three"});
  REQUIRE(say(numbered_lines(150, 10)));
  CHECK(finish() == exited(0));
  CHECK(current().starts_with("1 00000000x"));
  CHECK(rotated().empty());
  CHECK(rotated(".s", "two").size() == 1);
  CHECK(current("three") == numbered_lines(150, 10));
}
