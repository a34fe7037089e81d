// chpst at the place where it is used: at the end of a service's run.
#include "scene.hpp"
#include "support/supervise_files.hpp"

using namespace runvisor::testing;

SCENARIO_METHOD(Scene, "a service that chpst runs is runsv's own child, and gets its signals") {
  const std::filesystem::path service = path() / "service";
  file("service/env/NAME", "value");
  file("service/run",
       "#!/bin/sh\nexec '" + program("chpst") +
           "' -P -b server -e ./env -o 40 -l lock sh -c 'echo \"$NAME\"; exec sleep 1000'\n",
       0755);
  Process runsv({program("runsv"), service}, options);
  REQUIRE(eventually([&] { return runsv.out() == "value\n" && run_pid(service) != 0; }));
  const pid_t pid = run_pid(service);
  CHECK(children_of(runsv.pid()) == std::vector<pid_t>{pid});
  // A second one would have to wait.
  check_fatal(chpst({"-L", service / "lock", "./probe"}),
              "unable to lock: " + (service / "lock").string() + ": temporary failure");
  runsv.signal(SIGTERM);
  CHECK(runsv.wait() == exited(0));
  CHECK_FALSE(alive(pid));
  CHECK(chpst({"-L", service / "lock", "./probe"}).ending == exited(0));
}

SCENARIO_METHOD(Scene, "a service whose user is unknown ends with 111, and finish is told so") {
  const std::filesystem::path service = path() / "service";
  file("service/run", "#!/bin/sh\nexec '" + program("chpst") + "' -u nosuch ./server\n", 0755);
  file("service/finish", "#!/bin/sh\necho \"$1 $2\"\n", 0755);
  Process runsv({program("runsv"), service}, options);
  REQUIRE(eventually([&] { return runsv.out().starts_with("111 0\n"); }));
  CHECK(runsv.err().starts_with("chpst: fatal: unknown user/group: nosuch\n"));
  runsv.signal(SIGTERM);
  CHECK(runsv.wait() == exited(0));
}
