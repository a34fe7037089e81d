// Our programs together with the original runit's, in the folder that RUNVISOR_ORIGINAL_BIN names: both must
// be exchangeable one by one.
#include <cstdlib>
#include <stdexcept>

#include <catch2/catch.hpp>

#include "scanned_directory.hpp"

using namespace runvisor::testing;

namespace {

struct MixedSuite : ScannedDirectory {
  std::filesystem::path bin = scratch / "bin";

  /// A folder with `runsvdir`, `runsv` and `sv`, each ours or the original's.
  void assemble(bool our_runsvdir, bool our_runsv, bool our_sv) {
    const char* const original = std::getenv("RUNVISOR_ORIGINAL_BIN");
    if (original == nullptr) throw std::runtime_error("set RUNVISOR_ORIGINAL_BIN to the original's folder");
    std::filesystem::create_directory(bin);
    const auto take = [&](const char* name, bool ours) {
      std::filesystem::create_symlink(ours ? program(name) : original + std::string("/") + name, bin / name);
    };
    take("runsvdir", our_runsvdir);
    take("runsv", our_runsv);
    take("sv", our_sv);
  }

  void start_mixed() {
    runsvdir.emplace(std::vector<std::string>{bin / "runsvdir", scan.string()},
                     ProcessOptions{.environment = {{"PATH", bin.string()}}});
  }
  [[nodiscard]] Finished sv(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), bin / "sv");
    return run(arguments, {.environment = {{"SVDIR", scan.string()}}});
  }

  /// A service's whole life: it comes, is used, is killed, goes; then everything ends.
  void live() {
    ServiceDir one = service("one");
    one.probe("log/run", Probe::copies_input_to(scratch / "logged"));
    ServiceDir two = prepared("two").file("down");
    start_mixed();
    const pid_t first = running(scan / "one");
    REQUIRE(first != 0);
    link("two");
    REQUIRE(eventually([&] { return supervised(two.path()) && published(two.path(), "down"); }));

    Finished said = sv({"status", "one", "two"});
    INFO(said.out << said.err);
    CHECK(said.ending == exited(0));
    CHECK(said.err.empty());
    CHECK(said.out.starts_with("run: one: (pid " + std::to_string(first) + ") "));
    CHECK(said.out.find("; run: log: (pid ") != std::string::npos);
    CHECK(said.out.find("\ndown: two: ") != std::string::npos);

    said = sv({"start", "two"});
    CHECK(said.ending == exited(0));
    CHECK(said.out.starts_with("ok: run: two: (pid " + std::to_string(run_pid(two.path())) + ") "));
    said = sv({"restart", "one"});
    CHECK(said.ending == exited(0));
    // The original takes a service that was started in the same second for one that was restarted.
    CHECK(one.saw("./run start", 2));
    CHECK(eventually([&] { return run_pid(one.path()) != first; }));
    CHECK(sv({"reload", "one"}).ending == exited(0));
    CHECK(one.saw("./run signal HUP"));
    REQUIRE(one.saw("./run start", 3));
    said = sv({"stop", "two"});
    CHECK(said.ending == exited(0));
    CHECK(said.out.starts_with("ok: down: two: "));

    REQUIRE(running(one.path()) != 0);
    ::kill(run_pid(one.path()), SIGKILL);
    CHECK(one.saw("./run start", 4));
    const pid_t old = supervisor("one");
    REQUIRE(running(one.path()) != 0);
    said = sv({"force-shutdown", "one"});
    CHECK(said.ending == exited(0));
    CHECK(eventually([&] { return supervisor("one") != 0 && supervisor("one") != old; }));
    REQUIRE(one.saw("./run start", 5));

    std::filesystem::remove(scan / "two");
    CHECK(eventually([&] { return supervisor("two") == 0; }));
    runsvdir->signal(SIGHUP);
    CHECK(runsvdir->wait() == exited(111));
    CHECK(eventually([&] { return !supervised(one.path()); }));
    said = sv({"status", "one"});
    CHECK(said.out == "fail: one: runsv not running\n");
  }
};

}  // namespace

SCENARIO_METHOD(MixedSuite, "the original sv controls our runsv below our runsvdir") {
  assemble(true, true, false);
  live();
}

SCENARIO_METHOD(MixedSuite, "our sv controls the original runsv below the original runsvdir") {
  assemble(false, false, true);
  live();
}

SCENARIO_METHOD(MixedSuite, "our runsvdir supervises the original runsv") {
  assemble(true, false, false);
  live();
}

SCENARIO_METHOD(MixedSuite, "the original runsvdir supervises our runsv") {
  assemble(false, true, true);
  live();
}

SCENARIO_METHOD(MixedSuite, "our sv and runsvdir work with the original runsv") {
  assemble(true, false, true);
  live();
}

SCENARIO_METHOD(MixedSuite, "the original sv and runsvdir work with our runsv") {
  assemble(false, true, false);
  live();
}

SCENARIO_METHOD(MixedSuite, "service directories go from the original to ours and back without cleaning up") {
  assemble(false, false, true);
  ServiceDir one = service("one");
  for (const bool ours : {false, true, false, true}) {
    std::filesystem::remove_all(bin);
    assemble(ours, ours, ours);
    start_mixed();
    const pid_t pid = running(one.path());
    REQUIRE(pid != 0);
    CHECK(sv({"status", "one"}).ending == exited(0));
    runsvdir->signal(SIGHUP);
    CHECK(runsvdir->wait() == exited(111));
    CHECK(eventually([&] { return !supervised(one.path()) && !alive(pid); }));
  }
}
