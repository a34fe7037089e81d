// A supervise directory that has been given to a user, who plants in it what should lead runsv or root's sv
// astray.
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <utility>

#include <catch2/catch.hpp>

#include "neighbour.hpp"
#include "support/supervised_service.hpp"

using namespace runvisor::testing;

namespace {

struct GivenAway : SupervisedService {
  Neighbour neighbour{scratch};

  GivenAway() {
    service.probe("run", Probe()).probe("log/run", Probe::copies_input_to(scratch / "logged"));
    Neighbour::give_directory(service / "supervise", 0700);
    Neighbour::give_directory(service / "log/supervise", 0700);
  }

  [[nodiscard]] Finished runsv_on_it() const {
    return run({program("runsv"), "svc"}, {.cwd = scratch.path()});
  }
  [[nodiscard]] Finished sv(const std::string& command) const {
    return run({program("sv"), "-w1", command, service.path().string()});
  }
};

/// A process that exchanges two names, over and over, for as long as this lives.
class Exchanger {
 public:
  Exchanger(const std::filesystem::path& one, const std::filesystem::path& other) : pid_(::fork()) {
    if (pid_ != 0) return;
    while (::renameat2(AT_FDCWD, one.c_str(), AT_FDCWD, other.c_str(), RENAME_EXCHANGE) == 0) {
    }
    ::_exit(0);
  }
  ~Exchanger() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  Exchanger(const Exchanger&) = delete;
  Exchanger& operator=(const Exchanger&) = delete;

 private:
  pid_t pid_;
};

}  // namespace

SCENARIO_METHOD(GivenAway,
                "runsv supervises with a supervise directory that belongs to another user (root)") {
  REQUIRE(start_and_run());
  REQUIRE(service.control("h"));
  REQUIRE(service.saw("./run start", 2));
  CHECK(leave());
  // Once more, on what the first one has left.
  REQUIRE(start_and_run());
  CHECK(leave());
  CHECK(runsv->err().empty());
}

SCENARIO_METHOD(GivenAway, "runsv follows no link in a supervise directory that others may write in (root)",
                "[fixed]") {
  const std::string directory = GENERATE(std::string("supervise"), std::string("log/supervise"));
  const std::string name = GENERATE(std::string("control"), std::string("ok"));
  CAPTURE(directory, name);
  REQUIRE(::mkfifo((scratch / "fifo").c_str(), 0600) == 0);
  std::filesystem::create_symlink(scratch / "fifo", service / (directory + "/" + name));
  const Finished result = runsv_on_it();
  CHECK(result.ending == exited(111));
  CHECK(result.err == "runsv svc: fatal: " + directory + "/" + name + " exists but is not a fifo\n");
  CHECK(service.count("./run start") == 0);
}

SCENARIO_METHOD(GivenAway, "runsv opens no device or file that stands for ok in such a directory (root)",
                "[fixed]") {
  const std::string target = GENERATE(std::string("/dev/zero"), std::string("secret"), std::string("file"));
  CAPTURE(target);
  const std::filesystem::path ok = service / "supervise/ok";
  if (target == "file") write_file(ok, "");
  if (target == "secret") std::filesystem::create_hard_link(neighbour.secret(), ok);
  if (target == "/dev/zero") std::filesystem::create_symlink(target, ok);
  const Finished result = runsv_on_it();
  CHECK(result.ending == exited(111));
  CHECK(result.err == "runsv svc: fatal: supervise/ok exists but is not a fifo\n");
  CHECK(neighbour.secret_is_untouched());
}

SCENARIO_METHOD(GivenAway, "runsv writes into no file that is linked to supervise/lock from elsewhere (root)",
                "[fixed]") {
  std::filesystem::create_hard_link(neighbour.secret(), service / "supervise/lock");
  const Finished result = runsv_on_it();
  CHECK(result.ending == exited(111));
  CHECK(result.err == "runsv svc: fatal: supervise/lock exists but is not a plain file of one name\n");
  CHECK(neighbour.secret_is_untouched());
}

