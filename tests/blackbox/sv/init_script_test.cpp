// sv called by the name of a service, as an init script.
#include <catch2/catch.hpp>

#include "may_become_another_user.hpp"
#include "scene.hpp"

using namespace runvisor::testing;

namespace {

/// A service `web` and a link of that name that leads to sv.
struct InitScript : Scene {
  FakeRunsv service{path() / "services" / "web"};

  InitScript() {
    set("SVDIR", (path() / "services").string());
    set("SVWAIT", "0");
    link("web");
  }
  void link(const std::string& name) const {
    std::filesystem::create_directories(path() / "init.d");
    std::filesystem::create_symlink(program("sv"), path() / "init.d" / name);
  }
  [[nodiscard]] Finished call(const std::string& name, const std::vector<std::string>& arguments) const {
    std::vector<std::string> argv{(path() / "init.d" / name).string()};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    return run(argv, in_here(options));
  }
  [[nodiscard]] Finished web(const std::vector<std::string>& arguments) const {
    return call("web", arguments);
  }
};

}  // namespace

SCENARIO_METHOD(InitScript, "an init script's name is its service") {
  CHECK(without_ages(web({"status"}).out) == "run: web: (pid 4242) Ns\n");
  CHECK(web({"hup"}).ending == exited(0));
  CHECK(service.written() == "h");
}

SCENARIO_METHOD(InitScript, "an init script takes no other service") {
  CHECK(without_ages(web({"status", "./other"}).out) == "run: web: (pid 4242) Ns\n");
}

SCENARIO_METHOD(InitScript, "an init script's wrong use exits 2 with its own usage") {
  const std::string usage = "usage: web [-w sec] command\n\n";
  for (const std::vector<std::string>& wrong :
       std::vector<std::vector<std::string>>{{}, {"foo"}, {"stat"}, {"s"}, {"statusx"}, {"--"}}) {
    const Finished result = web(wrong);
    CHECK(result.ending == exited(2));
    CHECK(result.out.empty());
    CHECK(result.err == usage);
  }
  CHECK(web({"-x", "status"}).err == "web: illegal option -- x\n" + usage);
  CHECK(web({"-w"}).err == "web: option requires an argument -- w\n" + usage);
}

SCENARIO_METHOD(InitScript, "an init script's status exits 0 with a process and 3 without") {
  for (const Published& alive : {kRunning, kRunningWantDown, kFinishing}) {
    service.publish(alive);
    CHECK(web({"status"}).ending == exited(0));
  }
  for (const Published& down : {kDown, kDownWantUp}) {
    service.publish(down);
    CHECK(web({"status"}).ending == exited(3));
  }
  CHECK(without_ages(web({"status"}).out) == "down: web: Ns, normally up, want up\n");
}

SCENARIO_METHOD(InitScript, "an init script's status exits 1 without runsv or directory") {
  service.leave();
  const Finished without_runsv = web({"status"});
  CHECK(without_runsv.ending == exited(1));
  CHECK(without_runsv.out == "fail: web: runsv not running\n");
  link("none");
  const Finished without_directory = call("none", {"status"});
  CHECK(without_directory.ending == exited(1));
  CHECK(without_directory.out == "fail: none: unable to change to service directory: file does not exist\n");
}

SCENARIO_METHOD(InitScript, "an init script's status exits 4 when it cannot be told") {
  service.publish_bytes("short");
  const Finished short_file = web({"status"});
  CHECK(short_file.ending == exited(4));
  CHECK(short_file.out == "warning: web: unable to read supervise/status: bad format\n");
  std::filesystem::remove(service.supervise() / "status");
  CHECK(web({"status"}).ending == exited(4));
  std::filesystem::remove(service.supervise() / "ok");
  CHECK(web({"status"}).ending == exited(4));
}

SCENARIO_METHOD(InitScript, "an init script's status exits 4 for somebody who may not read it") {
  if (!may_become_another_user()) return;
  options.uid = kNobody;
  CHECK(web({"status"}).ending == exited(4));
}

SCENARIO_METHOD(InitScript, "an init script's other commands exit 0 or 1") {
  CHECK(web({"start"}).ending == exited(0));
  CHECK(web({"reload"}).ending == exited(0));
  CHECK(web({"up"}).ending == exited(0));
  const Finished stop = web({"stop"});
  CHECK(stop.ending == exited(1));
  CHECK(without_ages(stop.out) == "timeout: run: web: (pid 4242) Ns\n");
  CHECK(web({"force-stop"}).ending == exited(1));
  service.leave();
  CHECK(web({"stop"}).ending == exited(1));
  CHECK(web({"exit"}).ending == exited(0));
}

SCENARIO_METHOD(InitScript, "an init script waits as long as -w says") {
  service.publish(kDown);
  set("SVWAIT", "1000");
  const Finished result = web({"-w", "1", "start"});
  CHECK(result.ending == exited(1));
  CHECK(without_ages(result.out) == "timeout: down: web: Ns, normally up\n");
}

SCENARIO_METHOD(InitScript, "an init script with a dot in front looks in the working directory") {
  const FakeRunsv dotted(path() / ".web");
  link(".web");
  CHECK(without_ages(call(".web", {"status"}).out) == "run: .web: (pid 4242) Ns\n");
}

SCENARIO_METHOD(InitScript, "names that only begin like sv's are services") {
  for (const char* name : {"svx", "sv.real", "sv-web"}) {
    link(name);
    CHECK(call(name, {"status"}).out ==
          std::string("fail: ") + name + ": unable to change to service directory: file does not exist\n");
  }
}

SCENARIO_METHOD(InitScript, "a log's failure does not change the status of its init script") {
  FakeRunsv log(service.service() / "log");
  log.leave();
  const Finished result = web({"status"});
  CHECK(result.ending == exited(0));
  CHECK(without_ages(result.out) == "run: web: (pid 4242) Ns; fail: web/log: runsv not running\n");
  service.publish(kDown);
  CHECK(web({"status"}).ending == exited(3));
}

SCENARIO_METHOD(InitScript, "a log's state does not change the status of its init script", "[2.3]") {
  const FakeRunsv log(service.service() / "log", kDown);
  CHECK(web({"status"}).ending == exited(0));
  service.publish(kDown);
  log.publish(kRunning);
  CHECK(web({"status"}).ending == exited(3));
}
