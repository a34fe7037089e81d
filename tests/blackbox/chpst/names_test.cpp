// The names of daemontools: envdir envuidgid pgrphack setlock setuidgid softlimit, each with a leading d as
// well.
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "may_become_another_user.hpp"
#include "scene.hpp"

using namespace runvisor::testing;

namespace {

constexpr const char* kSetlockUsage = "usage: setlock [ -nNxX ] file program [ arg ... ]\n\n";
constexpr const char* kSoftlimitUsage =
    "usage: softlimit [-a allbytes] [-c corebytes] [-d databytes] [-f filebytes] [-l lockbytes] [-m "
    "membytes] "
    "[-o openfiles] [-p processes] [-r residentbytes] [-s stackbytes] [-t cpusecs] child\n\n";

void check_wrong_use(const Finished& result, const std::string& words) {
  CHECK(result.ending == exited(100));
  CHECK(result.err == words);
  CHECK(result.out.empty());
}

/// A lock file `lock` that somebody holds.
struct HeldLock : Scene {
  HeldLock() : fd_(::open((path() / "lock").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600)) {
    REQUIRE(::flock(fd_, LOCK_EX | LOCK_NB) == 0);
  }
  ~HeldLock() { release(); }
  HeldLock(const HeldLock&) = delete;
  HeldLock& operator=(const HeldLock&) = delete;

  void release() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }
  /// Whether such a call waits for the lock, and then runs its program.
  [[nodiscard]] bool waits(const std::string& name, const std::vector<std::string>& arguments) {
    Process process = start(name, arguments);
    const bool asleep =
        eventually([&] { return !process.running() || process_state(process.pid()) == 'S'; }) &&
        stays([&] { return process.running(); }, 100ms);
    release();
    return process.wait() == exited(0) && asleep;
  }

 private:
  int fd_;
};

}  // namespace

SCENARIO_METHOD(Scene, "envdir DIR sets variables as chpst -e does") {
  file("env/NAME", "value \nsecond\n");
  file("env/HOME");
  for (const char* name : {"envdir", "denvdir"}) {
    const ProcessState found = state_by(name, {"env"});
    CHECK(found.environment ==
          std::map<std::string, std::string>{{"NAME", "value"}, {"PATH", "/usr/bin:/bin"}});
  }
}

SCENARIO_METHOD(Scene, "envdir takes no options") {
  check_wrong_use(called("envdir", {}), "usage: envdir dir child\n\n");
  check_wrong_use(called("envdir", {"env"}), "usage: envdir dir child\n\n");
  check_wrong_use(called("envdir", {"-V"}), "usage: envdir dir child\n\n");
  check_fatal(called("envdir", {"-v", "env", "./probe"}),
              "unable to switch to directory: -v: file does not exist");
  check_fatal(called("envdir", {"--", "env", "./probe"}),
              "unable to switch to directory: --: file does not exist");
  directory("env");
  check_fatal(called("envdir", {"env", "--", "./probe"}), "unable to run: --: file does not exist");
  check_wrong_use(called("denvdir", {}), "usage: envdir dir child\n\n");
}

SCENARIO_METHOD(Scene, "envdir fails on a subdirectory") {
  directory("env/sub");
  check_fatal(called("envdir", {"env", "./probe"}), "unable to read env/sub: is a directory");
  CHECK(chpst({"-e", "env", "./probe"}).ending == exited(0));
}

SCENARIO_METHOD(Scene, "envuidgid ACCOUNT sets UID and GID") {
  for (const char* name : {"envuidgid", "denvuidgid"}) {
    const ProcessState found = state_by(name, {"nobody"});
    CHECK(found.environment.at("UID") == state({"-U", "nobody"}).environment.at("UID"));
    CHECK(found.environment.at("GID") == state({"-U", "nobody"}).environment.at("GID"));
    CHECK(found.variables.size() == 4);
    CHECK(found.uids[0] == ::geteuid());
  }
}

