// -P, -0 -1 -2, -/ and -C, -v: the rest of the process's state.
#include <fcntl.h>
#include <sys/stat.h>

#include "may_become_another_user.hpp"
#include "scene.hpp"

using namespace runvisor::testing;

namespace {

std::pair<dev_t, ino_t> inode(const std::filesystem::path& path) {
  struct stat info {};
  REQUIRE(::stat(path.c_str(), &info) == 0);
  return {info.st_dev, info.st_ino};
}

/// A directory to be the root, with nothing but the probe in it.
struct Root : Scene {
  Root() {
    directory("root");
    std::filesystem::copy_file(test_program("probe-process"), path() / "root/probe");
  }
};

}  // namespace

SCENARIO_METHOD(Scene, "chpst -P makes the program the leader of a session and a process group") {
  const ProcessState found = state({"-P"});
  CHECK(found.session == found.pid);
  CHECK(found.process_group == found.pid);
  CHECK(state({"-PP"}).session != 0);
}

SCENARIO_METHOD(Scene, "chpst -P of a session's leader runs the program all the same") {
  options.new_session = true;
  const ProcessState found = state({"-P"});
  CHECK(found.session == found.pid);
}

SCENARIO_METHOD(Scene, "chpst -0, -1 and -2 close the standard descriptors") {
  const auto closed = [&](const std::vector<std::string>& options_given) {
    std::vector<std::string> arguments = options_given;
    arguments.insert(arguments.end(), {"./probe", "report"});
    const Finished result = chpst(arguments);
    CHECK(result.ending == exited(0));
    CHECK(result.out.empty());
    CHECK(result.err.empty());
    std::string missing;
    const ProcessState found = read_process_state(read_file(path() / "report"));
    for (int fd = 0; fd <= 2; ++fd) {
      if (found.descriptors.count(fd) == 0) missing += std::to_string(fd);
    }
    CHECK(found.descriptors.size() + missing.size() == 3);
    return missing;
  };
  CHECK(closed({}).empty());
  CHECK(closed({"-0"}) == "0");
  CHECK(closed({"-1"}) == "1");
  CHECK(closed({"-2"}) == "2");
  CHECK(closed({"-0", "-2"}) == "02");
  CHECK(closed({"-012"}) == "012");
  CHECK(closed({"-v", "-012"}) == "012");
}

SCENARIO_METHOD(Scene, "chpst fails to close what is closed already") {
  options.closed = {0};
  check_fatal(chpst({"-0", "./probe"}), "unable to close stdin: file descriptor not open");
  options.closed = {1};
  check_fatal(chpst({"-1", "./probe"}), "unable to close stdout: file descriptor not open");
  options.closed = {2};
  CHECK(chpst({"-2", "./probe"}).ending == exited(111));
}

SCENARIO_METHOD(Scene, "chpst closes standard descriptors after it has opened the lock") {
  CHECK(chpst({"-0", "-1", "-2", "-l", "lock", "./probe", "report"}).ending == exited(0));
  const ProcessState found = read_process_state(read_file(path() / "report"));
  CHECK(found.descriptors == std::map<int, std::string>{{3, path() / "lock"}});
}

SCENARIO_METHOD(Scene, "chpst has nobody to complain to once it has closed standard error") {
  const Finished result = chpst({"-2", "./nosuch"});
  CHECK(result.ending == exited(111));
  CHECK(result.err.empty());
  check_fatal(chpst({"-0", "-1", "./nosuch"}), "unable to run: ./nosuch: file does not exist");
  // What goes wrong before is still told.
  check_fatal(chpst({"-2", "-u", "nosuch", "./probe"}), "unknown user/group: nosuch");
  check_fatal(chpst({"-2", "-l", "nosuch/lock", "./probe"}),
              "unable to open lock: nosuch/lock: file does not exist");
}

SCENARIO_METHOD(Scene, "chpst started without standard descriptors opens none of its own in their place") {
  file("env/NAME", "value");
  options.closed = {0, 1, 2};
  const Finished result = chpst({"-e", "env", "./probe", "report"});
  CHECK(result.ending == exited(0));
  CHECK(read_process_state(read_file(path() / "report")).descriptors.empty());
}

SCENARIO_METHOD(Scene, "chpst -v has nothing to say when all goes well") {
  const Finished result = chpst({"-v", "-P", "-n0", "-o10", "-c0", "-r1000000", "-l", "lock", "./probe"});
  CHECK(result.ending == exited(0));
  CHECK(result.err.empty());
}

