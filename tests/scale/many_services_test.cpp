#include <unistd.h>

#include <algorithm>

#include <catch2/catch.hpp>

#include "crowd.hpp"

using namespace runvisor::testing;

namespace {

/// As many services as there is room for: each takes two processes.
int room_for(int services) {
  rlimit processes{};
  ::getrlimit(RLIMIT_NPROC, &processes);
  const long most = std::stol(read_file("/proc/sys/kernel/pid_max"));
  const long room =
      is_root() ? most : std::min(most, static_cast<long>(std::min(processes.rlim_cur, rlim_t{1} << 30)));
  const int fitting = static_cast<int>(std::min<long>(services, (room - 2'000) / 2));
  if (fitting < services) WARN("limits leave room for " << fitting << " services only");
  return fitting;
}

}  // namespace

SCENARIO_METHOD(Crowd, "five thousand services come up and are controlled and go") {
  const int count = room_for(running_sanitized() ? 200 : 5'000);
  make(count);
  start();
  REQUIRE(all_run(120s));
  INFO(runsvdir->err());
  CHECK(runsvdir->err().empty());

  std::vector<std::string> status{program("sv"), "status"};
  for (int i = 0; i < count; ++i) status.push_back(std::to_string(i));
  const ProcessOptions here{.environment = {{"SVDIR", scan.string()}}};
  Finished said = run(status, here, 60s);
  CHECK(said.ending == exited(0));
  CHECK(said.err.empty());
  int running = 0;
  for (std::size_t at = 0; at < said.out.size(); at = said.out.find('\n', at) + 1) {
    if (said.out.compare(at, 5, "run: ") == 0) ++running;
  }
  CHECK(running == count);

  // One of them is still obeyed at once, and one more is taken up.
  CHECK(run({program("sv"), "restart", std::to_string(count / 2)}, here).ending == exited(0));
  ServiceDir late(scratch / "late", scratch / "events-late");
  late.probe("run", Probe());
  std::filesystem::create_symlink(late.path(), scan / "late");
  CHECK(late.saw("./run start"));

  CHECK(hang_up(120s));
}