SCENARIO_METHOD(Scene, "setuidgid ACCOUNT takes the account's ids, and nothing else") {
  if (!may_become_another_user()) return;
  for (const char* name : {"setuidgid", "dsetuidgid"}) {
    const ProcessState found = state_by(name, {"nobody"});
    const ProcessState expected = state({"-u", "nobody"});
    CHECK(found.uids == expected.uids);
    CHECK(found.gids == expected.gids);
    CHECK(found.groups == expected.groups);
    CHECK(found.variables.size() == 2);
  }
}

SCENARIO_METHOD(Scene, "setuidgid and envuidgid take the name of an account only") {
  for (const std::string name : {"setuidgid", "envuidgid"}) {
    check_wrong_use(called(name, {}), "usage: " + name + " account child\n\n");
    check_wrong_use(called(name, {"nobody"}), "usage: " + name + " account child\n\n");
    check_wrong_use(called("d" + name, {"nobody"}), "usage: " + name + " account child\n\n");
    for (const char* account : {"nosuch", "nobody:tty", ":1:2", "65534", "", "-v", "--"}) {
      INFO(account);
      check_fatal(called(name, {account, "./probe"}), "unknown account: " + std::string(account));
    }
  }
  check_fatal(called("envuidgid", {"root", "--", "./probe"}), "unable to run: --: file does not exist");
}

SCENARIO_METHOD(Scene, "pgrphack runs the program in a session of its own") {
  for (const char* name : {"pgrphack", "dpgrphack"}) {
    const ProcessState found = state_by(name, {});
    CHECK(found.session == found.pid);
    CHECK(found.process_group == found.pid);
    check_wrong_use(called(name, {}), "usage: pgrphack child\n\n");
  }
  check_fatal(called("pgrphack", {"-V"}), "unable to run: -V: file does not exist");
  check_fatal(called("pgrphack", {"--", "./probe"}), "unable to run: --: file does not exist");
}

SCENARIO_METHOD(Scene, "setlock runs the program with the lock held") {
  for (const char* name : {"setlock", "dsetlock"}) {
    const ProcessState found = state_by(name, {"lock"});
    CHECK(found.descriptors.size() == 4);
    CHECK(found.descriptors.at(3) == path() / "lock");
  }
  CHECK(mode_of(path() / "lock") == 0600);
  CHECK(called("setlock", {"-nNxX", "lock", "./probe", "", "5"}).ending == exited(5));
  CHECK(called("setlock", {"--", "lock", "./probe"}).ending == exited(0));
  check_fatal(called("setlock", {"lock", "-x", "./probe"}), "unable to run: -x: file does not exist");
}

SCENARIO_METHOD(Scene, "setlock tells its own usage") {
  check_wrong_use(called("setlock", {}), kSetlockUsage);
  check_wrong_use(called("setlock", {"lock"}), kSetlockUsage);
  check_wrong_use(called("setlock", {"-x", "lock"}), kSetlockUsage);
  check_wrong_use(called("setlock", {"-V"}), std::string("setlock: illegal option -- V\n") + kSetlockUsage);
  check_wrong_use(called("dsetlock", {"-Q", "lock", "./probe"}),
                  std::string("dsetlock: illegal option -- Q\n") + kSetlockUsage);
  CHECK_FALSE(exists("lock"));
}

SCENARIO_METHOD(HeldLock, "setlock fails at once when the lock is held, by default and with -N") {
  for (const auto& arguments : std::vector<std::vector<std::string>>{{"lock", "./probe"},
                                                                     {"-N", "lock", "./probe"},
                                                                     {"-nN", "lock", "./probe"},
                                                                     {"-X", "lock", "./probe"}}) {
    check_fatal(called("setlock", arguments), "unable to lock: lock: temporary failure");
  }
  check_fatal(called("dsetlock", {"lock", "./probe"}), "unable to lock: lock: temporary failure");
}

