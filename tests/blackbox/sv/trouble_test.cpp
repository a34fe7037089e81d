// What sv says, and how it exits, when it cannot reach a service.
#include <catch2/catch.hpp>

#include "may_become_another_user.hpp"
#include "scene.hpp"

using namespace runvisor::testing;

namespace {

/// One service with a stand-in for its runsv, to be damaged.
struct Damaged : Scene {
  FakeRunsv service{path() / "svc"};

  /// Every kind of command answers with this line and exit code 1.
  void every_command_says(const std::string& line) {
    for (const char* word : {"status", "up", "down", "hup", "check", "start", "stop", "exit", "shutdown"}) {
      INFO(word);
      const Finished result = sv({word, "./svc"});
      CHECK(result.ending == exited(1));
      CHECK(result.out == line + "\n");
      CHECK(result.err.empty());
      CHECK(service.written().empty());
    }
  }
  /// Replaces a file of supervise/ by a directory.
  void make_directory_of(const std::string& name) const {
    std::filesystem::remove(service.supervise() / name);
    std::filesystem::create_directory(service.supervise() / name);
  }
};

}  // namespace

SCENARIO_METHOD(Scene, "sv fails for a service directory that does not exist") {
  const Finished result = sv({"status", "./none"});
  CHECK(result.ending == exited(1));
  CHECK(result.out == "fail: ./none: unable to change to service directory: file does not exist\n");
  CHECK(result.err.empty());
}

SCENARIO_METHOD(Scene, "sv fails for a service that is a plain file, a loop, or has too long a name") {
  write_file(path() / "file", "");
  std::filesystem::create_symlink("loop", path() / "loop");
  CHECK(sv({"status", "./file"}).out ==
        "fail: ./file: unable to change to service directory: not a directory\n");
  CHECK(sv({"status", "./file/"}).out ==
        "fail: ./file/: unable to change to service directory: not a directory\n");
  CHECK(sv({"status", "./loop"}).out ==
        "fail: ./loop: unable to change to service directory: symbolic link loop\n");
  const std::string name = "./" + std::string(300, 'n');
  CHECK(sv({"status", name}).out ==
        "fail: " + name + ": unable to change to service directory: file name too long\n");
}

SCENARIO_METHOD(Scene, "sv fails for an empty name") {
  const Finished result = sv({"status", ""});
  CHECK(result.ending == exited(1));
  CHECK(result.out == "fail: : unable to change to service directory: file does not exist\n");
}

SCENARIO_METHOD(Scene, "sv goes on with the next service after a failure, and counts failures") {
  const FakeRunsv svc(path() / "svc");
  const Finished result = sv({"status", "./none", "./svc", "./neither"});
  CHECK(result.ending == exited(2));
  CHECK(without_ages(result.out) ==
        "fail: ./none: unable to change to service directory: file does not exist\nrun: ./svc: (pid 4242) "
        "Ns\nfail: "
        "./neither: unable to change to service directory: file does not exist\n");
}

SCENARIO_METHOD(Scene, "sv counts no more than 99 failures") {
  std::vector<std::string> arguments{"status"};
  arguments.insert(arguments.end(), 150, "./none");
  CHECK(sv(arguments).ending == exited(99));
  arguments.resize(1 + 98);
  CHECK(sv(arguments).ending == exited(98));
}

SCENARIO_METHOD(Damaged, "sv warns when supervise/ok is missing") {
  std::filesystem::remove(service.supervise() / "ok");
  every_command_says("warning: ./svc: unable to open supervise/ok: file does not exist");
}

SCENARIO_METHOD(Damaged, "sv warns when supervise is missing") {
  std::filesystem::remove_all(service.supervise());
  const Finished result = sv({"status", "./svc"});
  CHECK(result.ending == exited(1));
  CHECK(result.out == "warning: ./svc: unable to open supervise/ok: file does not exist\n");
}

