// What somebody who means no good, or a machine out of its means, may do to runsv.
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <string>

#include <catch2/catch.hpp>

#include "support/process_state.hpp"
#include "support/supervised_service.hpp"

using namespace runvisor::testing;
using Texts = std::vector<std::string>;

namespace {

/// A process that writes the same byte into a FIFO as fast as it can, for as long as this lives.
class Flood {
 public:
  Flood(const std::filesystem::path& fifo, char byte) : pid_(::fork()) {
    if (pid_ != 0) return;
    std::array<char, 4096> bytes{};
    bytes.fill(byte);
    const int fd = ::open(fifo.c_str(), O_WRONLY);
    while (::write(fd, bytes.data(), bytes.size()) > 0) {
    }
    ::_exit(0);
  }
  ~Flood() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  Flood(const Flood&) = delete;
  Flood& operator=(const Flood&) = delete;

 private:
  pid_t pid_;
};

/// Whether a process has come so far as to receive TERM in its own way: by a handler or from a descriptor.
bool receives_term(pid_t pid) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (!line.starts_with("SigBlk:") && !line.starts_with("SigCgt:")) continue;
    if ((std::stoull(line.substr(7), nullptr, 16) >> (SIGTERM - 1) & 1) != 0) return true;
  }
  return false;
}

}  // namespace

SCENARIO_METHOD(SupervisedService,
                "a flood of commands keeps neither the service's restart nor exit waiting") {
  const char byte = GENERATE('u', 'z');
  service.probe("run", Probe{});
  REQUIRE(start_and_run());
  const Flood flood(service / "supervise/control", byte);
  REQUIRE(end_run());
  REQUIRE(service.saw("./run start", 2));
  // An up behind it takes an exit back, so only what means nothing is written here.
  if (byte == 'z') {
    runsv->signal(SIGTERM);
    CHECK(runsv->wait() == exited(0));
  }
}

SCENARIO_METHOD(SupervisedService, "a service that is down leaves at x whatever is written behind it") {
  service.probe("run", Probe{}).file("down");
  start();
  REQUIRE(eventually_stat("down"));
  REQUIRE(service.control("xu"));
  CHECK(runsv->wait() == exited(0));
  CHECK(service.count("./run start") == 0);
}

SCENARIO_METHOD(SupervisedService, "TERM is not taken back by an up that was written before it") {
  service.probe("run", Probe{});
  service.probe("finish", Probe::exits(0).lasts(300ms));
  service.probe("control/h", Probe::exits(0).until(gate("hook")));
  REQUIRE(start_and_run());
  REQUIRE(service.control("h"));
  REQUIRE(service.saw("control/h start"));
  REQUIRE(service.control("u"));
  runsv->signal(SIGTERM);
  open("hook");
  CHECK(runsv->wait() == exited(0));
  CHECK(service.count("./run start") == 1);
}

SCENARIO_METHOD(SupervisedService, "too few descriptors are a fatal error, never a crash") {
  service.probe("run", Probe{});
  service.probe("log/run", Probe::copies_input_to(scratch / "log"));
  // From what the dynamic loader needs to more than runsv does.
  for (rlim_t limit = 4; limit < 24; ++limit) {
    CAPTURE(limit);
    start({.limits = {{RLIMIT_NOFILE, limit}}});
    REQUIRE(eventually([&] { return !runsv->running() || receives_term(runsv->pid()); }));
    runsv->signal(SIGTERM);
    const auto ending = runsv->wait();
    REQUIRE(ending);
    CHECK((ending->code == 0 || ending->code == 111 || ending->signal == SIGTERM));
    if (ending->code == 111) CHECK(runsv->err().find("fatal: ") != std::string::npos);
  }
}

SCENARIO_METHOD(SupervisedService, "runsv goes on where the system watches no more descriptors") {
  service.probe("run", Probe{}).probe("log/run", Probe::copies_input_to(scratch / "logged"));
  // What the loop needs for itself can still be watched.
  runsv.emplace(std::vector<std::string>{test_program("deny-watching"), "4", program("runsv"), "svc"},
                ProcessOptions{.cwd = scratch.path()});
  REQUIRE(service.saw("./run start"));
  REQUIRE(eventually_stat("run"));
  REQUIRE(service.control("h"));
  REQUIRE(service.saw("./run start", 2));
  REQUIRE(service.log_control("k"));
  REQUIRE(service.saw("log:./run start", 2));
  CHECK(leave());
  const std::string warning =
      "runsv svc: warning: unable to watch descriptors, looking every second: out of disk space\n";
  CHECK(runsv->err() == (running_as_original() ? "" : warning));
}

SCENARIO_METHOD(SupervisedService, "runsv that cannot receive signals does not start") {
  // The original needs nothing to be watched.
  if (running_as_original()) return;
  service.probe("run", Probe{});
  const Finished result =
      run({test_program("deny-watching"), "0", program("runsv"), "svc"}, {.cwd = scratch.path()});
  CHECK(result.ending == exited(111));
  CHECK(result.err == "runsv svc: fatal: unable to receive signals: out of disk space\n");
  CHECK(service.history().empty());
}

SCENARIO_METHOD(SupervisedService, "a run that cannot be started is reported to finish as 111, stderr or not",
                "[fixed]") {
  service.file("run", "#!/no/such/interpreter\n", 0755);
  service.probe("finish", Probe::exits(0));
  std::array<int, 2> ends{};
  REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
  ::close(ends[0]);
  // A shell hands runsv a standard error that nobody reads.
  const std::string broken = "/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(ends[1]);
  runsv.emplace(std::vector<std::string>{"/bin/sh", "-c", R"(exec "$0" "$1" 2>>"$2")", program("runsv"),
                                         service.path().string(), broken});
  REQUIRE(service.saw("./finish start"));
  ::close(ends[1]);
  CHECK(service.history().front() == "./finish start 111 0");
  CHECK(leave());
}

SCENARIO_METHOD(SupervisedService, "a log directory that appears but cannot be supervised does no harm",
                "[fixed]") {
  service.probe("run", Probe{});
  REQUIRE(start_and_run());
  service.probe("log/run", Probe::copies_input_to(scratch / "log"));
  std::filesystem::create_directory(service / "log/supervise");
  std::filesystem::create_symlink("no/where", service / "log/supervise/ok");
  for (int i = 0; i < 3; ++i) {
    REQUIRE(service.control("c"));
    REQUIRE(service.saw("./run signal CONT", static_cast<std::size_t>(i) + 1));
  }
  CHECK(leave());
  const std::string warning = "log/supervise/ok";
  const std::string err = runsv->err();
  REQUIRE(err.find(warning) != std::string::npos);
  CHECK(err.find(warning) == err.rfind(warning));
}
