// What a new runsv makes of the processes that a killed one has left.
#include <fcntl.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <random>
#include <sstream>
#include <vector>

#include <catch2/catch.hpp>

#include "may_become_another_user.hpp"
#include "support/supervised_service.hpp"

using namespace runvisor::testing;

namespace {

struct AbandonedService : SupervisedService {
  std::filesystem::path logged = scratch / "logged";

  /// Kills runsv. What it has started goes on, as this test's children.
  void kill_runsv() {
    killed_.push_back(std::move(*runsv));
    killed_.back().signal(SIGKILL);
    REQUIRE(killed_.back().wait() == killed_by(SIGKILL));
  }
  /// Kills runsv and starts another.
  void replace_runsv(const ProcessOptions& options = {}) {
    kill_runsv();
    start(options);
    REQUIRE(eventually([&] { return supervised(service.path()); }));
  }
  /// Waits for the end of a process that runsv has left, and collects it as process 1 would.
  [[nodiscard]] static bool collect(pid_t pid) {
    return eventually([&] { return ::waitpid(pid, nullptr, WNOHANG) == pid; });
  }

  [[nodiscard]] std::string lock_file() const { return read_file(service / "supervise/lock"); }
  [[nodiscard]] bool eventually_logged(const std::string& text) const {
    return eventually([&] { return std::filesystem::exists(logged) && read_file(logged) == text; });
  }

 private:
  std::vector<Process> killed_;
};

/// Whether this kernel tells others than the parent how a process has ended.
bool kernel_tells_ends() {
  utsname name{};
  ::uname(&name);
  int major = 0;
  int minor = 0;
  std::sscanf(static_cast<const char*>(name.release), "%d.%d", &major, &minor);
  return std::pair(major, minor) >= std::pair(6, 15);
}

/// A lock file with this second line.
std::string lock_with(const std::vector<std::string>& words) {
  std::string line;
  for (const std::string& word : words) line += word + " ";
  line.resize(191, ' ');
  return std::string(32, '\0') + line + "\n";
}

}  // namespace

SCENARIO_METHOD(AbandonedService, "a service outlives the kill of its runsv, and the next one adopts it",
                "[fixed]") {
  service.probe("run", Probe());
  REQUIRE(start_and_run());
  const auto before = status();
  const auto written = std::filesystem::last_write_time(service / "supervise/stat");
  replace_runsv();
  CHECK(status() == before);
  CHECK(published(service.path(), "run"));
  CHECK(std::filesystem::last_write_time(service / "supervise/stat") == written);
  CHECK(alive(before->pid));
  // An answer to a command tells that it has begun its work.
  REQUIRE(service.control("h"));
  REQUIRE(service.saw("./run signal HUP"));
  CHECK(service.count("./run start") == 1);
  CHECK(status()->pid == before->pid);
}

SCENARIO_METHOD(AbandonedService, "an adopted service obeys every command", "[fixed]") {
  service.probe("run", Probe());
  REQUIRE(start_and_run());
  const pid_t pid = run_pid(service.path());
  replace_runsv();
  REQUIRE(service.control("p"));
  CHECK(eventually_stat("run, paused"));
  CHECK(eventually([&] { return process_state(pid) == 'T'; }));
  replace_runsv();
  CHECK(stat() == "run, paused\n");
  REQUIRE(service.control("c"));
  CHECK(eventually_stat("run"));
  REQUIRE(service.control("12a"));
  CHECK(service.saw("./run signal USR1"));
  CHECK(service.saw("./run signal USR2"));
  CHECK(service.saw("./run signal ALRM"));
  REQUIRE(service.control("d"));
  REQUIRE(service.saw("./run signal TERM"));
  REQUIRE(collect(pid));
  CHECK(eventually_stat("down"));
  REQUIRE(service.control("u"));
  CHECK(service.saw("./run start", 2));
  CHECK(leave());
}

