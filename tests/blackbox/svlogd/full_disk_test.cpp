// A full disk, and a log directory that goes away while svlogd writes there.
#include <cstring>

#include <catch2/catch.hpp>

#include "log_scene.hpp"
#include "support/namespaces.hpp"

using namespace runvisor::testing;

namespace {

/// A log directory on a tmpfs of its own, in a mount namespace that only svlogd is in.
struct SmallDisk : LogScene {
  /// Starts svlogd on a file system of so many KiB, with this config.
  void start_on(int kib, const std::string& config, const Words& options = {}) {
    const std::string mount = "mount -t tmpfs -o size=" + std::to_string(kib) + "k none log && cp config log";
    write_file(scratch / "config", config);
    Words argv{"sh", "-ec", mount + " && exec " + program("svlogd") + " \"$@\" log", "sh"};
    argv.insert(argv.end(), options.begin(), options.end());
    svlogd.emplace(argv,
                   ProcessOptions{.cwd = scratch.path(), .stdin_fd = read_end(), .prepare = own_mounts});
    if (!eventually([&] { return std::filesystem::exists(disk() / "current"); })) {
      throw std::runtime_error("svlogd does not start on a tmpfs: " + svlogd->err());
    }
  }
  /// The log directory as svlogd sees it.
  [[nodiscard]] std::filesystem::path disk() const {
    return std::filesystem::path("/proc/" + std::to_string(svlogd->pid()) + "/root" +
                                 (scratch / "log").string());
  }
  /// Names of the rotated files there, oldest first.
  [[nodiscard]] Words rotated_there() const {
    Words found;
    for (const auto& entry : std::filesystem::directory_iterator(disk())) {
      const std::string name = entry.path().filename();
      if (name.ends_with(".s")) found.push_back(name);
    }
    std::sort(found.begin(), found.end());
    return found;
  }
  /// Nothing at the moment of a rotation, in which there is no `current`.
  [[nodiscard]] std::string everything_there() const try {
    std::string all;
    for (const std::string& name : rotated_there()) all += read_file(disk() / name);
    return all + read_file(disk() / "current");
  } catch (const std::exception&) {
    return {};
  }
  /// Writes a file until the disk is full.
  void fill(const std::string& name) const {
    const int fd = ::open((disk() / name).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    const std::string block(4096, '-');
    ssize_t put = 0;
    while ((put = ::write(fd, block.data(), block.size())) > 0) {
    }
    ::close(fd);
  }
};

}  // namespace

SCENARIO_METHOD(SmallDisk, "on a full disk svlogd waits for space, and loses nothing (root)") {
  start_on(256, "s20000\nn0\n", GENERATE(Words{}, Words{"-b", "65536"}));
  fill("filler");
  const std::string text = numbered_lines(1'000, 100);
  REQUIRE(say(text.substr(0, 50'000)));
  REQUIRE(complains("svlogd: pausing: unable to write to current: log: out of disk space\n"));
  std::filesystem::remove(disk() / "filler");
  const bool first_half = eventually([&] { return everything_there() == text.substr(0, 50'000); });
  CHECK(first_half);
  REQUIRE(say(text.substr(50'000)));
  const bool complete = eventually([&] { return everything_there() == text; });
  CHECK(complete);
  CHECK(finish() == exited(0));
}

SCENARIO_METHOD(SmallDisk, "on a full disk svlogd removes the oldest files that it need not keep (root)") {
  start_on(128, "s10000\nn30\nN2\n");
  const std::string text = numbered_lines(5'000, 100);
  REQUIRE(say(text));
  REQUIRE(heard());
  // The disk never has room for all of them: those that are left are the newest, without a gap.
  REQUIRE(eventually([&] { return everything_there().ends_with(text.substr(text.size() - 5'000)); }));
  CHECK(complains("svlogd: warning: out of disk space, delete: log/@"));
  const std::string left = everything_there();
  const bool newest = text.ends_with(left);
  CHECK(newest);
  CHECK(left.size() >= 20'000);
  CHECK(finish() == exited(0));
}

SCENARIO_METHOD(SmallDisk, "on a full disk svlogd keeps N files, whatever it costs (root)") {
  start_on(256, "s10000\nn30\nN3\n");
  const std::string text = numbered_lines(1'200, 100);
  // Three files and a part of the next.
  REQUIRE(say(text.substr(0, 30'000)));
  REQUIRE(eventually([&] { return everything_there() == text.substr(0, 30'000); }));
  REQUIRE(rotated_there().size() == 3);
  fill("filler");
  REQUIRE(say(text.substr(30'000, 60'000)));
  REQUIRE(complains("svlogd: pausing: unable to write to current: log: out of disk space\n"));
  CHECK(rotated_there().size() == 3);
  std::filesystem::remove(disk() / "filler");
  REQUIRE(say(text.substr(90'000)));
  const bool complete = eventually([&] { return everything_there() == text; });
  CHECK(complete);
  CHECK(finish() == exited(0));
}

SCENARIO_METHOD(SmallDisk, "on a full disk svlogd obeys TERM once there is space (root)") {
  start_on(128, "s20000\nn0\n");
  fill("filler");
  REQUIRE(say(numbered_lines(300, 100)));
  REQUIRE(complains("svlogd: pausing: unable to write to current: log: out of disk space\n"));
  svlogd->signal(SIGTERM);
  std::filesystem::remove(disk() / "filler");
  CHECK(svlogd->wait() == exited(0));
}

SCENARIO_METHOD(LogScene, "a current that cannot be opened is tried again") {
  std::filesystem::create_directory(path("current"));
  launch({"log"});
  REQUIRE(complains("svlogd: pausing: unable to open current: log: is a directory\n"));
  std::filesystem::remove(path("current"));
  REQUIRE(say("one\n"));
  CHECK(logged("one\n"));
  CHECK(finish() == exited(0));
}

SCENARIO_METHOD(LogScene, "a log directory that is moved away and back loses nothing") {
  config("s2000\nn0\n");
  const std::string text = numbered_lines(500, 20);
  start();
  REQUIRE(say(text.substr(0, 1'000)));
  REQUIRE(files(1));
  std::filesystem::rename(scratch / "log", scratch / "away");
  REQUIRE(say(text.substr(1'000)));
  std::filesystem::rename(scratch / "away", scratch / "log");
  CHECK(finish() == exited(0));
  const bool complete = everything() == text;
  CHECK(complete);
}

SCENARIO_METHOD(LogScene, "a log directory that was removed is used again once it is there", "[fixed]") {
  config("s2000\nn0\n");
  start();
  REQUIRE(say("one\n"));
  REQUIRE(logged("one\n"));
  std::filesystem::remove_all(scratch / "log");
  REQUIRE(say(numbered_lines(200, 20)));
  // What was written into the removed file is lost with it; the rotation finds out.
  REQUIRE(complains("svlogd: pausing: "));
  REQUIRE(complains(": log: file does not exist\n"));
  directory("log");
  REQUIRE(say("after\n"));
  CHECK(eventually([&] { return current().ends_with("after\n"); }));
  CHECK(finish() == exited(0));
}

SCENARIO_METHOD(LogScene, "a current that was removed is made anew", "[fixed]") {
  start();
  REQUIRE(say("one\n"));
  REQUIRE(logged("one\n"));
  std::filesystem::remove(path("current"));
  REQUIRE(say("two\n"));
  REQUIRE(complains("svlogd: warning: current has been removed: log\n"));
  CHECK(eventually([&] { return exists("current") && current() == "two\n"; }));
  CHECK(finish() == exited(0));
}