SCENARIO_METHOD(HeldLock, "setlock -n waits for the lock") {
  CHECK(waits("setlock", {"-n", "lock", "true"}));
}

SCENARIO_METHOD(HeldLock, "setlock -N -n waits for the lock") {
  CHECK(waits("setlock", {"-N", "-n", "lock", "true"}));
}

SCENARIO_METHOD(HeldLock, "setlock -x ends with 0, in silence, when something goes wrong") {
  const auto silent = [&](const std::vector<std::string>& arguments) {
    const Finished result = called("setlock", arguments);
    CHECK(result.ending == exited(0));
    CHECK(result.err.empty());
    CHECK(result.out.empty());
  };
  silent({"-x", "lock", "./probe"});
  silent({"-Xx", "lock", "./probe"});
  silent({"-x", "nosuch/lock", "./probe"});
  silent({"-x", "other", "./nosuch"});
  CHECK(called("setlock", {"-x", "other", "./probe", "", "5"}).ending == exited(5));
}

SCENARIO_METHOD(HeldLock, "setlock -X takes -x back") {
  check_fatal(called("setlock", {"-xX", "lock", "./probe"}), "unable to lock: lock: temporary failure");
  check_fatal(called("setlock", {"-x", "-X", "nosuch/lock", "./probe"}),
              "unable to open lock: nosuch/lock: file does not exist");
}

SCENARIO_METHOD(Scene, "softlimit sets the soft limit that each option names") {
  struct Case {
    const char* option;
    int resource;
  };
  const ProcessState before = state({});
  for (const Case& one :
       {Case{"-a", RLIMIT_AS}, Case{"-c", RLIMIT_CORE}, Case{"-d", RLIMIT_DATA}, Case{"-f", RLIMIT_FSIZE},
        Case{"-l", RLIMIT_MEMLOCK}, Case{"-o", RLIMIT_NOFILE}, Case{"-p", RLIMIT_NPROC},
        Case{"-r", RLIMIT_RSS}, Case{"-s", RLIMIT_STACK}, Case{"-t", RLIMIT_CPU}}) {
    INFO(one.option);
    // Small enough to be below the hard limits, large enough for the probe to run.
    const std::string value =
        one.resource == RLIMIT_NOFILE || one.resource == RLIMIT_NPROC ? "123" : "100000000";
    for (const char* name : {"softlimit", "dsoftlimit"}) {
      const ProcessState found = state_by(name, {one.option, value});
      for (const auto& [resource, limit] : found.limits) {
        const rlim_t soft = resource == one.resource ? std::min<rlim_t>(std::stoull(value), limit.hard)
                                                     : before.limits.at(resource).soft;
        CHECK(limit == Limit{.soft = soft, .hard = before.limits.at(resource).hard});
      }
    }
  }
}

SCENARIO_METHOD(Scene, "softlimit -m limits data, stack, locked memory and address space") {
  const auto found = state_by("softlimit", {"-m", "100000000"}).limits;
  for (const int resource : {RLIMIT_DATA, RLIMIT_STACK, RLIMIT_MEMLOCK, RLIMIT_AS}) {
    CHECK(found.at(resource).soft == std::min<rlim_t>(100000000, found.at(resource).hard));
  }
  const auto later = state_by("softlimit", {"-m", "100000000", "-s", "200000000", "-a", "300000000"}).limits;
  CHECK(later.at(RLIMIT_DATA).soft == 100000000);
  CHECK(later.at(RLIMIT_STACK).soft == 200000000);
  CHECK(later.at(RLIMIT_AS).soft == 300000000);
}