SCENARIO_METHOD(AbandonedService, "the end of an adopted service is noticed, and it is started again",
                "[fixed]") {
  service.probe("run", Probe().on("USR1", Probe::On::exit0)).probe("finish", Probe::exits(0));
  REQUIRE(start_and_run());
  const pid_t pid = run_pid(service.path());
  replace_runsv();
  const bool is_collected = GENERATE(true, false);
  REQUIRE(service.control("1"));
  if (is_collected) REQUIRE(collect(pid));
  REQUIRE(service.saw("./finish start"));
  const bool is_told = is_collected && kernel_tells_ends();
  CHECK(service.events("./finish start")[0].what == (is_told ? "start 0 0" : "start -1 0"));
  CHECK(service.saw("./run start", 2));
  CHECK(eventually_stat("run"));
  CHECK(run_pid(service.path()) != pid);
}

SCENARIO_METHOD(AbandonedService, "a finish outlives the kill of its runsv and is run once", "[fixed]") {
  service.probe("run", Probe()).probe("finish", Probe::exits(0).until(gate("finish")));
  REQUIRE(start_and_run());
  REQUIRE(end_run());
  REQUIRE(service.saw("./finish start"));
  REQUIRE(eventually_stat("finish"));
  const auto before = status();
  replace_runsv();
  CHECK(status() == before);
  CHECK(service.count("./run start") == 1);
  open("finish");
  REQUIRE(collect(before->pid));
  CHECK(service.saw("./run start", 2));
  CHECK(service.count("./finish start") == 1);
}

SCENARIO_METHOD(AbandonedService, "what a service was told counts on after the kill of its runsv",
                "[fixed]") {
  service.probe("run", Probe());
  REQUIRE(start_and_run());
  const pid_t pid = run_pid(service.path());
  REQUIRE(service.control("o"));
  REQUIRE(eventually_stat("run, want down"));
  replace_runsv();
  CHECK(stat() == "run, want down\n");
  REQUIRE(::kill(pid, SIGKILL) == 0);
  REQUIRE(collect(pid));
  REQUIRE(eventually_stat("down"));
  // And without a process.
  replace_runsv();
  REQUIRE(service.control("h"));
  CHECK(stays([&] { return stat() == "down\n"; }, 100ms));
  CHECK(service.count("./run start") == 1);
}

SCENARIO_METHOD(AbandonedService, "a service that ended while there was no runsv is started again",
                "[fixed]") {
  service.probe("run", Probe());
  REQUIRE(start_and_run());
  const pid_t pid = run_pid(service.path());
  kill_runsv();
  REQUIRE(::kill(pid, SIGKILL) == 0);
  REQUIRE(collect(pid));
  start();
  CHECK(service.saw("./run start", 2));
  CHECK(eventually_stat("run"));
}

SCENARIO_METHOD(AbandonedService, "nothing is lost on the way to the log when runsv is killed", "[fixed]") {
  service.script("run", "i=0\nwhile [ $i -lt 20000 ]; do echo line $i; i=$((i + 1)); done\nexec sleep 1000");
  // One line at a time is read and written before TERM may end it, so no line is lost in the reader.
  service.script(
      "log/run",
      "trap 'stop=1' TERM\nwhile [ -z \"$stop\" ] && IFS= read -r line; do echo \"$line\"; done >>" +
          logged.string());
  start();
  const auto size = [&] { return std::filesystem::exists(logged) ? std::filesystem::file_size(logged) : 0; };
  for (std::size_t i = 1; i <= 5; ++i) {
    REQUIRE(eventually([&] { return size() > i * 100; }));
    const pid_t log = run_pid(service.log());
    replace_runsv();
    CHECK(run_pid(service.log()) == log);
    // The log service's next instance reads on from the very pipe.
    REQUIRE(service.log_control("t"));
    if (i == 1) CHECK(collect(log));
    CHECK(eventually([&] { return run_pid(service.log()) != log && run_pid(service.log()) != 0; }));
  }
  std::string expected;
  for (int i = 0; i < 20000; ++i) expected += "line " + std::to_string(i) + "\n";
  CHECK(eventually_logged(expected));
  CHECK(runsv->err().empty());
}

