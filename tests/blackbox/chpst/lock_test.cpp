// -l and -L.
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "may_become_another_user.hpp"
#include "scene.hpp"

using namespace runvisor::testing;

namespace {

/// Holds a lock as another process would.
class Holder {
 public:
  explicit Holder(const std::filesystem::path& file)
      : fd_(::open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600)) {
    REQUIRE(::flock(fd_, LOCK_EX | LOCK_NB) == 0);
  }
  ~Holder() { release(); }
  Holder(const Holder&) = delete;
  Holder& operator=(const Holder&) = delete;

  void release() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }

 private:
  int fd_;
};

/// Whether somebody holds the lock.
bool held(const std::filesystem::path& file) {
  const int fd = ::open(file.c_str(), O_WRONLY | O_CLOEXEC);
  const bool free = fd >= 0 && ::flock(fd, LOCK_EX | LOCK_NB) == 0;
  ::close(fd);
  return fd >= 0 && !free;
}

}  // namespace

SCENARIO_METHOD(Scene, "chpst holds the lock as long as the program runs") {
  for (const char* option : {"-l", "-L"}) {
    Process process = start("chpst", {option, "lock", "sh", "-c", "echo started; exec sleep 1000"});
    REQUIRE(eventually([&] { return process.out() == "started\n"; }));
    CHECK(held(path() / "lock"));
    process.signal(SIGKILL);
    CHECK(process.wait() == killed_by(SIGKILL));
    CHECK_FALSE(held(path() / "lock"));
  }
}

SCENARIO_METHOD(Scene, "chpst passes the lock on as one descriptor, open for writing") {
  const ProcessState found = state({"-l", "lock"});
  CHECK(found.descriptors.size() == 4);
  CHECK(found.descriptors.at(3) == path() / "lock");
  CHECK((found.descriptor_flags.at(3) & O_ACCMODE) == O_WRONLY);
  CHECK((found.descriptor_flags.at(3) & O_APPEND) != 0);
}

SCENARIO_METHOD(Scene, "chpst does not put the lock where a standard descriptor is missing", "[fixed]") {
  options.closed = {0, 1, 2};
  CHECK(chpst({"-l", "lock", "./probe", "report"}).ending == exited(0));
  const ProcessState found = read_process_state(read_file(path() / "report"));
  CHECK(found.descriptors == std::map<int, std::string>{{3, path() / "lock"}});
}

SCENARIO_METHOD(Scene, "chpst makes a lock file that only its owner may use, and empties none") {
  options.umask = 0;
  CHECK(chpst({"-l", "lock", "./probe"}).ending == exited(0));
  CHECK(mode_of(path() / "lock") == 0600);
  file("kept", "content", 0644);
  CHECK(chpst({"-L", "kept", "./probe"}).ending == exited(0));
  CHECK(read_file(path() / "kept") == "content");
  CHECK(mode_of(path() / "kept") == 0644);
  options.umask = 0777;
  CHECK(chpst({"-l", "masked", "./probe"}).ending == exited(0));
  CHECK(mode_of(path() / "masked") == 0);
}

SCENARIO_METHOD(Scene, "chpst -L fails at once when the lock is held") {
  const Holder holder(path() / "lock");
  check_fatal(chpst({"-L", "lock", "./probe"}), "unable to lock: lock: temporary failure");
}

SCENARIO_METHOD(Scene, "chpst -l waits for the lock") {
  Holder holder(path() / "lock");
  Process process = start("chpst", {"-l", "lock", "sh", "-c", "echo started"});
  // It waits in flock, by then asleep; and it has not been started meanwhile.
  REQUIRE(eventually([&] { return process_state(process.pid()) == 'S'; }));
  CHECK(stays([&] { return process.running() && process.out().empty(); }, 200ms));
  holder.release();
  CHECK(process.wait() == exited(0));
  CHECK(process.out() == "started\n");
}

SCENARIO_METHOD(Scene, "a signal ends a chpst that waits for a lock") {
  const Holder holder(path() / "lock");
  Process process = start("chpst", {"-l", "lock", "./probe"});
  REQUIRE(eventually([&] { return process_state(process.pid()) == 'S'; }));
  process.signal(SIGTERM);
  CHECK(process.wait() == killed_by(SIGTERM));
}

SCENARIO_METHOD(Scene, "chpst takes -l or -L once, and not both") {
  check_usage(chpst({"-l", "one", "-L", "two", "./probe"}));
  check_usage(chpst({"-L", "one", "-l", "two", "./probe"}));
  CHECK_FALSE(exists("one"));
  CHECK_FALSE(exists("two"));
}

SCENARIO_METHOD(Scene, "chpst tells why a lock cannot be opened") {
  directory("folder");
  REQUIRE(::mkfifo((path() / "fifo").c_str(), 0644) == 0);
  for (const char* option : {"-l", "-L"}) {
    check_fatal(chpst({option, "nosuch/lock", "./probe"}),
                "unable to open lock: nosuch/lock: file does not exist");
    check_fatal(chpst({option, "folder", "./probe"}), "unable to open lock: folder: is a directory");
    check_fatal(chpst({option, "", "./probe"}), "unable to open lock: : file does not exist");
    check_fatal(chpst({option, "fifo", "./probe"}), "unable to open lock: fifo: device not configured");
  }
}

SCENARIO_METHOD(Scene, "chpst follows a link to the lock") {
  std::filesystem::create_symlink("target", path() / "link");
  CHECK(chpst({"-l", "link", "./probe"}).ending == exited(0));
  CHECK(exists("target"));
}

SCENARIO_METHOD(Scene, "chpst opens the lock as the user it has become") {
  if (!may_become_another_user()) return;
  check_fatal(chpst({"-u", "nobody", "-l", "lock", "./probe"}), "unable to open lock: lock: access denied");
  CHECK_FALSE(exists("lock"));
  check_fatal(chpst({"-l", "lock", "-u", "nobody", "./probe"}), "unable to open lock: lock: access denied");
  std::filesystem::permissions(path(), std::filesystem::perms(0777));
  CHECK(chpst({"-u", ":12345:23456", "-l", "lock", "./probe"}).ending == exited(0));
  struct stat info {};
  REQUIRE(::stat((path() / "lock").c_str(), &info) == 0);
  CHECK(info.st_uid == 12345);
  CHECK(info.st_gid == 23456);
}
