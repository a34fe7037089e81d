// A machine with services: runit together with the programs it was made for. Every scenario needs root, for
// namespaces.
#include <catch2/catch.hpp>

#include "booted_machine.hpp"

using namespace runvisor::testing;
using Catch::Matchers::Contains;

namespace {

/// Stage 2 becomes runsvdir on a directory with two services, and stage 3 stops them.
struct ServingMachine : BootedMachine {
  ServingMachine() {
    for (const char* name : {"runsv", "runsvdir", "runsvchdir", "sv"}) machine.install(name);
    for (const char* name : {"web", "shell"}) {
      machine.script(std::string("etc/sv/") + name + "/run",
                     std::string("echo start ") + name + " >>/trace\nexec sleep 1000");
      machine.script(std::string("etc/sv/") + name + "/finish",
                     std::string("echo end ") + name + " >>/trace");
    }
    const std::filesystem::path sets = machine / "etc/runit/runsvdir";
    for (const char* set : {"default", "single"}) std::filesystem::create_directories(sets / set);
    std::filesystem::create_directory_symlink("/etc/sv/web", sets / "default/web");
    std::filesystem::create_directory_symlink("/etc/sv/shell", sets / "single/shell");
    std::filesystem::create_directory_symlink("default", sets / "current");
    std::filesystem::create_directory_symlink("runit/runsvdir/current", machine / "etc/service");
    stage(2, "PATH=/sbin:/usr/bin:/bin exec runsvdir -P /etc/service");
    stage(3, "/sbin/sv -w 20 force-stop /etc/service/* >>/trace; /sbin/sv exit /etc/service/*");
  }
};

}  // namespace

SCENARIO_METHOD(ServingMachine, "a machine boots its services and stops them before it goes down (root)") {
  boot();
  REQUIRE(ran("1\n2\nstart web\n"));
  ask_to_stop();
  REQUIRE(machine.called("power off"));
  CHECK_THAT(machine.content("trace"), Contains("start web\n3\nend web\nok: down: /etc/service/web: "));
  CHECK_THAT(said(), Contains(left("2") + entered("3") + left("3") + kPoweredOff));
}

SCENARIO_METHOD(ServingMachine, "runsvchdir and ALRM to process number 1 change the services (root)") {
  // The switch is made by a service of the machine, which then asks for a rescan.
  machine.script(
      "etc/sv/web/run",
      "echo start web >>/trace\n/sbin/runsvchdir single >/dev/null; kill -ALRM 1; exec sleep 1000");
  boot();
  REQUIRE(eventually([&] { return machine.content("trace").find("end web\n") != std::string::npos; }));
  REQUIRE(eventually([&] { return machine.content("trace").find("start shell\n") != std::string::npos; }));
  CHECK(machine.content("trace").starts_with("1\n2\nstart web\n"));
}
