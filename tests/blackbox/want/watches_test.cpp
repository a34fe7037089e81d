// No inotify instances or watches left: what is noticed by them is noticed all the same. The limits are those
// of a user namespace of the test's own, never the machine's.
#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <filesystem>
#include <functional>
#include <string>
#include <system_error>

#include <catch2/catch.hpp>

#include "runsvdir/scanned_directory.hpp"
#include "support/supervise_files.hpp"

using namespace runvisor::testing;

namespace {

void put(const char* file, const std::string& text) {
  const int fd = ::open(file, O_WRONLY | O_CLOEXEC);
  const bool written = fd >= 0 && ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  if (!written) throw std::system_error(errno, std::generic_category(), file);
  ::close(fd);
}

/// For ProcessOptions::prepare: a user namespace with these limits, whose root is the machine's.
std::function<void()> in_namespace(const std::string& instances, const std::string& watches) {
  return [=] {
    if (::unshare(CLONE_NEWUSER) != 0) throw std::system_error(errno, std::generic_category(), "unshare");
    put("/proc/self/setgroups", "deny");
    put("/proc/self/uid_map", "0 0 1");
    put("/proc/self/gid_map", "0 0 1");
    put("/proc/sys/user/max_inotify_instances", instances);
    put("/proc/sys/user/max_inotify_watches", watches);
  };
}

}  // namespace

SCENARIO_METHOD(ScannedDirectory, "runsvdir without inotify watches still sees what comes (root)") {
  service("one");
  start({.prepare = in_namespace("10", "2")});
  REQUIRE(running(scan / "one") != 0);
  if (!running_as_original()) {
    CHECK(runsvdir->err() ==
          warning("unable to watch for changes, looking every five seconds: out of disk space"));
  }
  add("two");
  CHECK(running(scan / "two") != 0);
}

SCENARIO_METHOD(ScannedDirectory, "sv without inotify waits for effects all the same (root)") {
  const std::string instances = GENERATE(std::string("0"), std::string("10"));
  CAPTURE(instances);
  service("one");
  start();
  REQUIRE(running(scan / "one") != 0);
  const auto sv = [&](const std::string& command) {
    return run({program("sv"), "-w5", command, scan / "one"}, {.prepare = in_namespace(instances, "0")});
  };
  const Finished down = sv("down");
  CHECK(down.ending == exited(0));
  CHECK(down.out.starts_with("ok: down: "));
  const Finished up = sv("up");
  CHECK(up.ending == exited(0));
  CHECK(up.out.starts_with("ok: run: "));
}
