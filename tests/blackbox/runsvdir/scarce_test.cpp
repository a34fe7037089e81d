// runsvdir under want: no descriptors, no processes, no inotify instances; and when nothing happens at all.
#include <fcntl.h>
#include <poll.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <catch2/catch.hpp>

#include "may_become_another_user.hpp"
#include "scanned_directory.hpp"
#include "support/process_state.hpp"

using namespace runvisor::testing;

namespace {

/// A user of a test's own: limits count what all processes of a user have.
struct OneUser : ScannedDirectory {
  uid_t user = 100'000 + static_cast<uid_t>(::getpid());

  OneUser() { give(scan); }
  void give(const std::filesystem::path& path) const { REQUIRE(::chown(path.c_str(), user, user) == 0); }
  /// A service that belongs to the user.
  ServiceDir service_of_user(const std::string& name) {
    ServiceDir made = prepared(name);
    for (const auto& entry : std::filesystem::recursive_directory_iterator(made.path())) {
      if (!entry.is_symlink()) give(entry.path());
    }
    give(made.path());
    write_file(scratch / ("events-" + std::to_string(++shared_)), "", 0666);
    return made;
  }

 private:
  int shared_ = 0;
};

/// A process of a user that has taken all inotify instances this user may have.
class InotifyHog {
 public:
  explicit InotifyHog(uid_t user) {
    int ready[2];
    REQUIRE(::pipe(ready) == 0);
    pid_ = ::fork();
    if (pid_ == 0) {
      if (::setgid(user) != 0 || ::setuid(user) != 0) ::_exit(1);
      while (::inotify_init1(0) != -1) {
      }
      if (::write(ready[1], "", 1) == 1) ::pause();
      ::_exit(0);
    }
    ::close(ready[1]);
    char byte = 0;
    REQUIRE(::read(ready[0], &byte, 1) == 1);
    ::close(ready[0]);
  }
  ~InotifyHog() { release(); }
  InotifyHog(const InotifyHog&) = delete;
  InotifyHog& operator=(const InotifyHog&) = delete;

  void release() {
    if (pid_ == 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }

 private:
  pid_t pid_ = 0;
};

/// Tells when something is mounted anywhere, for which runsvdir has to wake up.
class Mounts {
 public:
  Mounts() : fd_(::open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC)) { REQUIRE(fd_ != -1); }
  ~Mounts() { ::close(fd_); }
  Mounts(const Mounts&) = delete;
  Mounts& operator=(const Mounts&) = delete;

  /// Whether they have changed since the last time this was asked.
  [[nodiscard]] bool changed() const {
    pollfd item{.fd = fd_, .events = POLLPRI, .revents = 0};
    return ::poll(&item, 1, 0) > 0;
  }

 private:
  int fd_;
};

/// How often a process has gone to sleep or been put aside: unchanged as long as it does nothing at all.
std::string context_switches(pid_t pid) {
  const std::string status = read_file("/proc/" + std::to_string(pid) + "/status");
  return status.substr(status.find("voluntary_ctxt_switches"));
}

}  // namespace

SCENARIO_METHOD(OneUser, "runsvdir without an inotify instance looks every five seconds (root)", "[fixed]") {
  service_of_user("one");
  service_of_user("two");
  service_of_user("three");
  InotifyHog hog(user);
  link("one");
  start({.uid = user});
  REQUIRE(running(scan / "one") != 0);
  CHECK(runsvdir->err() ==
        warning("unable to watch for changes, looking every five seconds: process cannot open "
                "more files"));
  link("two");
  CHECK(running(scan / "two") != 0);
  // Once there is an instance, changes are seen at once again.
  hog.release();
  const auto inotify_open = [&] {
    for (const auto& entry :
         std::filesystem::directory_iterator("/proc/" + std::to_string(runsvdir->pid()) + "/fd")) {
      std::error_code ignored;
      if (std::filesystem::read_symlink(entry.path(), ignored).string().find("inotify") !=
          std::string::npos) {
        return true;
      }
    }
    return false;
  };
  REQUIRE(eventually(inotify_open));
  link("three");
  CHECK(running(scan / "three", at_once()) != 0);
}

SCENARIO_METHOD(OneUser, "runsvdir survives that no more processes may be started (root)") {
  service_of_user("one");
  service_of_user("two");
  service_of_user("three");
  start({.uid = user});
  const auto limit = [&](const char* most) {
    const std::string pid = std::to_string(runsvdir->pid());
    return run({"prlimit", "--pid", pid, std::string("--nproc=") + most + ":"}, {.uid = user}).ending ==
           exited(0);
  };
  REQUIRE(limit("3"));
  link("one");
  REQUIRE(running(scan / "one") != 0);
  // runsvdir, runsv and run: that is all this user may have.
  link("two");
  link("three");
  REQUIRE(complains("unable to fork for "));
  CHECK(complains(": temporary failure\n"));
  REQUIRE(limit("100"));
  CHECK(eventually([&] { return supervisor("two") != 0 && supervisor("three") != 0; }));
  CHECK(runsvdir->running());
}

