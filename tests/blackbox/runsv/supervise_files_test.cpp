// The files that runsv keeps in supervise/: names, modes, bytes, and when they change.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <set>

#include <catch2/catch.hpp>

#include "may_become_another_user.hpp"
#include "support/supervised_service.hpp"

using namespace runvisor::testing;
using Names = std::set<std::string>;
using WallClock = std::chrono::system_clock;

namespace {

const Names kAllFiles{"control", "lock", "ok", "pid", "stat", "status"};

Names names_in(const std::filesystem::path& directory) {
  Names names;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    names.insert(entry.path().filename());
  }
  return names;
}

struct stat info_of(const std::filesystem::path& file) {
  struct stat info {};
  REQUIRE(::stat(file.c_str(), &info) == 0);
  return info;
}

bool recent(const Status& status) {
  const auto age = WallClock::now() - status.since();
  return age >= 0s && age < 10s;
}

}  // namespace

SCENARIO_METHOD(SupervisedService, "supervise holds six files and nothing else") {
  service.probe("run", Probe()).probe("log/run", Probe::copies_input_to(scratch / "out"));
  REQUIRE(start_and_run());
  REQUIRE(eventually_log_stat("run"));
  CHECK(eventually([&] { return names_in(service / "supervise") == kAllFiles; }));
  CHECK(eventually([&] { return names_in(service.log() / "supervise") == kAllFiles; }));
  REQUIRE(leave());
  CHECK(names_in(service / "supervise") == kAllFiles);
  CHECK(names_in(service.log() / "supervise") == kAllFiles);
}

SCENARIO_METHOD(SupervisedService, "the files in supervise have their modes") {
  service.probe("run", Probe()).probe("log/run", Probe::copies_input_to(scratch / "out"));
  REQUIRE(start_and_run({.umask = 022}));
  REQUIRE(eventually_log_stat("run"));
  for (const auto& directory : {service.path(), service.log()}) {
    INFO(directory);
    CHECK(mode_of(directory / "supervise") == 0700);
    CHECK(mode_of(directory / "supervise/lock") == 0600);
    CHECK(mode_of(directory / "supervise/control") == 0600);
    CHECK(mode_of(directory / "supervise/ok") == 0600);
    CHECK(std::filesystem::is_fifo(directory / "supervise/control"));
    CHECK(std::filesystem::is_fifo(directory / "supervise/ok"));
    for (const char* name : {"supervise/status", "supervise/stat", "supervise/pid"}) {
      CHECK(mode_of(directory / name) == 0644);
    }
  }
}

SCENARIO_METHOD(SupervisedService, "the umask narrows the modes of status, stat and pid") {
  const unsigned mask = GENERATE(000U, 027U, 077U);
  service.probe("run", Probe());
  REQUIRE(start_and_run({.umask = mask}));
  for (const char* name : {"supervise/status", "supervise/stat", "supervise/pid"}) {
    INFO(name);
    CHECK(mode_of(service / name) == (0644U & ~mask));
  }
  CHECK(mode_of(service / "supervise") == 0700);
  CHECK(mode_of(service / "supervise/control") == 0600);
}

SCENARIO_METHOD(SupervisedService, "FIFOs that are there already are kept with their modes and owners") {
  service.probe("run", Probe());
  std::filesystem::create_directory(service / "supervise");
  for (const char* name : {"supervise/control", "supervise/ok"}) {
    REQUIRE(::mkfifo((service / name).c_str(), 0600) == 0);
    REQUIRE(::chmod((service / name).c_str(), 0620) == 0);
    if (is_root()) {
      REQUIRE(::chown((service / name).c_str(), 0, kNobody) == 0);
    }
  }
  const ino_t control = info_of(service / "supervise/control").st_ino;
  REQUIRE(start_and_run());
  CHECK(info_of(service / "supervise/control").st_ino == control);
  for (const char* name : {"supervise/control", "supervise/ok"}) {
    CHECK(mode_of(service / name) == 0620);
    if (is_root()) {
      CHECK(info_of(service / name).st_gid == kNobody);
    }
  }
}

SCENARIO_METHOD(SupervisedService, "ok has a reader, and control a reader, exactly as long as runsv lives") {
  service.probe("run", Probe());
  start();
  REQUIRE(eventually([&] { return supervised(service.path()); }));
  REQUIRE(service.saw("./run start"));
  REQUIRE(leave());
  errno = 0;
  CHECK(::open((service / "supervise/ok").c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC) < 0);
  CHECK(errno == ENXIO);
  CHECK_FALSE(service.control(""));
}

