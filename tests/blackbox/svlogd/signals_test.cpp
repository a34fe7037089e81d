// TERM, HUP and ALRM, and the end of the input.
#include <sys/wait.h>

#include <regex>

#include <catch2/catch.hpp>

#include "log_scene.hpp"

using namespace runvisor::testing;

SCENARIO_METHOD(LogScene, "at the end of its input svlogd closes current and exits 0") {
  CHECK(feed("one\n", {"-v"}).ending == exited(0));
  CHECK(svlogd->err() == "svlogd: info: new: log/current\nsvlogd: info: close: log\n");
  CHECK(mode("current") == 0744);
}

SCENARIO_METHOD(LogScene, "at the end of its input svlogd writes all that is still in the pipe") {
  start();
  svlogd->signal(SIGSTOP);
  const std::string text = numbered_lines(600, 100);
  REQUIRE(say(text));
  close_input();
  svlogd->signal(SIGCONT);
  CHECK(finish() == exited(0));
  const bool complete = current() == text;
  CHECK(complete);
}

SCENARIO_METHOD(LogScene, "a last line without newline is logged as a line", "[fixed]") {
  struct Case {
    Words options;
    std::string expected;
  };
  const Case sample = GENERATE(Case{{}, "one\ntwo\n"}, Case{{"-r", "_", "-R", "w"}, "one\nt_o\n"});
  CHECK(feed("one\ntwo", sample.options).ending == exited(0));
  CHECK(current() == sample.expected);
}

SCENARIO_METHOD(LogScene, "a last line without newline gets stamp and prefix, and goes through the patterns",
                "[fixed]") {
  config("pP \n-drop\ne*two\n");
  directory("other");
  config("-*two*\n", "other");
  launch({"-tt", "log", "other"});
  REQUIRE(say("drop\ntwo"));
  CHECK(finish() == exited(0));
  const std::string written = current();
  CHECK(std::regex_match(written, std::regex(".{25} P two\n")));
  CHECK(svlogd->err() == written);
  const std::string other = current("other");
  CHECK(std::regex_match(other, std::regex(".{25} drop\n")));
}

