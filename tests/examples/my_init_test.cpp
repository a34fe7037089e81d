// The example scripts for a container's start, run by my_init as the first process of a machine of its own.
#include <catch2/catch.hpp>

#include "support/machine.hpp"

using namespace runvisor::testing;
namespace fs = std::filesystem;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

/// A container with the example's scripts, and a service that writes down the variable they leave.
class InitialisedContainer {
 public:
  InitialisedContainer() {
    machine_.without_console();
    fs::create_directories(machine_ / "etc/service");
    fs::create_directories(machine_ / "etc/container_environment");
    fs::create_directories(machine_ / "var/lib");
    fs::copy(fs::path(RUNVISOR_SOURCE_DIR) / "service-examples/my_init.d", machine_ / "etc/my_init.d");
    machine_.file("etc/passwd", "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n");
    machine_.file("etc/group", "root:x:0:\nnogroup:x:65534:\n");
    machine_.script("etc/service/app/run", "echo \"service: $APP_INSTANCE\" >/up; exec sleep 1000");
  }

  /// From the container's start to the end of a command that waits for the service.
  [[nodiscard]] Finished start() {
    return machine_.run(
        {"/sbin/my_init", "--", "/bin/sh", "-c",
         "until [ -s /up ]; do sleep 0.02; done; cat /up; rm /up; echo \"command: $APP_INSTANCE\""},
        {.environment = {{"PATH", "/sbin:/usr/sbin:/usr/bin:/bin"}}});
  }
  [[nodiscard]] const Machine& machine() const { return machine_; }

 private:
  Machine machine_{{"my_init", "runsvdir", "runsv", "sv"}};
};

}  // namespace

SCENARIO_METHOD(
    InitialisedContainer,
    "scripts in my_init.d run in order before any service, and once what is to be done once (root)") {
  const Finished first = start();
  INFO(first.out << first.err);
  CHECK(first.ending == exited(0));
  CHECK_THAT(first.err, StartsWith("*** Running /etc/my_init.d/10_data-directory...\n"
                                   "*** Running /etc/my_init.d/20_first-start...\n"));
  CHECK(first.err.find("20_first-start...") < first.err.find("*** Booting runit daemon..."));
  const std::string instance = machine().content("var/lib/myapp/instance");
  CHECK(instance.size() == 37);
  CHECK_THAT(first.out, Contains("this is a new installation\n"));
  CHECK_THAT(first.out, Contains("service: " + instance + "command: " + instance));

  const Finished second = start();
  CHECK(second.ending == exited(0));
  CHECK(second.out == "service: " + instance + "command: " + instance);
}

SCENARIO_METHOD(InitialisedContainer,
                "a failing script in my_init.d keeps the services from being started (root)") {
  machine().file("var/lib/myapp", "not a directory");
  const Finished failed = start();
  CHECK(failed.ending == exited(1));
  CHECK_THAT(failed.err, Contains("*** /etc/my_init.d/10_data-directory failed with status 1\n"));
  CHECK_THAT(failed.err, !Contains("20_first-start"));
  CHECK_FALSE(fs::exists(machine() / "up"));
}
