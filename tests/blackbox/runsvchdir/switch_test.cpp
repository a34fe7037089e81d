// runsvchdir on a machine of the test's own, for which nearly every scenario needs root.
#include <sys/stat.h>

#include <atomic>
#include <thread>

#include <catch2/catch.hpp>

#include "support/binaries.hpp"
#include "support/machine.hpp"
#include "support/process.hpp"
#include "support/temp_dir.hpp"

using namespace runvisor::testing;
namespace fs = std::filesystem;

namespace {

/// /etc/runit/runsvdir with the directories `default`, which is current, and `single`.
struct Switch {
  Machine machine{{"runsvchdir"}};
  fs::path place = machine / "etc/runit/runsvdir";

  Switch() {
    fs::create_directories(place / "default");
    fs::create_directories(place / "single");
    fs::create_symlink("default", place / "current");
  }

  Finished change(const std::vector<std::string>& arguments) {
    std::vector<std::string> argv{"/sbin/runsvchdir"};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    return machine.run(argv);
  }
  /// What the link `name` says; empty if it is none.
  [[nodiscard]] std::string link(const std::string& name) const {
    return fs::is_symlink(place / name) ? fs::read_symlink(place / name).string() : std::string();
  }
  /// Whether `default` is current, and nothing has been made.
  [[nodiscard]] bool unchanged() const {
    return link("current") == "default" && !fs::exists(fs::symlink_status(place / "previous")) &&
           !fs::exists(fs::symlink_status(place / "current.new"));
  }
  static std::string fatal(const std::string& what) { return "/sbin/runsvchdir: fatal: " + what + "\n"; }
};

}  // namespace

SCENARIO_METHOD(Switch, "runsvchdir makes a directory current and keeps the one before (root)") {
  Finished result = change({"single"});
  CHECK(result.ending == exited(0));
  CHECK(result.out == "runsvchdir: single: now current.\n");
  CHECK(result.err.empty());
  CHECK(link("current") == "single");
  CHECK(link("previous") == "default");
  result = change({"default", "further", "words"});
  CHECK(result.out == "runsvchdir: default: now current.\n");
  CHECK(link("current") == "default");
  CHECK(link("previous") == "single");
  CHECK_FALSE(fs::exists(fs::symlink_status(place / "current.new")));
}

SCENARIO_METHOD(Switch, "runsvchdir changes nothing if the directory is current already (root)") {
  const std::string name = GENERATE(std::string("default"), std::string("default/"),
                                    std::string("/etc/runit/runsvdir/default"), std::string("same"));
  fs::create_symlink("default", place / "same");
  const Finished result = change({name});
  CHECK(result.ending == exited(0));
  CHECK(result.out == "runsvchdir: " + name + ": current.\n");
  CHECK(unchanged());
}

SCENARIO_METHOD(Switch, "runsvchdir takes an absolute path (root)") {
  fs::create_directories(machine / "srv/services");
  const Finished result = change({"/srv/services"});
  CHECK(result.out == "runsvchdir: /srv/services: now current.\n");
  CHECK(link("current") == "/srv/services");
}

SCENARIO_METHOD(Switch, "runsvchdir without a directory prints its usage and exits 1 (root)") {
  const Finished result = change({});
  CHECK(result.ending == exited(1));
  CHECK(result.err == "usage: /sbin/runsvchdir dir\n\n");
  CHECK(unchanged());
}

SCENARIO_METHOD(Switch, "runsvchdir refuses what is no directory of services (root)") {
  std::string name, what;
  std::tie(name, what) = GENERATE(table<std::string, std::string>({
      {".hidden", ".hidden: must not start with a dot."},
      {"./single", "./single: must not start with a dot."},
      {"..", "..: must not start with a dot."},
      {"missing", "missing: file does not exist"},
      {"-x", "-x: file does not exist"},
      {"", ": file does not exist"},
  }));
  fs::create_directory(place / ".hidden");
  const Finished result = change({name});
  CHECK(result.ending == exited(111));
  CHECK(result.err == fatal(what));
  CHECK(result.out.empty());
  CHECK(unchanged());
}