SCENARIO_METHOD(SupervisedService, "status of a running service") {
  service.probe("run", Probe());
  const auto before = WallClock::now();
  REQUIRE(start_and_run());
  const auto after = WallClock::now();
  const Status now = *status();
  CHECK(now.state == kStateRun);
  CHECK(now.pid == service.events("./run start")[0].pid);
  CHECK(now.want == 'u');
  CHECK(now.paused == 0);
  CHECK(now.got_term == 0);
  CHECK(now.since() >= before - 1ms);
  CHECK(now.since() <= after + 1ms);
  CHECK(now.nanoseconds < 1'000'000'000);
  CHECK(eventually_stat("run"));
}

SCENARIO_METHOD(SupervisedService, "the bytes of status lie where clients look for them") {
  service.probe("run", Probe().on("TERM", Probe::On::ignore));
  REQUIRE(start_and_run());
  REQUIRE(service.control("pd"));
  REQUIRE(service.saw("./run signal CONT"));
  REQUIRE(eventually_status([](const Status& s) { return s.got_term == 1; }));
  const std::string bytes = read_file(service / "supervise/status");
  REQUIRE(bytes.size() == 20);
  CHECK(bytes[0] == '\x40');
  const auto byte = [&](std::size_t index) {
    return static_cast<unsigned>(static_cast<unsigned char>(bytes[index]));
  };
  CHECK((byte(12) | byte(13) << 8U | byte(14) << 16U | byte(15) << 24U) ==
        static_cast<unsigned>(service.events("./run start")[0].pid));
  CHECK(bytes[17] == 'd');
  CHECK(bytes[18] == '\1');
  CHECK(bytes[19] == '\1');
}

SCENARIO_METHOD(SupervisedService, "status while finish runs has finish's pid and run's start time") {
  service.probe("run", Probe()).probe("finish", Probe::exits(0).until(gate("finish")));
  REQUIRE(start_and_run());
  const auto since = status()->since();
  REQUIRE(service.control("t"));
  REQUIRE(service.saw("./finish start"));
  REQUIRE(eventually_stat("finish"));
  CHECK(status()->pid == service.events("./finish start")[0].pid);
  CHECK(status()->since() == since);
  CHECK(status()->got_term == 0);
  CHECK(status()->want == 'u');
}

SCENARIO_METHOD(SupervisedService, "status takes a new time when the service goes down and when run starts") {
  service.probe("run", Probe()).probe("finish", Probe::exits(0));
  REQUIRE(start_and_run());
  const auto started = status()->since();
  const auto before = WallClock::now();
  REQUIRE(service.control("d"));
  REQUIRE(eventually_stat("down"));
  const auto down = status()->since();
  CHECK(down >= before - 1ms);
  CHECK(down > started);
  CHECK(status()->pid == 0);
  CHECK(status()->want == 'd');
  REQUIRE(service.control("u"));
  REQUIRE(eventually_stat("run"));
  CHECK(status()->since() > down);
}

SCENARIO_METHOD(SupervisedService, "commands and signals do not change the time in status") {
  service.probe("run", Probe().on("TERM", Probe::On::ignore));
  REQUIRE(start_and_run());
  const auto since = status()->since();
  REQUIRE(service.control("potc"));
  REQUIRE(eventually_stat("run, got TERM, want down"));
  CHECK(status()->since() == since);
}

SCENARIO_METHOD(SupervisedService, "stat says all that applies, in one order") {
  service.probe("run", Probe().on("TERM", Probe::On::ignore));
  REQUIRE(start_and_run());
  REQUIRE(service.control("t"));
  REQUIRE(eventually_stat("run, got TERM"));
  REQUIRE(service.control("p"));
  REQUIRE(eventually_stat("run, paused, got TERM"));
  REQUIRE(service.control("o"));
  REQUIRE(eventually_stat("run, paused, got TERM, want down"));
  REQUIRE(service.control("u"));
  REQUIRE(eventually_stat("run, paused, got TERM"));
  REQUIRE(service.control("c"));
  REQUIRE(eventually_stat("run, got TERM"));
}

SCENARIO_METHOD(SupervisedService, "a service that is down and wanted up says just down") {
  service.probe("run", Probe::exits(0));
  start();
  REQUIRE(service.saw("./run end"));
  CHECK(eventually_stat("down"));
  CHECK(status()->want == 'u');
  CHECK(recent(*status()));
}

SCENARIO_METHOD(SupervisedService, "garbage in status, stat and pid is replaced") {
  service.probe("run", Probe());
  service.file("supervise/status", "short")
      .file("supervise/stat", std::string(5000, 'x'))
      .file("supervise/pid", "-1");
  REQUIRE(start_and_run());
  CHECK(eventually_stat("run"));
  CHECK(recent(*status()));
}

SCENARIO_METHOD(SupervisedService, "new files left by a runsv that was killed are no hindrance") {
  service.probe("run", Probe());
  for (const char* name : {"supervise/status.new", "supervise/stat.new", "supervise/pid.new"}) {
    service.file(name, "left behind", 0600);
  }
  REQUIRE(start_and_run());
  CHECK(eventually_stat("run"));
  CHECK(runsv->err().empty());
  CHECK(eventually([&] { return names_in(service / "supervise") == kAllFiles; }));
}

SCENARIO_METHOD(SupervisedService, "a reader sees whole files only") {
  service.probe("run", Probe().on("TERM", Probe::On::ignore));
  REQUIRE(start_and_run());
  REQUIRE(eventually_stat("run"));
  const Names whole{"run\n", "run, paused\n"};
  const std::string pid = std::to_string(run_pid(service.path())) + "\n";
  bool intact = true;
  for (int round = 0; round < 60; ++round) {
    REQUIRE(service.control("pcpc"));
    for (int look = 0; look < 20; ++look) {
      intact = intact && read_status(service.path()).has_value() && whole.contains(stat()) &&
               read_pid_file(service.path()) == pid;
    }
  }
  CHECK(intact);
}

SCENARIO_METHOD(SupervisedService, "the owner's files work for a group that was given the FIFO") {
  if (!may_become_another_user()) return;
  service.probe("run", Probe());
  REQUIRE(start_and_run());
  REQUIRE(::chown((service / "supervise/control").c_str(), kNobody, kNobody) == 0);
  REQUIRE(::chmod((service / "supervise").c_str(), 0755) == 0);
  const Finished result =
      run({"/bin/sh", "-c", "printf 1 >supervise/control"}, {.cwd = service.path(), .uid = kNobody});
  CHECK(result.ending == exited(0));
  CHECK(service.saw("./run signal USR1"));
}

SCENARIO_METHOD(SupervisedService,
                "a status that cannot be written is warned about and does not stop the service") {
  service.probe("run", Probe());
  std::filesystem::create_directories(service / "supervise/stat/in-the-way");
  runsv.emplace(std::vector<std::string>{program("runsv"), "svc"}, ProcessOptions{.cwd = scratch.path()});
  REQUIRE(service.saw("./run start"));
  CHECK(eventually(
      [&] { return runsv->err().find("runsv svc: warning: unable to rename ") != std::string::npos; }));
  REQUIRE(service.control("1"));
  CHECK(service.saw("./run signal USR1"));
  CHECK(leave());
}

SCENARIO_METHOD(SupervisedService, "what has not changed is not written again", "[fixed]") {
  service.probe("run", Probe());
  REQUIRE(start_and_run());
  REQUIRE(eventually_stat("run"));
  std::vector<struct stat> before;
  const std::vector<const char*> names{"supervise/status", "supervise/stat", "supervise/pid"};
  for (const char* name : names) {
    before.push_back(info_of(service / name));
  }
  REQUIRE(service.control("ucuuzu1"));
  REQUIRE(service.saw("./run signal USR1"));
  for (std::size_t i = 0; i < names.size(); ++i) {
    INFO(names[i]);
    const struct stat after = info_of(service / names[i]);
    CHECK(after.st_ino == before[i].st_ino);
    CHECK(after.st_mtim.tv_sec == before[i].st_mtim.tv_sec);
    CHECK(after.st_mtim.tv_nsec == before[i].st_mtim.tv_nsec);
  }
}

SCENARIO_METHOD(SupervisedService, "pid is not written again when only the wanted state changes") {
  service.probe("run", Probe());
  REQUIRE(start_and_run());
  REQUIRE(eventually_stat("run"));
  const struct stat before = info_of(service / "supervise/pid");
  REQUIRE(service.control("o"));
  REQUIRE(eventually_stat("run, want down"));
  CHECK(info_of(service / "supervise/pid").st_mtim.tv_nsec == before.st_mtim.tv_nsec);
}

SCENARIO_METHOD(SupervisedService,
                "stat is as old as the start of run, also when run is started again at once") {
  service.probe("run", Probe::exits(0).lasts(1100ms));
  start();
  REQUIRE(eventually_stat("run"));
  const auto first = info_of(service / "supervise/stat").st_mtim.tv_sec;
  REQUIRE(service.saw("./run start", 2));
  CHECK(eventually([&] { return info_of(service / "supervise/stat").st_mtim.tv_sec > first; }));
}

SCENARIO_METHOD(SupervisedService, "status keeps the owner and the mode that it was given", "[fixed]") {
  service.probe("run", Probe());
  REQUIRE(start_and_run());
  for (const char* name : {"supervise/status", "supervise/stat"}) {
    REQUIRE(::chmod((service / name).c_str(), 0664) == 0);
    if (is_root()) {
      REQUIRE(::chown((service / name).c_str(), kNobody, kNobody) == 0);
    }
  }
  REQUIRE(service.control("o"));
  REQUIRE(eventually_stat("run, want down"));
  for (const char* name : {"supervise/status", "supervise/stat"}) {
    INFO(name);
    CHECK(mode_of(service / name) == 0664);
    if (is_root()) {
      CHECK(info_of(service / name).st_uid == kNobody);
      CHECK(info_of(service / name).st_gid == kNobody);
    }
  }
}
