// What chpst can do beyond runit's: hard limits, and the long options.
#include <linux/capability.h>
#include <sched.h>
#include <unistd.h>

#include "may_become_another_user.hpp"
#include "scene.hpp"

using namespace runvisor::testing;

namespace {

constexpr std::uint64_t bit(unsigned capability) { return std::uint64_t{1} << capability; }

/// A call with a wrong option or argument, named by `complaint`.
void check_wrong(const Finished& result, const std::string& complaint) {
  check_usage(result, "chpst: " + complaint + "\n");
}

/// The class of an I/O priority, and the level in it.
std::pair<int, int> io_class(const ProcessState& found) {
  return {found.io_priority >> 13, found.io_priority & 7};
}

}  // namespace

SCENARIO_METHOD(Scene, "chpst knows long options, and ends its options at -- only", "[fixed]") {
  check_wrong(chpst({"--help"}), "illegal option -- help");
  check_wrong(chpst({"--foo", "./probe"}), "illegal option -- foo");
  check_wrong(chpst({"--uma", "022", "./probe"}), "illegal option -- uma");
  check_wrong(chpst({"--umask"}), "option requires an argument -- umask");
  CHECK(state({"--umask", "027", "--"}).umask == 027);
  CHECK(state({"--umask=027", "-n0", "--umask=026"}).umask == 026);
  check_fatal(chpst({"--", "--umask=027", "./probe"}), "unable to run: --umask=027: file does not exist");
}

SCENARIO_METHOD(Scene, "chpst sets hard limits, too", "[fixed]") {
  options.limits = {{RLIMIT_NOFILE, 100}, {RLIMIT_CORE, 1000}};
  CHECK(state({"-o", "50:60"}).limits.at(RLIMIT_NOFILE) == Limit{.soft = 50, .hard = 60});
  CHECK(state({"-o", "70:60"}).limits.at(RLIMIT_NOFILE) == Limit{.soft = 60, .hard = 60});
  CHECK(state({"-o", ":60"}).limits.at(RLIMIT_NOFILE) == Limit{.soft = 60, .hard = 60});
  CHECK(state({"-o", "50:"}).limits.at(RLIMIT_NOFILE) == Limit{.soft = 50, .hard = 100});
  CHECK(state({"-o", "+60"}).limits.at(RLIMIT_NOFILE) == Limit{.soft = 60, .hard = 60});
  CHECK(state({"-c", "="}).limits.at(RLIMIT_CORE) == Limit{.soft = 1000, .hard = 1000});
  CHECK(state({"-c", "unlimited"}).limits.at(RLIMIT_CORE) == Limit{.soft = 1000, .hard = 1000});
  for (const char* value : {"+", ":", "+5:6", "5:6:7", "5:x", "x:5", "-5:6", "+-5", "::"}) {
    INFO(value);
    check_usage(chpst({"-o", value, "./probe"}));
  }
}

SCENARIO_METHOD(Scene, "chpst raises hard limits before it becomes another user", "[fixed]") {
  if (!may_become_another_user()) return;
  options.limits = {{RLIMIT_CORE, 1000}};
  if (has_capability(CAP_SYS_RESOURCE, "raising hard limits")) {
    CHECK(state({"-u", "nobody", "-c", "+2000"}).limits.at(RLIMIT_CORE) == Limit{.soft = 2000, .hard = 2000});
    CHECK(state({"-u", "nobody", "-c", ":2000"}).limits.at(RLIMIT_CORE) == Limit{.soft = 1000, .hard = 2000});
    CHECK(state({"-u", "nobody", "-c", "infinity:infinity"}).limits.at(RLIMIT_CORE) ==
          Limit{.soft = RLIM_INFINITY, .hard = RLIM_INFINITY});
  }
  options.uid = kNobody;
  check_fatal(chpst({"-c", "+2000", "./probe"}), "unable to setrlimit(): permission denied");
  CHECK(state({"-c", "+500"}).limits.at(RLIMIT_CORE) == Limit{.soft = 500, .hard = 500});
}

