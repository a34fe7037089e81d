// A living runsv on a machine that is out of something: descriptors, processes, memory, disk space, a disk to
// write to. Its service ends meanwhile. It goes on, says once what is wrong, obeys, and is right again by
// itself afterwards.
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <system_error>

#include <catch2/catch.hpp>

#include "support/namespaces.hpp"
#include "support/supervised_service.hpp"

using namespace runvisor::testing;

namespace {

std::size_t count_of(const std::string& text, const std::string& wanted) {
  std::size_t count = 0;
  for (std::size_t at = text.find(wanted); at != std::string::npos; at = text.find(wanted, at + 1)) ++count;
  return count;
}

struct ScarceRunsv : SupervisedService {
  ScarceRunsv() { service.probe("run", Probe()); }

  /// Waits for a message, and makes sure that it is not repeated over two more tries.
  [[nodiscard]] bool says_once(const std::string& what) const {
    if (!eventually([&] { return count_of(runsv->err(), what) > 0; })) return false;
    return running_as_original() || stays([&] { return count_of(runsv->err(), what) == 1; }, 2200ms);
  }
  /// Sets a soft limit of runsv's ("nofile"), as the user whose process it is: root may lack the right.
  void limit(const std::string& resource, int most, std::optional<uid_t> user = {}) const {
    const std::string change = "--" + resource + "=" + std::to_string(most) + ":";
    REQUIRE(run({"prlimit", "--pid", std::to_string(runsv->pid()), change}, {.uid = user}).ending ==
            exited(0));
  }
  [[nodiscard]] bool runs_and_says_so() const {
    return eventually([&] {
      const auto now = status();
      const auto starts = service.events("./run start");
      return now && !starts.empty() && now->state == kStateRun && now->pid == starts.back().pid &&
             alive(now->pid) && stat() == "run" + std::string("\n") &&
             read_pid_file(service.path()) == std::to_string(now->pid) + "\n";
    });
  }
};

/// The same with a file system of its own for `supervise`, in a mount namespace that only runsv sees.
struct OwnFileSystem : ScarceRunsv {
  void start_there(const std::string& options, unsigned long flags = 0) {
    const std::string target = service / "supervise";
    std::filesystem::create_directory(target);
    start({.prepare = [=] {
      own_mounts();
      if (::mount("supervise", target.c_str(), "tmpfs", flags, options.c_str()) != 0) {
        throw std::system_error(errno, std::generic_category(), "mount");
      }
    }});
  }
  /// The service directory as runsv sees it.
  [[nodiscard]] std::filesystem::path seen() const {
    return "/proc/" + std::to_string(runsv->pid()) + "/root" + service.path().string();
  }
  [[nodiscard]] bool control_there(const std::string& byte) const {
    std::ofstream fifo(seen() / "supervise/control");
    return static_cast<bool>(fifo << byte << std::flush);
  }
  /// Ends `run` by a signal and waits for the next one.
  void end_run_there(std::size_t starts_then) const {
    const auto before = service.events("./run start");
    REQUIRE(!before.empty());
    REQUIRE(::kill(before.back().pid, SIGKILL) == 0);
    REQUIRE(service.saw("./run start", starts_then));
  }
  [[nodiscard]] bool is_right_again() const {
    return eventually([&] { return run_pid(seen()) == service.events("./run start").back().pid; });
  }
};

}  // namespace

SCENARIO_METHOD(ScarceRunsv, "runsv without descriptors restarts its service, and publishes it later",
                "[fixed]") {
  REQUIRE(start_and_run());
  // As many as a child may need, all of which runsv itself has in use.
  limit("nofile", 6);
  REQUIRE(end_run());
  REQUIRE(service.saw("./run start", 2));
  CHECK(says_once("process cannot open more files\n"));
  REQUIRE(service.control("1"));
  CHECK(service.saw("./run signal USR1"));
  limit("nofile", 256);
  CHECK(runs_and_says_so());
  CHECK(service.count("./run start") == 2);
  CHECK(leave());
}

SCENARIO_METHOD(ScarceRunsv, "runsv that may start no more processes goes on trying, and obeys (root)") {
  const uid_t user = 300'000 + static_cast<uid_t>(::getpid());
  write_file(scratch / "events", "", 0666);
  for (const auto& entry : std::filesystem::recursive_directory_iterator(scratch.path())) {
    REQUIRE(::lchown(entry.path().c_str(), user, user) == 0);
  }
  REQUIRE(start_and_run({.uid = user}));
  limit("nproc", 1, user);
  REQUIRE(end_run());
  CHECK(says_once("unable to fork"));
  CHECK(runsv->err().find(": temporary failure\n") != std::string::npos);
  CHECK(service.count("./run start") == 1);
  limit("nproc", 100, user);
  CHECK(service.saw("./run start", 2));
  CHECK(runs_and_says_so());
  CHECK(leave());
}

SCENARIO_METHOD(ScarceRunsv, "runsv obeys where no memory is left for another process (root)", "[fixed]") {
  // In a PID namespace whose first process has ended, fork fails so for ever.
  const auto enter_dead_namespace = [] {
    if (::unshare(CLONE_NEWPID) != 0) throw std::system_error(errno, std::generic_category(), "unshare");
    const pid_t first = ::fork();
    if (first == 0) ::_exit(0);
    ::waitpid(first, nullptr, 0);
  };
  // Nor could a sanitizer start the process that looks for leaks at the end.
  start({.environment = {{"ASAN_OPTIONS", "detect_leaks=0"}}, .prepare = enter_dead_namespace});
  REQUIRE(eventually_stat("down"));
  CHECK(says_once("unable to fork, sleeping: out of memory\n"));
  CHECK(status()->want == 'u');
  REQUIRE(service.control("x"));
  CHECK(runsv->wait() == exited(0));
  CHECK(service.count("./run start") == 0);
}

SCENARIO_METHOD(OwnFileSystem,
                "runsv whose supervise is on a full disk publishes what is so once there is room (root)",
                "[fixed]") {
  start_there("size=64k");
  REQUIRE(service.saw("./run start"));
  REQUIRE(eventually([&] { return run_pid(seen()) != 0; }));
  {
    std::ofstream filler(seen() / "supervise/filler");
    const std::string block(4096, 'x');
    while (filler << block << std::flush) {
    }
  }
  end_run_there(2);
  CHECK(says_once("out of disk space\n"));
  REQUIRE(control_there("1"));
  CHECK(service.saw("./run signal USR1"));
  std::filesystem::remove(seen() / "supervise/filler");
  CHECK(is_right_again());
  CHECK(service.count("./run start") == 2);
}

SCENARIO_METHOD(OwnFileSystem, "runsv does not start where its supervise can only be read (root)") {
  start_there("", MS_RDONLY);
  CHECK(runsv->wait() == exited(111));
  CHECK(runsv->err() == "runsv " + service.path().string() +
                            ": fatal: unable to open supervise/lock: read-only file system\n");
  CHECK(service.history().empty());
}
