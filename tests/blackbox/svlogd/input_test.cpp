// Standard input of every kind.
#include <sys/socket.h>
#include <sys/stat.h>
#include <termios.h>

#include <cstdlib>

#include <catch2/catch.hpp>

#include "log_scene.hpp"

using namespace runvisor::testing;

SCENARIO_METHOD(LogScene, "svlogd reads a file to its end") {
  const std::string text = numbered_lines(20'000, 33);
  write_file(scratch / "input", text);
  start({}, {.stdin_file = scratch / "input"});
  CHECK(svlogd->wait() == exited(0));
  const bool complete = current() == text;
  CHECK(complete);
}

SCENARIO_METHOD(LogScene, "svlogd reads an empty file and /dev/null") {
  write_file(scratch / "empty", "");
  const std::string input = GENERATE(true, false) ? std::string("/dev/null") : (scratch / "empty").string();
  const int fd = ::open(input.c_str(), O_RDONLY | O_CLOEXEC);
  start({}, {.stdin_fd = fd});
  ::close(fd);
  CHECK(svlogd->wait() == exited(0));
  CHECK(svlogd->err().empty());
  CHECK(current().empty());
  CHECK(mode("current") == 0744);
}

SCENARIO_METHOD(LogScene, "svlogd reads a terminal until its end of file") {
  const int master = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  REQUIRE(::grantpt(master) == 0);
  REQUIRE(::unlockpt(master) == 0);
  const int terminal = ::open(::ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
  REQUIRE(terminal >= 0);
  start({}, {.stdin_fd = terminal});
  REQUIRE(::write(master, "one\ntwo\n", 8) == 8);
  CHECK(logged("one\ntwo\n"));
  const bool hang_up = GENERATE(true, false);
  if (hang_up) {
    ::close(terminal);
    ::close(master);
  } else {
    REQUIRE(::write(master, "\004", 1) == 1);
  }
  CHECK(svlogd->wait() == exited(0));
  CHECK(current() == "one\ntwo\n");
  if (!hang_up) {
    ::close(terminal);
    ::close(master);
  }
}

SCENARIO_METHOD(LogScene, "svlogd reads a socket") {
  int ends[2];
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
  start({}, {.stdin_fd = ends[1]});
  ::close(ends[1]);
  REQUIRE(::write(ends[0], "one\ntw", 6) == 6);
  REQUIRE(logged("one\n"));
  REQUIRE(::write(ends[0], "o\n", 2) == 2);
  CHECK(logged("one\ntwo\n"));
  ::close(ends[0]);
  CHECK(svlogd->wait() == exited(0));
  CHECK(current() == "one\ntwo\n");
}

SCENARIO_METHOD(LogScene, "svlogd reads a FIFO") {
  REQUIRE(::mkfifo((scratch / "fifo").c_str(), 0600) == 0);
  const int writer = ::open((scratch / "fifo").c_str(), O_RDWR | O_CLOEXEC);
  start({}, {.stdin_file = scratch / "fifo"});
  REQUIRE(::write(writer, "one\n", 4) == 4);
  CHECK(logged("one\n"));
  ::close(writer);
  CHECK(svlogd->wait() == exited(0));
}

SCENARIO_METHOD(LogScene, "an input that cannot be read is warned about, and is an end") {
  start({"-v"}, {.stdin_file = scratch.path()});
  CHECK(svlogd->wait() == exited(0));
  CHECK(svlogd->err() ==
        "svlogd: info: new: log/current\n"
        "svlogd: warning: unable to read standard input: is a directory\n"
        "svlogd: info: close: log\n");
}

SCENARIO_METHOD(LogScene, "svlogd ends when its standard input is closed") {
  launch({"log"}, {.closed = {0}});
  CHECK(svlogd->wait() == exited(0));
  CHECK(mode("current") == 0744);
}

SCENARIO_METHOD(LogScene, "svlogd does not make its input non-blocking", "[fixed]") {
  // The description is shared, with the next svlogd and perhaps with the service.
  start();
  REQUIRE(say("one\n"));
  REQUIRE(logged("one\n"));
  CHECK((::fcntl(read_end(), F_GETFL) & O_NONBLOCK) == 0);
  CHECK(finish() == exited(0));
  CHECK((::fcntl(read_end(), F_GETFL) & O_NONBLOCK) == 0);
}

SCENARIO_METHOD(LogScene, "svlogd reads an input that is non-blocking") {
  REQUIRE(::fcntl(read_end(), F_SETFL, O_NONBLOCK) == 0);
  start();
  REQUIRE(say("one\n"));
  REQUIRE(logged("one\n"));
  REQUIRE(say("two\n"));
  CHECK(finish() == exited(0));
  CHECK(current() == "one\ntwo\n");
}

SCENARIO_METHOD(LogScene, "a svlogd whose standard error nobody reads goes on logging", "[fixed]") {
  config("e*\n");
  REQUIRE(::mkfifo((scratch / "errors").c_str(), 0600) == 0);
  const int reader = ::open((scratch / "errors").c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  svlogd.emplace(Words{"sh", "-c", "exec " + program("svlogd") + " log 2>errors"},
                 ProcessOptions{.cwd = scratch.path(), .stdin_fd = read_end()});
  REQUIRE(eventually([&] { return exists("current"); }));
  ::close(reader);
  REQUIRE(say("one\n"));
  REQUIRE(logged("one\n"));
  REQUIRE(say("two\n"));
  CHECK(finish() == exited(0));
  CHECK(current() == "one\ntwo\n");
}