SCENARIO_METHOD(Damaged, "sv warns when supervise/ok is a directory") {
  make_directory_of("ok");
  every_command_says("warning: ./svc: unable to open supervise/ok: is a directory");
}

SCENARIO_METHOD(Damaged, "a plain file as supervise/ok passes for a runsv") {
  std::filesystem::remove(service.supervise() / "ok");
  write_file(service.supervise() / "ok", "");
  CHECK(without_ages(sv({"status", "./svc"}).out) == "run: ./svc: (pid 4242) Ns\n");
  CHECK(without_ages(sv({"-w0", "down", "./svc"}).out) == "timeout: run: ./svc: (pid 4242) Ns\n");
}

SCENARIO_METHOD(Damaged, "sv fails when no runsv is there") {
  service.leave();
  for (const char* word : {"status", "up", "down", "hup", "check", "start", "stop", "once", "restart"}) {
    INFO(word);
    const Finished result = sv({word, "./svc"});
    CHECK(result.ending == exited(1));
    CHECK(result.out == "fail: ./svc: runsv not running\n");
    CHECK(result.err.empty());
  }
}

SCENARIO_METHOD(Damaged, "no runsv is what exit and shutdown want") {
  service.leave();
  for (const char* word : {"exit", "x", "shutdown", "force-shutdown", "X", "E"}) {
    INFO(word);
    const Finished result = sv({word, "./svc"});
    CHECK(result.ending == exited(0));
    CHECK(result.out == "ok: ./svc: runsv not running\n");
  }
}

SCENARIO_METHOD(Damaged, "sv warns when supervise/status is missing") {
  std::filesystem::remove(service.supervise() / "status");
  every_command_says("warning: ./svc: unable to open supervise/status: file does not exist");
}

SCENARIO_METHOD(Damaged, "sv warns when supervise/status is too short") {
  for (const std::size_t size : {0U, 1U, 18U, 19U}) {
    service.publish_bytes(status_bytes(kRunning).substr(0, size));
    every_command_says("warning: ./svc: unable to read supervise/status: bad format");
  }
}

SCENARIO_METHOD(Damaged, "sv reads the first 20 bytes of a longer supervise/status") {
  service.publish_bytes(status_bytes(kRunning) + "more");
  CHECK(without_ages(sv({"status", "./svc"}).out) == "run: ./svc: (pid 4242) Ns\n");
}

SCENARIO_METHOD(Damaged, "sv warns when supervise/status is a directory") {
  make_directory_of("status");
  every_command_says("warning: ./svc: unable to read supervise/status: is a directory");
}

SCENARIO_METHOD(Damaged, "sv warns when supervise/status holds what no runsv writes", "[fixed]") {
  for (const std::string& garbage : {std::string(20, '\0'), std::string(20, '\xff'),
                                     status_bytes({.pid = 7, .want = 'Z', .state = kStateRun}),
                                     status_bytes({.pid = 7, .want = 'u', .state = 9})}) {
    service.publish_bytes(garbage);
    every_command_says("warning: ./svc: unable to read supervise/status: bad format");
  }
}

SCENARIO_METHOD(Damaged, "sv warns when the control FIFO is missing, and needs it only to send something") {
  std::filesystem::remove(service.supervise() / "control");
  for (const char* word : {"down", "hup", "stop", "exit", "shutdown", "restart"}) {
    INFO(word);
    const Finished result = sv({word, "./svc"});
    CHECK(result.ending == exited(1));
    CHECK(result.out == "warning: ./svc: unable to open supervise/control: file does not exist\n");
  }
  CHECK(sv({"status", "./svc"}).ending == exited(0));
  CHECK(sv({"check", "./svc"}).ending == exited(0));
  CHECK(sv({"up", "./svc"}).ending == exited(0));
}

SCENARIO_METHOD(Damaged, "sv warns when the control FIFO is a directory") {
  make_directory_of("control");
  CHECK(sv({"down", "./svc"}).out == "warning: ./svc: unable to open supervise/control: is a directory\n");
}