SCENARIO_METHOD(LogScene, "a last line without newline that exceeds len is logged as a line") {
  const std::string text = "one\n" + std::string(5'000, 'x');
  CHECK(feed(text).ending == exited(0));
  const bool complete = current() == text + "\n";
  CHECK(complete);
}

SCENARIO_METHOD(LogScene, "no newline is added where none is missing") {
  CHECK(feed("").ending == exited(0));
  CHECK(current().empty());
  CHECK(exists("lock"));
}

SCENARIO_METHOD(LogScene, "on TERM svlogd ends, its input still open") {
  start({"-v"});
  REQUIRE(say("one\n"));
  REQUIRE(logged("one\n"));
  tell(SIGTERM);
  CHECK(svlogd->wait() == exited(0));
  CHECK(svlogd->err() ==
        "svlogd: info: new: log/current\nsvlogd: info: sigterm received.\nsvlogd: info: close: log\n");
  CHECK(current() == "one\n");
  CHECK(mode("current") == 0744);
}

SCENARIO_METHOD(LogScene, "what svlogd has not read on TERM is the next one's") {
  start();
  REQUIRE(say("one\n"));
  REQUIRE(logged("one\n"));
  tell(SIGTERM);
  REQUIRE(svlogd->wait() == exited(0));
  REQUIRE(say("two\nthree\n"));
  start();
  CHECK(finish() == exited(0));
  CHECK(current() == "one\ntwo\nthree\n");
}

SCENARIO_METHOD(LogScene, "between two svlogds on one pipe no line is lost, doubled or reordered") {
  // TERM comes while the pipe holds many lines, of which the first svlogd may have read any part.
  const std::string text = numbered_lines(3'000, 20);
  start();
  svlogd->signal(SIGSTOP);
  REQUIRE(say(text));
  svlogd->signal(SIGTERM);
  svlogd->signal(SIGCONT);
  REQUIRE(svlogd->wait() == exited(0));
  const std::string first = current();
  CHECK(first.ends_with('\n') == !first.empty());
  // The original loses the line in which its read ended.
  start();
  CHECK(finish() == exited(0));
  const std::string lines_there = current();
  const std::size_t lost = (text.size() - lines_there.size()) / 20;
  CHECK(lost <= 1);
  CHECK(lines_there.ends_with("\n"));
  CHECK(text.starts_with(first));
  const bool rest = text.ends_with(lines_there.substr(first.size()));
  CHECK(rest);
}

SCENARIO_METHOD(LogScene, "on TERM no line that was read is lost", "[fixed]") {
  const std::string text = numbered_lines(3'000, 20);
  start();
  svlogd->signal(SIGSTOP);
  REQUIRE(say(text));
  svlogd->signal(SIGTERM);
  svlogd->signal(SIGCONT);
  REQUIRE(svlogd->wait() == exited(0));
  CHECK(current().size() % 20 == 0);
  start();
  CHECK(finish() == exited(0));
  const bool complete = current() == text;
  CHECK(complete);
}

SCENARIO_METHOD(LogScene, "a line that TERM finds half written in the pipe is logged whole", "[fixed]") {
  start();
  REQUIRE(say("one\ntw"));
  REQUIRE(logged("one\n"));
  svlogd->signal(SIGSTOP);
  REQUIRE(say("o\nthree\n"));
  svlogd->signal(SIGTERM);
  svlogd->signal(SIGCONT);
  REQUIRE(svlogd->wait() == exited(0));
  start();
  CHECK(finish() == exited(0));
  CHECK(current() == "one\ntwo\nthree\n");
}

SCENARIO_METHOD(LogScene, "the beginning of a line that is never finished is logged after TERM", "[fixed]") {
  start();
  REQUIRE(say("one\nunfini"));
  REQUIRE(logged("one\n"));
  REQUIRE(heard());
  svlogd->signal(SIGTERM);
  CHECK(finish() == exited(0));
  CHECK(current() == "one\nunfini\n");
  CHECK(mode("current") == 0744);
}

SCENARIO_METHOD(LogScene, "ALRM rotates") {
  start({"-v"});
  REQUIRE(say("one\n"));
  REQUIRE(logged("one\n"));
  tell(SIGALRM);
  REQUIRE(files(1));
  REQUIRE(say("two\n"));
  REQUIRE(logged("two\n"));
  CHECK(finish() == exited(0));
  CHECK(contents() == Words{"one\n"});
  CHECK(
      svlogd->err() ==
      "svlogd: info: new: log/current\nsvlogd: info: sigalarm received.\nsvlogd: info: rename: log/current " +
          rotated().front() + " 4\nsvlogd: info: close: log\n");
}

SCENARIO_METHOD(LogScene, "ALRM does not rotate an empty current") {
  start({"-v"});
  tell(SIGALRM);
  REQUIRE(complains("sigalarm received.\n"));
  REQUIRE(say("one\n"));
  REQUIRE(logged("one\n"));
  CHECK(finish() == exited(0));
  CHECK(rotated().empty());
}

SCENARIO_METHOD(LogScene, "ALRM rotates every log directory") {
  directory("two");
  directory("filtered");
  config("-*\n", "filtered");
  launch({"log", "two", "filtered"});
  REQUIRE(say("one\n"));
  REQUIRE(logged("one\n", "two"));
  REQUIRE(logged("one\n"));
  tell(SIGALRM);
  CHECK(files(1));
  CHECK(files(1, ".s", "two"));
  CHECK(finish() == exited(0));
  CHECK(rotated(".s", "filtered").empty());
}

SCENARIO_METHOD(LogScene, "ALRM in the middle of a line leaves the line in one piece") {
  start();
  REQUIRE(say("one\nto and"));
  REQUIRE(logged("one\n"));
  tell(SIGALRM);
  REQUIRE(files(1));
  REQUIRE(say(" fro\n"));
  CHECK(finish() == exited(0));
  CHECK(contents() == Words{"one\n"});
  CHECK(current() == "to and fro\n");
}

SCENARIO_METHOD(LogScene, "HUP has config read again") {
  config("pA \nn1\n");
  start({"-v"});
  REQUIRE(say("one\n"));
  REQUIRE(logged("A one\n"));
  config("pB \n-x*\n");
  tell(SIGHUP);
  REQUIRE(complains("append: log/current\n"));
  REQUIRE(say("two\nx\n"));
  REQUIRE(logged("A one\nB two\n"));
  // What is no longer said is as if it had never been.
  std::filesystem::remove(path("config"));
  tell(SIGHUP);
  REQUIRE(eventually([&] {
    return mode("current") == 0644 &&
           svlogd->err().ends_with("close: log\nsvlogd: info: append: log/current\n");
  }));
  REQUIRE(say("three\nx\n"));
  CHECK(finish() == exited(0));
  CHECK(current() == "A one\nB two\nthree\nx\n");
  CHECK(svlogd->err() ==
        "svlogd: info: read: log/config\nsvlogd: info: new: log/current\n"
        "svlogd: info: sighangup received.\nsvlogd: info: close: log\n"
        "svlogd: info: read: log/config\nsvlogd: info: append: log/current\n"
        "svlogd: info: sighangup received.\nsvlogd: info: close: log\nsvlogd: info: append: log/current\n"
        "svlogd: info: close: log\n");
}

SCENARIO_METHOD(LogScene, "HUP has a current opened that was moved away") {
  start({"-v"});
  REQUIRE(say("one\n"));
  REQUIRE(logged("one\n"));
  std::filesystem::rename(path("current"), path("moved"));
  tell(SIGHUP);
  REQUIRE(eventually([&] { return exists("current"); }));
  REQUIRE(say("two\n"));
  CHECK(finish() == exited(0));
  CHECK(current() == "two\n");
  CHECK(content("moved") == "one\n");
  CHECK(mode("moved") == 0744);
}

SCENARIO_METHOD(LogScene, "HUP in the middle of a line leaves the line in one piece") {
  start({"-v"});
  REQUIRE(say("to and"));
  REQUIRE(heard());
  tell(SIGHUP);
  REQUIRE(complains("append: log/current\n"));
  REQUIRE(say(" fro\n"));
  CHECK(finish() == exited(0));
  CHECK(current() == "to and fro\n");
}

SCENARIO_METHOD(LogScene,
                "after HUP a directory that has gone is left out, and one that is back is used again") {
  directory("two");
  launch({"-v", "log", "two"});
  REQUIRE(say("one\n"));
  REQUIRE(logged("one\n"));
  REQUIRE(logged("one\n", "two"));
  std::filesystem::rename(scratch / "two", scratch / "away");
  tell(SIGHUP);
  REQUIRE(complains("svlogd: warning: unable to open log directory: two: file does not exist\n"));
  REQUIRE(say("two\n"));
  REQUIRE(logged("one\ntwo\n"));
  std::filesystem::rename(scratch / "away", scratch / "two");
  tell(SIGHUP);
  REQUIRE(complains("append: two/current\n"));
  REQUIRE(say("three\n"));
  CHECK(finish() == exited(0));
  CHECK(current() == "one\ntwo\nthree\n");
  CHECK(current("two") == "one\nthree\n");
}

SCENARIO_METHOD(LogScene, "after HUP without any directory left svlogd exits 111") {
  start();
  std::filesystem::rename(scratch / "log", scratch / "away");
  tell(SIGHUP);
  CHECK(svlogd->wait() == exited(111));
  CHECK(svlogd->err() ==
        "svlogd: warning: unable to open log directory: log: file does not exist\n"
        "svlogd: fatal: no functional log directories.\n");
}

SCENARIO_METHOD(LogScene, "svlogd obeys signals that its parent blocked or ignored") {
  const bool blocked = GENERATE(true, false);
  const std::vector<int> all{SIGTERM, SIGHUP, SIGALRM};
  start({"-v"}, {.ignored_signals = blocked ? std::vector<int>{} : all,
                 .blocked_signals = blocked ? all : std::vector<int>{}});
  REQUIRE(say("one\n"));
  REQUIRE(logged("one\n"));
  tell(SIGALRM);
  CHECK(files(1));
  tell(SIGHUP);
  CHECK(complains("append: log/current"));
  svlogd->signal(SIGTERM);
  CHECK(svlogd->wait() == exited(0));
}

SCENARIO_METHOD(LogScene, "several ALRMs and HUPs in a row lose nothing") {
  config("n0\n");
  start();
  const std::string text = numbered_lines(20'000, 50);
  for (std::size_t at = 0; at < text.size(); at += 10'000) {
    REQUIRE(say(std::string_view(text).substr(at, 10'000)));
    svlogd->signal(at % 20'000 == 0 ? SIGALRM : SIGHUP);
  }
  CHECK(finish() == exited(0));
  for (const std::string& part : contents()) CHECK(part.ends_with('\n'));
  const bool complete = everything() == text;
  CHECK(complete);
}