SCENARIO_METHOD(ScannedDirectory, "runsvdir with too few descriptors says so") {
  const rlim_t limit = GENERATE(range<rlim_t>(5, 16));
  std::filesystem::create_directory(scan / "one");
  start({.limits = {{RLIMIT_NOFILE, limit}}});
  INFO("limit " << limit);
  const auto started = [&] { return supervisor("one") != 0 || complains("unable to start ./run", 1ms); };
  CHECK(eventually([&] { return started() || complains(": process cannot open more files\n", 1ms); }));
  // With as many as these both do their work.
  if (limit == 15) CHECK(eventually(started));
  if (!runsvdir->running()) CHECK(runsvdir->wait() == exited(100));
}

SCENARIO_METHOD(ScannedDirectory, "runsvdir goes on where the system watches no more descriptors") {
  service("one").script("run", "echo marked >&2; exec sleep 1000");
  std::vector<std::string> arguments{test_program("deny-watching"), "4", program("runsvdir"), scan.string(),
                                     "log: " + std::string(200, '.')};
  runsvdir.emplace(arguments, ProcessOptions{.environment = {{"PATH", search_path()}}});
  REQUIRE(running(scan / "one") != 0);
  add("two");
  CHECK(running(scan / "two") != 0);
  // Both what it says of itself and what services write comes into the log.
  const auto logged = [&](const std::string& text) {
    return eventually([&] { return command_line(runsvdir->pid()).back().find(text) != std::string::npos; });
  };
  CHECK(logged("marked"));
  if (!running_as_original()) CHECK(logged("unable to watch descriptors, looking every second"));
  runsvdir->signal(SIGHUP);
  CHECK(runsvdir->wait() == exited(111));
}

SCENARIO_METHOD(ScannedDirectory, "runsvdir sleeps as long as nothing happens", "[fixed]") {
  service("one");
  add("two");
  start_with({scan.string(), "log: ............................"});
  REQUIRE(running(scan / "one") != 0);
  REQUIRE(running(scan / "two") != 0);
  const Mounts mounts;
  const auto sleeps = [&] {
    std::string before = context_switches(runsvdir->pid());
    REQUIRE(eventually([&] {
      ::poll(nullptr, 0, 300);
      return before == std::exchange(before, context_switches(runsvdir->pid()));
    }));
    // Longer than the five seconds of a rescan.
    return stays([&] { return context_switches(runsvdir->pid()) == before; }, 5500ms);
  };
  bool slept = false;
  do {
    (void)mounts.changed();
    slept = sleeps();
  } while (!slept && mounts.changed());
  CHECK(slept);
}

SCENARIO_METHOD(ScannedDirectory,
                "runsvdir opens no more descriptors and takes no more memory as services come and go",
                "[fixed]") {
  service("one");
  start();
  REQUIRE(running(scan / "one") != 0);
  prepared("guest").file("down");
  const auto descriptors = [&] {
    const std::filesystem::directory_iterator entries("/proc/" + std::to_string(runsvdir->pid()) + "/fd");
    return std::distance(begin(entries), end(entries));
  };
  const auto kibibytes = [&] {
    const std::string status = read_file("/proc/" + std::to_string(runsvdir->pid()) + "/status");
    return std::atol(status.c_str() + status.find("VmData:") + std::strlen("VmData:"));
  };
  const auto visit = [&](int times) {
    for (int i = 0; i < times; ++i) {
      link("guest");
      REQUIRE(eventually([&] { return supervised(scan / "guest"); }));
      std::filesystem::remove(scan / "guest");
      REQUIRE(eventually([&] { return !supervised(scratch / "sv/guest"); }));
    }
    REQUIRE(eventually([&] { return supervisors().size() == 1; }));
  };
  visit(running_sanitized() ? 5 : 20);
  const auto descriptors_before = descriptors();
  const long kibibytes_before = kibibytes();
  visit(running_sanitized() ? 20 : 100);
  CHECK(descriptors() == descriptors_before);
  // A sanitizer keeps memory that was freed. musl's heap is spread out before it is used again.
  if (!running_sanitized()) CHECK(kibibytes() <= kibibytes_before + 16);
}

SCENARIO_METHOD(ScannedDirectory, "runsvdir starts with its standard descriptors closed", "[fixed]") {
  ServiceDir one = service("one", Probe().reports_to(scratch / "report"));
  start({.closed = {0, 1, 2}});
  REQUIRE(one.saw("./run start"));
  const Report report = read_report(scratch / "report");
  CHECK(report.descriptors.size() == 3);
  for (const auto& [fd, what] : report.descriptors) CHECK(what == "/dev/null");
}
