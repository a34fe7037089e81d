// The processor: what it is given, what becomes of its output and its state, and what follows its failure.
#include <regex>

#include <catch2/catch.hpp>

#include "log_scene.hpp"
#include "support/probe.hpp"

using namespace runvisor::testing;

namespace {

/// Without what -v says of ended children: the original may or may not see the signal first.
std::string without_children(const std::string& text) {
  return std::regex_replace(text, std::regex("svlogd: info: sigchild received\\.\n"), "");
}

}  // namespace

SCENARIO_METHOD(LogScene, "a processor's output takes the place of the rotated file") {
  config("!sed 's/^/seen: /'\n");
  start({"-v"});
  REQUIRE(rotate("one\ntwo\n", 1));
  const std::string name = rotated().front();
  CHECK(content(name) == "seen: one\nseen: two\n");
  CHECK(mode(name) == 0744);
  CHECK(finish() == exited(0));
  CHECK(names() == Words{name, "config", "current", "lock", "state"});
  const std::string stem = name.substr(0, name.size() - 2);
  CHECK(without_children(svlogd->err()) ==
        "svlogd: info: read: log/config\nsvlogd: info: new: log/current\nsvlogd: info: sigalarm received.\n"
        "svlogd: info: rename: log/current " +
            stem + ".u 8\nsvlogd: info: processing: log/" + stem + ".u\nsvlogd: info: processed: log/" +
            stem + ".s\nsvlogd: info: close: log\n");
}

SCENARIO_METHOD(LogScene, "while a processor runs the file is kept as .u, and its output as .t") {
  config("!echo begun; cat; until test -e ../go; do sleep 0.01; done\n");
  start();
  REQUIRE(say("one\n"));
  REQUIRE(logged("one\n"));
  tell(SIGALRM);
  REQUIRE(eventually([&] { return contents(".t") == Words{"begun\none\n"}; }));
  CHECK(contents(".u") == Words{"one\n"});
  CHECK(rotated(".t").front().substr(0, 25) == rotated(".u").front().substr(0, 25));
  CHECK(mode(rotated(".u").front()) == 0744);
  CHECK(rotated().empty());
  CHECK(exists("newstate"));
  // Reading and writing go on.
  REQUIRE(say("two\n"));
  CHECK(logged("two\n"));
  write_file(scratch / "go", "");
  CHECK(files(1));
  CHECK(eventually([&] { return rotated(".u").empty() && rotated(".t").empty() && !exists("newstate"); }));
  CHECK(contents() == Words{"begun\none\n"});
  CHECK(finish() == exited(0));
}