SCENARIO_METHOD(Switch, "runsvchdir refuses a file (root)") {
  write_file(place / "file", "");
  const Finished result = change({"file"});
  CHECK(result.ending == exited(111));
  CHECK(unchanged());
}

SCENARIO_METHOD(Switch, "runsvchdir says of a file that it is no directory (root)", "[fixed]") {
  write_file(place / "file", "");
  CHECK(change({"file"}).err == fatal("file: not a directory."));
}

SCENARIO_METHOD(Switch, "runsvchdir fails without a current directory (root)") {
  fs::remove(place / "current");
  if (GENERATE(true, false)) fs::create_symlink("nowhere", place / "current");
  const Finished result = change({"single"});
  CHECK(result.ending == exited(111));
  CHECK(result.err == fatal("unable to stat: current: file does not exist"));
}

SCENARIO_METHOD(Switch, "runsvchdir fails without the place for directories (root)") {
  fs::remove_all(place);
  const Finished result = change({"single"});
  CHECK(result.ending == exited(111));
  CHECK(result.err == fatal("unable to chdir: /etc/runit/runsvdir: file does not exist"));
}

SCENARIO_METHOD(Switch, "runsvchdir removes a new link that was left behind (root)") {
  if (GENERATE(true, false)) {
    fs::create_symlink("nowhere", place / "current.new");
  } else {
    write_file(place / "current.new", "");
  }
  CHECK(change({"single"}).ending == exited(0));
  CHECK(link("current") == "single");
  CHECK_FALSE(fs::exists(fs::symlink_status(place / "current.new")));
}

SCENARIO_METHOD(Switch, "runsvchdir changes nothing if a directory is in its way (root)") {
  const std::string name = GENERATE(std::string("current.new"), std::string("previous"));
  fs::create_directory(place / name);
  const Finished result = change({"single"});
  CHECK(result.ending == exited(111));
  CHECK(result.err == fatal("unable to unlink: " + name + ": is a directory"));
  CHECK(link("current") == "default");
}

SCENARIO_METHOD(Switch, "runsvchdir keeps a current that is no link as the one before (root)") {
  fs::remove(place / "current");
  fs::create_directories(place / "current/service");
  CHECK(change({"single"}).out == "runsvchdir: single: now current.\n");
  CHECK(link("current") == "single");
  CHECK(fs::exists(place / "previous/service"));
}

SCENARIO_METHOD(Switch, "there is always a current directory (root)", "[fixed]") {
  machine.script(
      "first",
      "i=0; while [ $i -lt 100 ]; do /sbin/runsvchdir single; /sbin/runsvchdir default; i=$((i+1)); "
      "done");
  std::atomic<bool> done = false;
  std::atomic<long> looked = 0;
  std::atomic<long> missed = 0;
  std::thread watcher([&] {
    const std::string path = place / "current";
    struct stat found {};
    while (!done) {
      if (::lstat(path.c_str(), &found) != 0) ++missed;
      ++looked;
    }
  });
  const Finished result = machine.run({"/first"});
  done = true;
  watcher.join();
  CHECK(result.ending == exited(0));
  CHECK(link("current") == "default");
  CHECK(link("previous") == "single");
  CHECK(looked > 200);
  CHECK(missed == 0);
}

SCENARIO("runsvchdir works below $RUNSVDIR", "[2.3]") {
  const TempDir scratch;
  fs::create_directory(scratch / "default");
  fs::create_directory(scratch / "single");
  fs::create_symlink("default", scratch / "current");
  const Finished result =
      run({program("runsvchdir"), "single"}, {.environment = {{"RUNSVDIR", scratch.path().string()}}});
  CHECK(result.ending == exited(0));
  CHECK(fs::read_symlink(scratch / "current") == "single");
  CHECK(fs::read_symlink(scratch / "previous") == "default");
}