SCENARIO_METHOD(GivenAway, "links planted in the place of new supervise files lead runsv nowhere (root)",
                "[fixed]") {
  REQUIRE(start_and_run());
  for (const char* name : {"status", "stat", "pid"}) {
    std::filesystem::create_symlink(neighbour.secret(),
                                    service / ("supervise/" + std::string(name) + ".new"));
    std::filesystem::remove(service / ("supervise/" + std::string(name)));
    std::filesystem::create_symlink(neighbour.secret(), service / ("supervise/" + std::string(name)));
  }
  REQUIRE(service.control("d"));
  CHECK(eventually_stat("down"));
  CHECK(leave());
  CHECK(neighbour.secret_is_untouched());
  CHECK_FALSE(std::filesystem::is_symlink(service / "supervise/status"));
}

SCENARIO_METHOD(GivenAway, "no supervise file of root's becomes set-user-ID, whatever it replaces (root)") {
  REQUIRE(start_and_run());
  for (const char* name : {"supervise/status", "supervise/stat"}) {
    const std::string planted = (service / name).string() + "-planted";
    write_file(planted, "", 0644);
    REQUIRE(::chmod(planted.c_str(), 06755) == 0);
    std::filesystem::rename(planted, service / name);
  }
  REQUIRE(service.control("d"));
  REQUIRE(eventually_stat("down"));
  CHECK((mode_of(service / "supervise/status") & 07000) == 0);
  CHECK((mode_of(service / "supervise/stat") & 07000) == 0);
  CHECK(leave());
}

SCENARIO_METHOD(GivenAway,
                "a directory in the place of a supervise file is told of once, and harms nothing else (root)",
                "[fixed]") {
  REQUIRE(start_and_run());
  REQUIRE(service.control("p"));
  REQUIRE(eventually_stat("run, paused"));
  std::filesystem::create_directory(service / "supervise/stat.new");
  REQUIRE(service.control("c"));
  CHECK(eventually_status([](const Status& now) { return now.paused == 0; }));
  REQUIRE(service.control("d"));
  CHECK(eventually_status([](const Status& now) { return now.state == kStateDown; }));
  REQUIRE(eventually([&] { return runsv->err().find("supervise/stat.new") != std::string::npos; }));
  CHECK(runsv->err() == "runsv " + service.path().string() +
                            ": warning: unable to open supervise/stat.new: is a directory\n");
  std::filesystem::remove(service / "supervise/stat.new");
  CHECK(eventually_stat("down"));
  CHECK(leave());
}

SCENARIO_METHOD(GivenAway, "root's sv writes commands into FIFOs only (root)", "[fixed]") {
  const std::string kind = GENERATE(std::string("symlink"), std::string("hard link"));
  CAPTURE(kind);
  REQUIRE(start_and_run());
  const std::filesystem::path control = service / "supervise/control";
  std::filesystem::remove(control);
  if (kind == "symlink") std::filesystem::create_symlink(neighbour.secret(), control);
  if (kind == "hard link") std::filesystem::create_hard_link(neighbour.secret(), control);
  const Finished result = sv("hup");
  CHECK(result.ending == exited(1));
  const std::string svc = service.path().string();
  CHECK(result.out == (kind == "symlink"
                           ? "warning: " + svc + ": unable to open supervise/control: symbolic link loop\n"
                           : "fail: " + svc + ": runsv not running\n"));
  CHECK(neighbour.secret_is_untouched());
}

SCENARIO_METHOD(GivenAway, "root's sv opens nothing that a link for ok or status leads to (root)",
                "[fixed]") {
  const std::string name = GENERATE(std::string("ok"), std::string("status"));
  CAPTURE(name);
  REQUIRE(start_and_run());
  // Opening it for writing would be noticed by its reader.
  REQUIRE(::mkfifo((scratch / "elsewhere").c_str(), 0600) == 0);
  std::filesystem::remove(service / ("supervise/" + name));
  std::filesystem::create_symlink(scratch / "elsewhere", service / ("supervise/" + name));
  const Finished result = sv("status");
  CHECK(result.ending == exited(1));
  CHECK(result.out.starts_with("warning: " + service.path().string() + ": unable to open supervise/" + name +
                               ": symbolic link loop"));
}

SCENARIO_METHOD(GivenAway, "what changes between sv's look and its write gains nothing (root)", "[fixed]") {
  REQUIRE(start_and_run());
  std::filesystem::create_hard_link(neighbour.secret(), service / "supervise/planted");
  const Exchanger exchanger(service / "supervise/control", service / "supervise/planted");
  for (int i = 0; i < 50; ++i) (void)sv("alarm");
  CHECK(neighbour.secret_is_untouched());
}