SCENARIO_METHOD(Root, "chpst -/ changes the root directory, and into it") {
  if (!may_become_another_user()) return;
  const Finished result = chpst({"-/", "root", "/probe"});
  CHECK(result.ending == exited(0));
  const ProcessState found = read_process_state(result.out);
  CHECK(found.root == inode(path() / "root"));
  CHECK(found.cwd == "/");
  CHECK(found.descriptors.size() == 3);
  CHECK(chpst({"-/", path() / "root", "./probe"}).ending == exited(0));
  CHECK(chpst({"-/", "root", "-u", ":12:34", "./probe"}).ending == exited(0));
}

SCENARIO_METHOD(Root, "chpst -/ of the same root goes there") {
  if (!may_become_another_user()) return;
  const ProcessState found = read_process_state(chpst({"-/", "/", path() / "probe"}).out);
  CHECK(found.root == inode("/"));
  CHECK(found.cwd == "/");
}

SCENARIO_METHOD(Root, "chpst -/ tells what it could not do") {
  if (!may_become_another_user()) return;
  file("plain");
  check_fatal(chpst({"-/", "nosuch", "./probe"}), "unable to change directory: nosuch: file does not exist");
  check_fatal(chpst({"-/", "plain", "./probe"}), "unable to change directory: plain: not a directory");
  check_fatal(chpst({"-/", "", "./probe"}), "unable to change directory: : file does not exist");
  check_fatal(chpst({"-/", "root", "./nosuch"}), "unable to run: ./nosuch: file does not exist");
  options.uid = kNobody;
  check_fatal(chpst({"-/", "root", "./probe"}), "unable to change root directory: permission denied");
}

SCENARIO_METHOD(Root, "chpst -/ looks the program up in the new root, by the old PATH") {
  if (!may_become_another_user()) return;
  directory("root/usr/bin");
  std::filesystem::rename(path() / "root/probe", path() / "root/usr/bin/only-here");
  CHECK(chpst({"-/", "root", "only-here"}).ending == exited(0));
  check_fatal(chpst({"-/", "root", "sh"}), "unable to run: sh: file does not exist");
}

SCENARIO_METHOD(Root, "chpst -e reads in the old root, -l locks in the new one") {
  if (!may_become_another_user()) return;
  file("env/NAME", "old root");
  file("root/env/NAME", "new root");
  const Finished result = chpst({"-/", "root", "-e", "env", "-l", "lock", "/probe"});
  CHECK(read_process_state(result.out).environment.at("NAME") == "old root");
  CHECK(exists("root/lock"));
  CHECK_FALSE(exists("lock"));
}

SCENARIO_METHOD(Scene, "chpst -C changes the working directory", "[2.3]") {
  directory("there");
  const ProcessState found = state({"-C", "."});
  CHECK(found.cwd == path());
  const Finished result = chpst({"-C", "there", path() / "probe"});
  CHECK(read_process_state(result.out).cwd == path() / "there");
  CHECK(read_process_state(result.out).descriptors.size() == 3);
  check_fatal(chpst({"-C", "there", "./probe"}), "unable to run: ./probe: file does not exist");
  check_usage(chpst({"-C"}), "chpst: option requires an argument -- C\n");
}

SCENARIO_METHOD(Scene, "chpst -C tells what it could not do", "[2.3]") {
  file("plain");
  check_fatal(chpst({"-C", "nosuch", "./probe"}), "unable to change directory: nosuch: file does not exist");
  check_fatal(chpst({"-C", "plain", "./probe"}), "unable to change directory: plain: not a directory");
}

SCENARIO_METHOD(Root, "chpst -C is relative to the new root, and comes before the lock", "[2.3]") {
  if (!may_become_another_user()) return;
  directory("root/inner");
  file("env/NAME", "value");
  const Finished result = chpst({"-C", "inner", "-/", "root", "-e", "env", "-l", "lock", "/probe"});
  REQUIRE(result.ending == exited(0));
  const ProcessState found = read_process_state(result.out);
  CHECK(found.cwd == "/inner");
  CHECK(found.root == inode(path() / "root"));
  CHECK(found.environment.at("NAME") == "value");
  CHECK(exists("root/inner/lock"));
  CHECK(read_process_state(chpst({"-/", "root", "-C", "/inner", "/probe"}).out).cwd == "/inner");
}

SCENARIO_METHOD(Root, "chpst -C goes where only root may go before it becomes another user", "[2.3]") {
  if (!may_become_another_user()) return;
  directory("secret");
  std::filesystem::permissions(path() / "secret", std::filesystem::perms(0700));
  CHECK(chpst({"-C", "secret", "-u", "nobody", path() / "probe"}).ending == exited(0));
  options.uid = kNobody;
  check_fatal(chpst({"-C", "secret", "./probe"}), "unable to change directory: secret: access denied");
}