SCENARIO_METHOD(LogScene, "a processor may drop everything and need not read its input") {
  config("!exec >&-; exit 0\n");
  start();
  REQUIRE(rotate(numbered_lines(1'000, 100), 1));
  CHECK(contents() == Words{""});
  CHECK(finish() == exited(0));
}

SCENARIO_METHOD(LogScene, "a processor gets the state that the one before it left") {
  config("!cat; echo \"before: $(cat <&4)\"; echo state \"$(wc -c <state)\" >&5\n");
  start();
  REQUIRE(rotate("one\n", 1));
  REQUIRE(eventually([&] { return content("state") == "state 0\n"; }));
  CHECK_FALSE(exists("newstate"));
  REQUIRE(rotate("two\n", 2));
  REQUIRE(eventually([&] { return content("state") == "state 8\n"; }));
  CHECK(contents() == Words{"one\nbefore: \n", "two\nbefore: state 0\n"});
  CHECK(finish() == exited(0));
  CHECK(mode("state") == 0644);
}

SCENARIO_METHOD(LogScene, "a processor runs in the log directory, by sh, with the environment of svlogd") {
  config("!pwd; echo $0 $#; echo \"$GREETING\"; cat\n");
  start({}, {.environment = {{"GREETING", "hello"}}});
  REQUIRE(rotate("one\n", 1));
  CHECK(contents() == Words{(scratch / "log").string() + "\nsh 0\nhello\none\n"});
  CHECK(finish() == exited(0));
}

SCENARIO_METHOD(LogScene, "a processor has no other descriptors than those it is given") {
  // As seen by its child, which opens the directory as 3 and writes to 1.
  config("!ls -l /proc/self/fd | sed -n 's/.* \\([0-9]*\\) -> \\(.*\\)/\\1 \\2/p' >../descriptors\n");
  directory("two");
  config("u127.0.0.1:9\n", "two");
  launch({"log", "two"});
  REQUIRE(eventually([&] { return exists("current"); }));
  REQUIRE(rotate("one\n", 1));
  CHECK(finish() == exited(0));
  const std::string log = (scratch / "log").string();
  const std::string text = read_file(scratch / "descriptors");
  INFO(text);
  CHECK(std::regex_match(
      text, std::regex("0 " + log + "/@[0-9a-f]{24}\\.u\n1 [^\n]*\n2 [^\n]*\n3 /proc/[0-9]*/fd\n4 " + log +
                       "/state\n5 " + log + "/newstate\n")));
}

SCENARIO_METHOD(LogScene, "signals are to a processor as they are to any program") {
  config("!sed -n '/^Sig[BIC]/p' /proc/self/status >../signals; cat\n");
  start();
  REQUIRE(rotate("one\n", 1));
  CHECK(finish() == exited(0));
  const std::string text = read_file(scratch / "signals");
  CHECK(std::regex_search(text, std::regex("SigBlk:\\s+0{16}\n")));
  CHECK(std::regex_search(text, std::regex("SigCgt:\\s+0{16}\n")));
}

SCENARIO_METHOD(LogScene, "a processor that fails is run again until it succeeds") {
  config("!echo try >>../tries; cat; test -e ../go\n");
  start();
  REQUIRE(say("one\n"));
  REQUIRE(logged("one\n"));
  tell(SIGALRM);
  REQUIRE(complains("svlogd: warning: processor failed, restart: log\n"));
  REQUIRE(eventually([&] {
    return std::filesystem::exists(scratch / "tries") && read_file(scratch / "tries").size() >= 8;
  }));
  CHECK(contents(".u") == Words{"one\n"});
  // Meanwhile svlogd goes on reading and writing.
  REQUIRE(say("two\n"));
  CHECK(logged("two\n"));
  write_file(scratch / "go", "");
  REQUIRE(files(1));
  CHECK(contents() == Words{"one\n"});
  CHECK(eventually([&] { return rotated(".u").empty() && rotated(".t").empty(); }));
  CHECK(finish() == exited(0));
}

SCENARIO_METHOD(LogScene, "the state of a processor that failed is not kept") {
  config("!cat; echo new >&5; test -e ../go || exit 1; cat <&4\n");
  write_file(path("state"), "old\n");
  start();
  REQUIRE(say("one\n"));
  REQUIRE(logged("one\n"));
  tell(SIGALRM);
  REQUIRE(complains("processor failed"));
  CHECK(content("state") == "old\n");
  write_file(scratch / "go", "");
  REQUIRE(files(1));
  CHECK(contents() == Words{"one\nold\n"});
  CHECK(eventually([&] { return content("state") == "new\n"; }));
  CHECK(finish() == exited(0));
}

SCENARIO_METHOD(LogScene, "a processor that fails is not run in a hot loop", "[fixed]") {
  config("!echo try >>../tries; exit 1\n");
  start();
  REQUIRE(say("one\n"));
  REQUIRE(logged("one\n"));
  tell(SIGALRM);
  REQUIRE(complains("processor failed"));
  const auto tries = [&] { return read_file(scratch / "tries").size() / 4; };
  CHECK(stays([&] { return tries() <= 5; }, 2500ms));
  CHECK(tries() >= 2);
}

SCENARIO_METHOD(LogScene, "a processor that a signal ended has failed", "[fixed]") {
  config("!cat; test -e ../go || kill -9 $$\n");
  start();
  REQUIRE(say("one\n"));
  REQUIRE(logged("one\n"));
  tell(SIGALRM);
  REQUIRE(complains("svlogd: warning: processor failed, restart: log\n"));
  CHECK(rotated().empty());
  CHECK(contents(".u") == Words{"one\n"});
  write_file(scratch / "go", "");
  REQUIRE(files(1));
  CHECK(contents() == Words{"one\n"});
  CHECK(finish() == exited(0));
}

SCENARIO_METHOD(LogScene, "a slow processor does not keep svlogd from reading") {
  config("!until test -e ../go; do sleep 0.01; done; cat\n");
  start();
  REQUIRE(say("one\n"));
  REQUIRE(logged("one\n"));
  tell(SIGALRM);
  REQUIRE(files(1, ".u"));
  const std::string text = numbered_lines(2'000, 100);
  REQUIRE(say(text));
  const bool written = logged(text);
  CHECK(written);
  write_file(scratch / "go", "");
  CHECK(finish() == exited(0));
  CHECK(contents() == Words{"one\n"});
}

SCENARIO_METHOD(LogScene, "a processor still at work does not keep svlogd from reading, however much comes",
                "[fixed]") {
  config("s2000\nn0\n!until test -e ../go; do sleep 0.01; done; cat\n");
  start();
  const std::string text = numbered_lines(2'000, 100);
  REQUIRE(say(text));
  REQUIRE(heard());
  const auto everything_there = [&] {
    std::string all;
    for (const std::string& name : names()) {
      if (name.ends_with(".u")) all += content(name);
    }
    return all + current() == text;
  };
  CHECK(eventually(everything_there));
  write_file(scratch / "go", "");
  CHECK(finish() == exited(0));
  CHECK(rotated(".u").empty());
  const bool complete = everything() == text;
  CHECK(complete);
}

SCENARIO_METHOD(LogScene, "files are processed one after the other, in order") {
  config("s2000\nn0\n!mkdir ../busy || echo two at once >>../trouble; cat | tee -a ../all; rmdir ../busy\n");
  const std::string text = numbered_lines(200, 100);
  REQUIRE(feed(text).ending == exited(0));
  CHECK_FALSE(std::filesystem::exists(scratch / "trouble"));
  CHECK(rotated(".u").empty());
  const bool complete = everything() == text;
  CHECK(complete);
  const bool in_order = text.starts_with(read_file(scratch / "all"));
  CHECK(in_order);
}

SCENARIO_METHOD(LogScene, "svlogd waits for the processor before it ends") {
  config("!until test -e ../go; do sleep 0.01; done; cat\n");
  const bool by_signal = GENERATE(true, false);
  start();
  REQUIRE(say("one\n"));
  REQUIRE(logged("one\n"));
  tell(SIGALRM);
  REQUIRE(files(1, ".t"));
  if (by_signal) {
    svlogd->signal(SIGTERM);
  } else {
    close_input();
  }
  CHECK(stays([&] { return svlogd->running(); }, 300ms));
  write_file(scratch / "go", "");
  CHECK(svlogd->wait() == exited(0));
  CHECK(contents() == Words{"one\n"});
  CHECK(rotated(".u").empty());
}

SCENARIO_METHOD(LogScene, "current itself is not processed at the end") {
  config("!echo processed\n");
  CHECK(feed("one\n").ending == exited(0));
  CHECK(rotated().empty());
  CHECK(current() == "one\n");
}

SCENARIO_METHOD(LogScene, "old files are counted with a processor, too") {
  config("n3\n!cat\n");
  start();
  for (std::size_t i = 1; i <= 3; ++i) REQUIRE(rotate(std::to_string(i) + "\n", i));
  for (std::size_t i = 4; i <= 7; ++i) {
    const std::string line = std::to_string(i) + "\n";
    REQUIRE(say(line));
    REQUIRE(logged(line));
    tell(SIGALRM);
    REQUIRE(eventually([&] {
      const Words all = contents();
      return !all.empty() && all.back() == line && rotated(".u").empty();
    }));
    // The file at work may or may not count.
    CHECK(rotated().size() >= 3);
    CHECK(rotated().size() <= 4);
  }
  CHECK(finish() == exited(0));
}

SCENARIO_METHOD(LogScene, "what a crash left is processed", "[fixed]") {
  config("!sed 's/^/seen: /'\n");
  write_file(path("current"), "one\n", 0644);
  start();
  REQUIRE(files(1));
  CHECK(contents() == Words{"seen: one\n"});
  CHECK(eventually([&] { return rotated(".u").empty(); }));
  REQUIRE(rotate("two\n", 2));
  CHECK(finish() == exited(0));
  CHECK(contents() == Words{"seen: one\n", "seen: two\n"});
}

SCENARIO_METHOD(LogScene, "a processing that a crash cut short is done again", "[fixed]") {
  config("!cat; until test -e ../go; do sleep 0.01; done\n");
  start();
  REQUIRE(say("one\n"));
  REQUIRE(logged("one\n"));
  tell(SIGALRM);
  REQUIRE(eventually([&] { return contents(".t") == Words{"one\n"}; }));
  svlogd->signal(SIGKILL);
  REQUIRE(svlogd->wait() == killed_by(SIGKILL));
  svlogd.reset();
  write_file(scratch / "go", "");
  start();
  REQUIRE(files(1));
  CHECK(contents() == Words{"one\n"});
  CHECK(eventually([&] { return rotated(".u").empty() && rotated(".t").empty(); }));
  CHECK(finish() == exited(0));
}

SCENARIO_METHOD(LogScene, "a processor that outlived its svlogd does not spoil the next one's work",
                "[fixed]") {
  // It goes on writing to the file that it was given.
  config("!cat; until test -e ../go; do sleep 0.01; done; echo late; echo late >&5; touch ../ended\n");
  start();
  REQUIRE(say("one\n"));
  REQUIRE(logged("one\n"));
  tell(SIGALRM);
  REQUIRE(eventually([&] { return contents(".t") == Words{"one\n"}; }));
  svlogd->signal(SIGKILL);
  REQUIRE(svlogd->wait() == killed_by(SIGKILL));
  config("!cat; until test -e ../ended; do sleep 0.01; done; echo own; echo own >&5\n");
  // The first svlogd's object lives on: its end is that of the processor.
  Process next({program("svlogd"), "log"}, ProcessOptions{.cwd = scratch.path(), .stdin_fd = read_end()});
  REQUIRE(say("two\n"));
  REQUIRE(logged("two\n"));
  write_file(scratch / "go", "");
  REQUIRE(files(1));
  CHECK(contents() == Words{"one\nown\n"});
  CHECK(eventually([&] { return content("state") == "own\n"; }));
  close_input();
  CHECK(next.wait() == exited(0));
}

SCENARIO_METHOD(LogScene, "each log directory has its own processor") {
  directory("two");
  config("!sed s/^/1:/\n");
  config("!sed s/^/2:/\n", "two");
  launch({"log", "two"});
  REQUIRE(say("one\n"));
  REQUIRE(logged("one\n"));
  REQUIRE(logged("one\n", "two"));
  tell(SIGALRM);
  REQUIRE(files(1));
  REQUIRE(files(1, ".s", "two"));
  CHECK(contents() == Words{"1:one\n"});
  CHECK(contents(".s", "two") == Words{"2:one\n"});
  CHECK(finish() == exited(0));
}

SCENARIO_METHOD(LogScene, "HUP while a processor runs does not make svlogd forget it", "[fixed]") {
  config("!until test -e ../go; do sleep 0.01; done; cat\n");
  start({"-v"});
  REQUIRE(say("one\n"));
  REQUIRE(logged("one\n"));
  tell(SIGALRM);
  REQUIRE(files(1, ".t"));
  tell(SIGHUP);
  write_file(scratch / "go", "");
  REQUIRE(files(1));
  CHECK(contents() == Words{"one\n"});
  REQUIRE(eventually([&] { return svlogd->err().find("append: log/current") != std::string::npos; }));
  CHECK(finish() == exited(0));
  CHECK(rotated(".u").empty());
}

SCENARIO_METHOD(LogScene, "a processor line without a command names none") {
  config("!\n");
  start();
  REQUIRE(rotate("one\n", 1));
  CHECK(contents() == Words{"one\n"});
  CHECK(names() == Words{rotated().front(), "config", "current", "lock"});
  CHECK(finish() == exited(0));
}