SCENARIO_METHOD(Damaged, "sv fails when nobody reads the control FIFO") {
  service.close_control();
  CHECK(sv({"down", "./svc"}).out == "fail: ./svc: runsv not running\n");
  const Finished exit = sv({"exit", "./svc"});
  CHECK(exit.ending == exited(0));
  CHECK(exit.out == "ok: ./svc: runsv not running\n");
}

SCENARIO_METHOD(Damaged, "sv does not wait for room in a full control FIFO") {
  service.fill_control();
  const Finished result = sv({"down", "./svc"});
  CHECK(result.ending == exited(1));
  CHECK(result.out == "warning: ./svc: unable to write to supervise/control: temporary failure\n");
}

SCENARIO_METHOD(Damaged, "sv run by somebody else may not reach the service") {
  if (!may_become_another_user()) return;
  options.uid = kNobody;
  every_command_says("warning: ./svc: unable to open supervise/ok: access denied");
  std::filesystem::permissions(service.supervise(), std::filesystem::perms::owner_all);
  every_command_says("warning: ./svc: unable to open supervise/ok: access denied");
  std::filesystem::permissions(service.service(), std::filesystem::perms::owner_all);
  every_command_says("fail: ./svc: unable to change to service directory: access denied");
}

SCENARIO_METHOD(Damaged, "sv run by somebody else sees what the modes let it see") {
  if (!may_become_another_user()) return;
  options.uid = kNobody;
  ::chmod((service.supervise() / "ok").c_str(), 0666);
  CHECK(without_ages(sv({"status", "./svc"}).out) == "run: ./svc: (pid 4242) Ns\n");
  CHECK(sv({"down", "./svc"}).out == "warning: ./svc: unable to open supervise/control: access denied\n");
  CHECK(sv({"up", "./svc"}).ending == exited(0));
  ::chmod((service.supervise() / "control").c_str(), 0666);
  CHECK(sv({"down", "./svc"}).ending == exited(0));
  CHECK(service.written() == "d");
  ::chmod((service.supervise() / "status").c_str(), 0);
  every_command_says("warning: ./svc: unable to open supervise/status: access denied");
}

SCENARIO_METHOD(Damaged, "sv run by somebody else tells of a log it may not enter") {
  if (!may_become_another_user()) return;
  options.uid = kNobody;
  ::chmod((service.supervise() / "ok").c_str(), 0666);
  std::filesystem::create_directory(service.service() / "log");
  ::chmod((service.service() / "log").c_str(), 0);
  const Finished result = sv({"status", "./svc"});
  CHECK(result.ending == exited(1));
  CHECK(without_ages(result.out) ==
        "run: ./svc: (pid 4242) Ns; warning: ./svc/log: unable to change directory: access denied\n");
}

SCENARIO_METHOD(Damaged, "sv works in a directory that may not be read", "[fixed]") {
  if (!may_become_another_user()) return;
  options.uid = kNobody;
  ::chmod((service.supervise() / "ok").c_str(), 0666);
  std::filesystem::create_directory(path() / "closed");
  ::chmod((path() / "closed").c_str(), 0711);
  options.cwd = path() / "closed";
  CHECK(without_ages(sv({"status", "../svc"}).out) == "run: ../svc: (pid 4242) Ns\n");
}

SCENARIO_METHOD(Damaged, "sv does not mind an output that takes nothing") {
  const Finished result =
      run({"/bin/sh", "-c", "exec \"$0\" status ./svc >/dev/full", program("sv")}, in_here(options));
  CHECK(result.ending == exited(0));
}

SCENARIO_METHOD(Damaged, "sv with closed standard descriptors writes its report into no other file") {
  options.closed = {0, 1, 2};
  CHECK(sv({"reload", "./svc"}).ending == exited(0));
  CHECK(service.written() == "h");
}