SCENARIO_METHOD(Scene, "softlimit takes = for the hard limit") {
  options.limits = {{RLIMIT_NOFILE, 100}, {RLIMIT_CORE, 1000}};
  const Finished result =
      chpst({"-o", "50", "-c", "500", path() / "called/softlimit", "-o", "=", "-c=", path() / "probe"});
  // The link is there once it has been called.
  static_cast<void>(called("softlimit", {}));
  const Finished again =
      chpst({"-o", "50", "-c", "500", path() / "called/softlimit", "-o", "=", "-c=", path() / "probe"});
  static_cast<void>(result);
  const ProcessState found = read_process_state(again.out);
  CHECK(found.limits.at(RLIMIT_NOFILE) == Limit{.soft = 100, .hard = 100});
  CHECK(found.limits.at(RLIMIT_CORE) == Limit{.soft = 1000, .hard = 1000});
}

SCENARIO_METHOD(Scene, "softlimit without options runs the program") {
  CHECK(state_by("softlimit", {}).limits == state({}).limits);
  CHECK(called("softlimit", {"--", "./probe"}).ending == exited(0));
  check_fatal(called("softlimit", {"-o10", "./nosuch"}), "unable to run: ./nosuch: file does not exist");
}

SCENARIO_METHOD(Scene, "softlimit tells its own usage, and chpst's when a number is wrong") {
  check_wrong_use(called("softlimit", {}), kSoftlimitUsage);
  check_wrong_use(called("softlimit", {"-o", "5"}), kSoftlimitUsage);
  check_wrong_use(called("softlimit", {"-V"}),
                  std::string("softlimit: illegal option -- V\n") + kSoftlimitUsage);
  check_wrong_use(called("softlimit", {"-u", "root", "./probe"}),
                  std::string("softlimit: illegal option -- u\n") + kSoftlimitUsage);
  check_wrong_use(called("softlimit", {"-o"}),
                  std::string("softlimit: option requires an argument -- o\n") + kSoftlimitUsage);
  check_wrong_use(called("dsoftlimit", {"-v", "./probe"}),
                  std::string("dsoftlimit: illegal option -- v\n") + kSoftlimitUsage);
  for (const char* value : {"5x", "x", "-5", "5=", "+5"}) {
    check_usage(called("softlimit", {"-o", value, "./probe"}), "", "softlimit");
  }
}

SCENARIO_METHOD(Scene, "the names of daemontools run the program as chpst does") {
  file("env/A", "1");
  for (const auto& [name, arguments] :
       std::vector<std::pair<std::string, std::vector<std::string>>>{{"envdir", {"env"}},
                                                                     {"envuidgid", {"nobody"}},
                                                                     {"pgrphack", {}},
                                                                     {"setlock", {"lock"}},
                                                                     {"softlimit", {}}}) {
    INFO(name);
    std::vector<std::string> call = arguments;
    call.insert(call.end(), {"sh", "-c", "exit 9"});
    CHECK(called(name, call).ending == exited(9));
    call = arguments;
    call.emplace_back("nosuch");
    check_fatal(called(name, call), "unable to run: nosuch: file does not exist");
    call = arguments;
    call.insert(call.end(), {"./probe", "", "0", "-Z", "--"});
    const Finished result = called(name, call);
    CHECK(read_process_state(result.out).argv == std::vector<std::string>{"./probe", "", "0", "-Z", "--"});
  }
}

SCENARIO_METHOD(Scene, "chpst under any other name is chpst") {
  for (const char* name : {"envdirs", "xsetlock", "softlimit.sh", "ENVDIR"}) {
    INFO(name);
    CHECK(state_by(name, {"-n0", "-b", "argv0"}).argv.front() == "argv0");
    check_usage(called(name, {}), "", name);
  }
  // A leading d is left out of the usage's name, whatever follows it.
  for (const std::string name : {"chpst", "other", "denvdir"}) {
    INFO(name);
    CHECK(state_by("d" + name, {"-n0", "-b", "argv0"}).argv.front() == "argv0");
    check_usage(called("d" + name, {"-Z"}), "d" + name + ": illegal option -- Z\n", name);
  }
}