SCENARIO_METHOD(Scene, "a hard limit hinders nothing that chpst itself does", "[fixed]") {
  CHECK(state({"-o", "+3", "-l", "lock"}).descriptors.count(3) == 1);
  CHECK(state({"-o", "0:0", "-l", "lock", "-v"}).limits.at(RLIMIT_NOFILE) == Limit{.soft = 0, .hard = 0});
  if (!may_become_another_user()) return;
  // A user of this test's own, who has a process already.
  const std::string user = ":" + std::to_string(3'000'000'000U + static_cast<unsigned>(::getpid())) + ":1";
  const Process other = start("chpst", {"-u", user, "sleep", "1000"});
  CHECK(eventually([&] { return command_line(other.pid()) == std::vector<std::string>{"sleep", "1000"}; }));
  CHECK(state({"-u", user, "-p", "+1"}).limits.at(RLIMIT_NPROC) == Limit{.soft = 1, .hard = 1});
}

SCENARIO_METHOD(Scene, "chpst --umask sets the file mode mask, for the lock as well", "[fixed]") {
  CHECK(state({"--umask", "0"}).umask == 0);
  CHECK(state({"--umask", "0777"}).umask == 0777);
  CHECK(chpst({"--umask", "400", "-l", "lock", "./probe"}).ending == exited(0));
  CHECK(mode_of(path() / "lock") == 0200);
  for (const char* value : {"", "8", "1000", "-1", "022x", "u=rwx"}) {
    INFO(value);
    check_wrong(chpst({"--umask", value, "./probe"}), "invalid argument -- umask");
  }
}

SCENARIO_METHOD(Scene, "chpst --oom sets the OOM score", "[fixed]") {
  CHECK(state({"--oom", "500"}).oom_score == "500");
  CHECK(state({"--oom", "+1000"}).oom_score == "1000");
  if (may_become_another_user()) {
    // The score is set while there still is a /proc, and by root.
    CHECK(state({"--oom", "700", "-u", "nobody"}).oom_score == "700");
    directory("root");
    std::filesystem::copy_file(path() / "probe", path() / "root/probe");
    CHECK(chpst({"--oom", "700", "-/", "root", "/probe"}).ending == exited(0));
    if (has_capability(CAP_SYS_RESOURCE, "lowering the OOM score"))
      CHECK(state({"--oom", "-1000", "-u", "nobody"}).oom_score == "-1000");
    options.uid = kNobody;
    check_fatal(chpst({"--oom", "-5", "./probe"}), "unable to set OOM score: access denied");
    options.uid.reset();
  }
  for (const char* value : {"", "1001", "-1001", "x", "5x", " 5"}) {
    INFO(value);
    check_wrong(chpst({"--oom", value, "./probe"}), "invalid argument -- oom");
  }
}

SCENARIO_METHOD(Scene, "chpst --io-scheduler sets the class of input and output", "[fixed]") {
  CHECK(io_class(state({"--io-scheduler", "best-effort:7"})) == std::pair(2, 7));
  CHECK(io_class(state({"--io-scheduler", "best-effort:0"})) == std::pair(2, 0));
  CHECK(io_class(state({"--io-scheduler", "idle"})).first == 3);
  if (may_become_another_user()) {
    if (has_capability(CAP_SYS_NICE, "real-time input and output")) {
      CHECK(io_class(state({"--io-scheduler", "rt:3", "-u", "nobody"})) == std::pair(1, 3));
    }
    options.uid = kNobody;
    check_fatal(chpst({"--io-scheduler", "rt", "./probe"}), "unable to set I/O priority: permission denied");
    options.uid.reset();
  }
  for (const char* value : {"", "rt:8", "rt:-1", "rt:", "idle:x", "best-effort:1:2", "7", "none"}) {
    INFO(value);
    check_wrong(chpst({"--io-scheduler", value, "./probe"}), "invalid argument -- io-scheduler");
  }
}

SCENARIO_METHOD(Scene, "chpst --cpu-scheduler sets the scheduling policy", "[fixed]") {
  CHECK(state({"--cpu-scheduler", "batch"}).scheduler == std::pair(SCHED_BATCH, 0));
  CHECK(state({"--cpu-scheduler", "idle", "-n", "3"}).scheduler == std::pair(SCHED_IDLE, 0));
  CHECK(state({"--cpu-scheduler", "other"}).scheduler == std::pair(SCHED_OTHER, 0));
  if (may_become_another_user()) {
    if (has_capability(CAP_SYS_NICE, "real-time scheduling")) {
      CHECK(state({"--cpu-scheduler", "fifo:5", "-u", "nobody"}).scheduler == std::pair(SCHED_FIFO, 5));
      CHECK(state({"--cpu-scheduler", "rr:99"}).scheduler == std::pair(SCHED_RR, 99));
    }
    options.uid = kNobody;
    check_fatal(chpst({"--cpu-scheduler", "rr:1", "./probe"}),
                "unable to set scheduling policy: permission denied");
    options.uid.reset();
  }
  for (const char* value :
       {"", "fifo", "rr", "fifo:0", "rr:100", "batch:1", "other:", "deadline:1", "fifo:1:2"}) {
    INFO(value);
    check_wrong(chpst({"--cpu-scheduler", value, "./probe"}), "invalid argument -- cpu-scheduler");
  }
}

SCENARIO_METHOD(Scene, "chpst --no-new-privs is for good", "[fixed]") {
  CHECK_FALSE(state({}).no_new_privileges);
  CHECK(state({"--no-new-privs"}).no_new_privileges);
  if (!may_become_another_user()) return;
  const ProcessState found = state({"--no-new-privs", "-u", "nobody", "--caps-keep", "net_raw"});
  CHECK(found.no_new_privileges);
  CHECK(found.effective == bit(CAP_NET_RAW));
}

SCENARIO_METHOD(Scene, "chpst --caps-keep keeps these capabilities, and no others", "[fixed]") {
  if (!may_become_another_user()) return;
  for (const char* list :
       {"net_bind_service,net_raw", "NET_RAW,CAP_NET_BIND_SERVICE", "cap_net_raw,net_bind_service"}) {
    INFO(list);
    const ProcessState found = state({"-u", "nobody", "--caps-keep", list});
    const std::uint64_t kept = bit(CAP_NET_BIND_SERVICE) | bit(CAP_NET_RAW);
    CHECK(found.uids[1] == kNobody);
    CHECK(found.effective == kept);
    CHECK(found.permitted == kept);
    CHECK(found.inheritable == kept);
    CHECK(found.ambient == kept);
    CHECK(found.bounding == state({}).bounding);
    CHECK(found.securebits == 0);
  }
  const ProcessState none = state({"-u", "nobody", "--caps-keep", ""});
  CHECK(none.permitted == 0);
  CHECK(none.ambient == 0);
}

SCENARIO_METHOD(Scene, "capabilities kept by chpst outlive the next program's start", "[fixed]") {
  if (!may_become_another_user()) return;
  const Finished result = chpst({"-u", "nobody", "--caps-keep=net_raw", "sh", "-c", "exec ./probe"});
  CHECK(read_process_state(result.out).effective == bit(CAP_NET_RAW));
  const Finished after = chpst({"-u", "nobody", "sh", "-c", "exec ./probe"});
  CHECK(read_process_state(after.out).effective == 0);
}

SCENARIO_METHOD(Scene, "chpst --caps-drop keeps all capabilities but these", "[fixed]") {
  if (!may_become_another_user()) return;
  const std::uint64_t own = state({}).permitted;
  const ProcessState found = state({"-u", "nobody", "--caps-drop", "sys_admin,kill"});
  const std::uint64_t kept = own & ~(bit(CAP_SYS_ADMIN) | bit(CAP_KILL));
  CHECK(found.effective == kept);
  CHECK(found.permitted == kept);
  CHECK(found.ambient == kept);
}

SCENARIO_METHOD(Scene, "chpst limits capabilities of a user without privileges, and gives none", "[fixed]") {
  if (!may_become_another_user()) return;
  const Finished less = chpst({"-u", "nobody", "--caps-keep", "net_raw,kill", path() / "called/chpst",
                               "--caps-drop", "kill", "./probe"});
  CHECK(read_process_state(less.out).effective == bit(CAP_NET_RAW));
  options.uid = kNobody;
  check_fatal(chpst({"--caps-keep", "net_raw,kill", "./probe"}),
              "unable to keep capabilities: kill,net_raw: permission denied");
}

SCENARIO_METHOD(Scene, "chpst does not limit the capabilities of root, which would get them back",
                "[fixed]") {
  if (!may_become_another_user()) return;
  for (const char* option : {"--caps-keep", "--caps-drop"}) {
    check_fatal(chpst({option, "kill", "./probe"}), "unable to limit capabilities: the user is root");
    check_fatal(chpst({option, "kill", "-u", "root", "./probe"}),
                "unable to limit capabilities: the user is root");
  }
}

SCENARIO_METHOD(Scene, "chpst --cap-bs-drop and --cap-bs-keep limit what any program can gain", "[fixed]") {
  if (!may_become_another_user()) return;
  const std::uint64_t own = state({}).bounding;
  for (const char* option : {"--cap-bs-drop", "--caps-bs-drop"}) {
    const ProcessState found = state({option, "sys_module,sys_time"});
    CHECK(found.bounding == (own & ~(bit(CAP_SYS_MODULE) | bit(CAP_SYS_TIME))));
    // Root gets what the bounding set allows.
    CHECK(found.effective == found.bounding);
  }
  for (const char* option : {"--cap-bs-keep", "--caps-bs-keep"}) {
    CHECK(state({option, "kill"}).bounding == bit(CAP_KILL));
    CHECK(state({option, ""}).effective == 0);
  }
  const ProcessState both =
      state({"-u", "nobody", "--cap-bs-keep", "kill,net_raw", "--caps-keep", "net_raw"});
  CHECK(both.bounding == (bit(CAP_KILL) | bit(CAP_NET_RAW)));
  CHECK(both.effective == bit(CAP_NET_RAW));
  // What is out of the bounding set cannot be passed on.
  check_fatal(chpst({"-u", "nobody", "--cap-bs-keep", "kill", "--caps-keep", "net_raw", "./probe"}),
              "unable to set capabilities: permission denied");
}

SCENARIO_METHOD(Scene, "chpst takes no capability that it does not know, and one list of a kind", "[fixed]") {
  for (const std::string option : {"caps-keep", "caps-drop", "cap-bs-keep", "cap-bs-drop"}) {
    for (const char* list : {"nosuch", "kill,nosuch", "kill,", ",kill", "kill,,chown", "cap_", "kill chown",
                             " kill", "cap_cap_kill"}) {
      INFO(option << " " << list);
      check_wrong(chpst({"--" + option, list, "./probe"}), "invalid argument -- " + option);
    }
  }
  check_wrong(chpst({"--caps-keep=kill", "--caps-drop=chown", "./probe"}), "invalid argument -- caps-drop");
  check_wrong(chpst({"--cap-bs-keep=kill", "--cap-bs-keep=chown", "./probe"}),
              "invalid argument -- cap-bs-keep");
}

SCENARIO_METHOD(Scene, "chpst -u that has not become the user, whatever the kernel says, runs nothing",
                "[fixed]") {
  if (!may_become_another_user()) return;
  const std::string chpst_path = program("chpst");
  const auto deceived = [&](const std::string& calls, std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {test_program("without-effect"), calls, chpst_path});
    arguments.emplace_back("./probe");
    return run(arguments, options);
  };
  const auto honest = deceived("setuid", {}).ending;
  if (honest == exited(77)) {
    WARN("no system call filters to be had: left out");
    return;
  }
  REQUIRE(honest == exited(0));
  for (const char* calls : {"setuid", "setgid", "setgroups", "setuid,setgid,setgroups"}) {
    INFO(calls);
    check_fatal(deceived(calls, {"-u", "nobody:tty:daemon"}),
                "unable to verify the user and groups: permission denied");
  }
  // As many groups as are wanted, but others.
  check_fatal(run({chpst_path, "-u", ":0:1:2", test_program("without-effect"), "setgroups", chpst_path, "-u",
                   ":5:1:7", "./probe"},
                  options),
              "unable to verify the user and groups: permission denied");
  check_fatal(deceived("capability-loss", {"-u", "nobody"}),
              "unable to verify the capabilities: permission denied");
  CHECK(deceived("capset", {"-u", "nobody"}).ending == exited(0));
  check_fatal(deceived("capset", {"-u", "nobody", "--caps-keep", "kill"}),
              "unable to raise ambient capabilities: permission denied");
  check_fatal(deceived("no-new-privileges", {"--no-new-privs"}),
              "unable to refuse new privileges: permission denied");
}