SCENARIO_METHOD(AbandonedService, "an adopted service and its log service end in order", "[fixed]") {
  service.probe("run", Probe().prints("run\n")).probe("finish", Probe::exits(0).prints("finish\n"));
  service.probe("log/run", Probe::copies_input_to(logged));
  REQUIRE(start_and_run());
  REQUIRE(eventually_logged("run\n"));
  const pid_t pid = run_pid(service.path());
  const pid_t log = run_pid(service.log());
  replace_runsv();
  REQUIRE(service.control("x"));
  REQUIRE(collect(pid));
  REQUIRE(collect(log));
  CHECK(runsv->wait() == exited(0));
  CHECK(read_file(logged) == "run\nfinish\n");
  CHECK(service.saw("log:./run end"));
}

SCENARIO_METHOD(AbandonedService, "a log pipe out of reach is replaced and loses nothing (root)", "[fixed]") {
  if (!may_become_another_user()) return;
  std::filesystem::permissions(scratch.path(), std::filesystem::perms::all);
  const bool service_is_own = GENERATE(true, false);
  const std::string as_other = program("chpst") + " -u :65534:65534 ";
  service.script(
      "run", "exec 2>&1\necho begins\nexec " + (service_is_own ? std::string() : as_other) + "sleep 1000");
  service.script("log/run", "exec >>" + logged.string() + "\nexec " + as_other + "cat");
  const ProcessOptions without_ptrace{.prepare = [] { ::prctl(PR_CAPBSET_DROP, CAP_SYS_PTRACE, 0, 0, 0); }};
  start(without_ptrace);
  REQUIRE(eventually_logged("begins\n"));
  const pid_t pid = run_pid(service.path());
  const pid_t log = run_pid(service.log());
  // Neither is root's any more.
  REQUIRE(eventually([&] { return command_line(log) == std::vector<std::string>{"cat"}; }));
  REQUIRE(eventually([&] { return command_line(pid) == std::vector<std::string>{"sleep", "1000"}; }));
  replace_runsv(without_ptrace);
  CHECK(run_pid(service.path()) == pid);
  CHECK(run_pid(service.log()) == log);
  const std::string warning =
      "runsv " + service.path().string() + ": warning: unable to reopen log pipe: access denied\n";
  CHECK(runsv->err() == (service_is_own ? "" : warning));
  REQUIRE(service.control("t"));
  REQUIRE(collect(pid));
  // The old log service has read the old pipe to its end, if that is no longer in use.
  if (!service_is_own) REQUIRE(collect(log));
  CHECK(eventually_logged("begins\nbegins\n"));
  CHECK((run_pid(service.log()) == log) == service_is_own);
}

