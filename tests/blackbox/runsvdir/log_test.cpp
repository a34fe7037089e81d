// The log that runsvdir keeps in its own command line, as daemontools' readproctitle does.
#include <fcntl.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "scanned_directory.hpp"

using namespace runvisor::testing;

namespace {

struct TitleLog : ScannedDirectory {
  /// Starts runsvdir with this log argument.
  void start_logging(const std::string& log) { start_with({scan.string(), log}); }

  /// The log argument as it reads now.
  [[nodiscard]] std::string title() const {
    const std::string raw = read_file("/proc/" + std::to_string(runsvdir->pid()) + "/cmdline");
    const std::string before = program("runsvdir") + '\0' + scan.string() + '\0';
    return raw.size() > before.size() ? raw.substr(before.size(), raw.size() - before.size() - 1) : "";
  }
  /// Whether the title comes to be this, without the dot that runsvdir writes when it starts: the original
  /// writes it late enough for a service to come first.
  [[nodiscard]] bool reads(const std::string& label, const std::string& text) const {
    return eventually([&] {
      const std::string now = title();
      return now == label + text || now == label + text.substr(1) + ".";
    });
  }
};

}  // namespace

SCENARIO_METHOD(TitleLog, "a log of fewer than seven characters is refused with two warnings") {
  service("one");
  start_logging(GENERATE(std::string(), std::string("l"), std::string("log: .")));
  CHECK(running(scan / "one") != 0);
  CHECK(runsvdir->err() ==
        warning("log must have at least seven characters.") + warning("log service disabled."));
}

SCENARIO_METHOD(TitleLog, "the log gets a dot at once and keeps its first five characters") {
  start_logging("LABELabcdefghij");
  CHECK(eventually([&] { return title() == "LABELbcdefghij."; }));
  CHECK(runsvdir->err().empty());
}

SCENARIO_METHOD(TitleLog, "what a service writes to standard error scrolls through the log") {
  service("one").script(
      "run", "printf abc >&2; test -e ../../two || exec sleep 1000; printf defgh >&2; exec sleep 1000");
  start_logging("log: " + std::string(10, '.'));
  REQUIRE(reads("log: ", ".......abc"));
  write_file(scratch / "two", "");
  ServiceDir one(scan / "one", scratch / "events-1");
  REQUIRE(running(scan / "one") != 0);
  REQUIRE(one.control("t"));
  CHECK(eventually([&] { return title().ends_with("abcdefgh"); }));
}

SCENARIO_METHOD(TitleLog, "a log of seven characters shows the last two") {
  service("one").script("run", "echo 'a long line' >&2; exec sleep 1000");
  start_logging("log: ..");
  CHECK(reads("log: ", "e\n"));
}

SCENARIO_METHOD(TitleLog, "the log shows bytes as they are") {
  service("one").script("run", "printf 'a\\tb\\nc\\377d\\001e' >&2; exec sleep 1000");
  start_logging("log: " + std::string(9, '.'));
  CHECK(reads("log: ", std::string("a\tb\nc\xff") + "d\x01" + "e"));
}

SCENARIO_METHOD(TitleLog, "of a text longer than the log the end is seen") {
  service("one").script("run", "seq 1 5000 >&2; exec sleep 1000");
  start_logging("log: " + std::string(10, '.'));
  CHECK(reads("log: ", "4999\n5000\n"));
}

SCENARIO_METHOD(TitleLog, "complaints of runsvdir and of runsv go to the log") {
  std::filesystem::create_symlink("nowhere", scan / "dangling");
  std::filesystem::create_directory(scan / "empty");
  start_logging("log: " + std::string(1000, '.'));
  CHECK(eventually(
      [&] { return title().find("unable to stat dangling: file does not exist\n") != std::string::npos; }));
  CHECK(eventually(
      [&] { return title().find("runsv empty: fatal: unable to start ./run") != std::string::npos; }));
  CHECK(runsvdir->err().empty());
}

SCENARIO_METHOD(TitleLog, "below a log standard error is a pipe and the others stay as they were") {
  ServiceDir one = service("one", Probe().reports_to(scratch / "report"));
  start_logging("log: " + std::string(10, '.'));
  REQUIRE(one.saw("./run start"));
  const Report report = read_report(scratch / "report");
  CHECK(report.descriptors.size() == 3);
  CHECK(report.descriptors.at(0) == "/dev/null");
  CHECK(report.descriptors.at(1).find("stdout") != std::string::npos);
  CHECK(report.descriptors.at(2).starts_with("pipe:"));
}

SCENARIO_METHOD(TitleLog, "below a log standard error is a blocking pipe", "[fixed]") {
  ServiceDir one = service("one", Probe().reports_to(scratch / "report"));
  start_logging("log: " + std::string(10, '.'));
  REQUIRE(one.saw("./run start"));
  CHECK((read_report(scratch / "report").descriptor_flags.at(2) & O_NONBLOCK) == 0);
}

SCENARIO_METHOD(TitleLog, "a service that writes to the log without end disturbs nobody") {
  service("loud").script("run", "exec yes 'a line of a service that talks without end' >&2");
  service("one");
  start_logging("log: " + std::string(100, '.'));
  const pid_t pid = running(scan / "one");
  REQUIRE(pid != 0);
  REQUIRE(eventually([&] { return title().find("without end\na line of") != std::string::npos; }));
  add("two");
  CHECK(running(scan / "two", at_once()) != 0);
  std::filesystem::rename(scan / "one", scratch / "away");
  CHECK(eventually([&] { return !alive(pid); }));
  runsvdir->signal(SIGTERM);
  CHECK(runsvdir->wait() == exited(0));
}

SCENARIO_METHOD(TitleLog, "a runsv that complains into the log of a runsvdir that has gone lives on",
                "[fixed]") {
  ServiceDir one = service("one").probe("control/t", Probe::exits(0));
  start_logging("log: " + std::string(100, '.'));
  const pid_t pid = running(scan / "one");
  REQUIRE(pid != 0);
  runsvdir->signal(SIGTERM);
  REQUIRE(runsvdir->wait() == exited(0));
  // Nobody reads the pipe any more; runsv complains into it and lives.
  one.file("run.probe", "").file("control/t", "no program", 0755);
  REQUIRE(one.control("t"));
  REQUIRE(one.control("x"));
  CHECK(eventually([&] { return !supervised(scan / "one"); }));
  CHECK_FALSE(alive(pid));
}