SCENARIO_METHOD(AbandonedService, "a forged record does nothing", "[fixed]") {
  // A process that is none of this service's, and what would be true of it.
  Process victim({"sleep", "1000"});
  service.probe("run", Probe());
  service.file("supervise/lock", "", 0600);
  const std::string stat = read_file("/proc/" + std::to_string(victim.pid()) + "/stat");
  std::istringstream fields(stat.substr(stat.rfind(')') + 2));
  std::string ticks;
  for (int field = 3; field <= 22; ++field) fields >> ticks;
  std::string boot_id = read_file("/proc/sys/kernel/random/boot_id");
  boot_id.pop_back();
  const std::string born = ticks + "0000000";
  const std::string pid = std::to_string(victim.pid());
  const std::vector<std::string> right{"1",  boot_id, "service", "run", pid, born,
                                       born, "0",     "up",      "-",   "-", "0"};
  struct Forgery {
    std::string what;
    std::size_t word;
    std::string text;
  };
  const std::vector<Forgery> forgeries{
      {"nothing: it is right", 0, "1"},
      {"another version", 0, "2"},
      {"another boot", 1, "00000000-0000-4000-8000-000000000000"},
      {"another role", 2, "log"},
      {"another pid", 4, "1"},
      {"a pid beyond all", 4, "4294967295"},
      {"a later start", 5, std::to_string(std::stoll(born) + 20'000'000)},
      {"an earlier start", 6, std::to_string(std::stoll(born) - 20'000'000)},
      {"an odd word", 9, "yes"},
  };
  const std::size_t which = GENERATE(range(std::size_t{0}, std::size_t{9}));
  REQUIRE(forgeries.size() == 9);
  const Forgery& forgery = forgeries[which];
  INFO(forgery.what);
  std::vector<std::string> words = right;
  words[forgery.word] = forgery.text;
  write_file(service / "supervise/lock", lock_with(words), 0600);
  const bool is_believed = words == right;
  start();
  REQUIRE(eventually([&] { return supervised(service.path()); }));
  if (is_believed) {
    CHECK(run_pid(service.path()) == victim.pid());
    CHECK(service.count("./run start") == 0);
    return;
  }
  REQUIRE(service.saw("./run start"));
  REQUIRE(service.control("tk"));
  REQUIRE(service.saw("./run start", 2));
  CHECK(leave());
  CHECK(victim.running());
}

SCENARIO_METHOD(AbandonedService, "a record that others may have written does nothing", "[fixed]") {
  service.probe("run", Probe());
  REQUIRE(start_and_run());
  const pid_t pid = run_pid(service.path());
  const std::filesystem::path lock = service / "supervise/lock";
  const std::string what =
      GENERATE(as<std::string>(), "a second link", "the group may write", "all may write", "another owner");
  INFO(what);
  if (what == "another owner" && !may_become_another_user()) return;
  kill_runsv();
  if (what == "a second link") std::filesystem::create_hard_link(lock, scratch / "link");
  if (what == "the group may write") std::filesystem::permissions(lock, std::filesystem::perms(0620));
  if (what == "all may write") std::filesystem::permissions(lock, std::filesystem::perms(0602));
  if (what == "another owner") REQUIRE(::chown(lock.c_str(), 65534, 0) == 0);
  start();
  REQUIRE(service.saw("./run start", 2));
  CHECK(service.control("d"));
  REQUIRE(service.saw("./run signal TERM"));
  CHECK(eventually_stat("down"));
  CHECK(alive(pid));
}

SCENARIO_METHOD(AbandonedService, "whenever runsv is killed, there is one service", "[fixed]") {
  const std::filesystem::path pids = scratch / "pids";
  service.script("run", "echo $$ >>" + pids.string() + "\nexec sleep 1000");
  const unsigned seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937 random(seed);
  const auto living = [&] {
    std::istringstream all(std::filesystem::exists(pids) ? read_file(pids) : std::string());
    int count = 0;
    for (pid_t pid = 0; all >> pid;) count += alive(pid) ? 1 : 0;
    return count;
  };
  std::vector<Process> killed;
  for (int i = 0; i < 60; ++i) {
    start();
    // Into the start of runsv, of run, or into their rest.
    ::usleep(std::uniform_int_distribution<useconds_t>(0, 4000)(random));
    // Now and then the service goes as well, so that there is something to start.
    if (i % 3 == 0 && run_pid(service.path()) != 0) ::kill(run_pid(service.path()), SIGKILL);
    runsv->signal(SIGKILL);
    // A child that has not executed anything yet keeps the lock until then, so that nobody comes too early.
    const auto ending = runsv->wait();
    REQUIRE((ending == killed_by(SIGKILL) || ending == exited(111)));
    killed.push_back(std::move(*runsv));
    runsv.reset();
    REQUIRE(living() <= 1);
  }
  REQUIRE(eventually([&] {
    if (!runsv || !runsv->running()) start();
    return living() == 1 && run_pid(service.path()) != 0;
  }));
  CHECK(stays([&] { return living() == 1; }, 50ms));
}
