// The order in which chpst does what it is told to, whatever the order of the options: of several things that
// go wrong the first is told, and what comes later has not been done.
#include <linux/capability.h>

#include "may_become_another_user.hpp"
#include "scene.hpp"

using namespace runvisor::testing;

namespace {

struct Step {
  std::vector<std::string> arguments;
  std::string complaint;
};

const std::vector<Step> kFailures{
    {{"-e", "nosuch-e"}, "unable to switch to directory: nosuch-e: file does not exist"},
    {{"-/", "nosuch-r"}, "unable to change directory: nosuch-r: file does not exist"},
    {{"-U", "nosuch-U"}, "unknown user/group: nosuch-U"},
    {{"-u", "nosuch-u"}, "unknown user/group: nosuch-u"},
    {{"-l", "nosuch/lock"}, "unable to open lock: nosuch/lock: file does not exist"},
    {{"./nosuch"}, "unable to run: ./nosuch: file does not exist"},
};

}  // namespace

SCENARIO_METHOD(Scene, "of several failures chpst tells the first in its own order") {
  for (std::size_t first = 0; first < kFailures.size(); ++first) {
    std::vector<std::string> forwards;
    std::vector<std::string> backwards;
    for (std::size_t step = first; step + 1 < kFailures.size(); ++step) {
      const auto& arguments = kFailures[step].arguments;
      forwards.insert(forwards.end(), arguments.begin(), arguments.end());
      backwards.insert(backwards.begin(), arguments.begin(), arguments.end());
    }
    forwards.emplace_back("./nosuch");
    backwards.emplace_back("./nosuch");
    check_fatal(chpst(forwards), kFailures[first].complaint);
    check_fatal(chpst(backwards), kFailures[first].complaint);
  }
}

SCENARIO_METHOD(Scene, "chpst reads all options before it does anything") {
  check_usage(chpst({"-l", "lock", "-c", "x", "./probe"}));
  check_usage(chpst({"-l", "lock", "-Z", "./probe"}), "chpst: illegal option -- Z\n");
  check_usage(chpst({"-l", "lock"}));
  check_usage(chpst({"-V", "-l", "lock", "./probe"}),
              chpst({"-V"}).err.substr(0, chpst({"-V"}).err.find('\n') + 1));
  CHECK_FALSE(exists("lock"));
}

SCENARIO_METHOD(Scene, "chpst looks at users when their turn comes, numeric or not") {
  check_fatal(chpst({"-e", "nosuch", "-u", ":x", "./probe"}),
              "unable to switch to directory: nosuch: file does not exist");
  check_fatal(chpst({"-l", "nosuch/lock", "-u", ":x", "./probe"}), "invalid uid/gids: x");
  check_fatal(chpst({"-e", "nosuch", "-u", "nosuch", "./probe"}),
              "unable to switch to directory: nosuch: file does not exist");
}

SCENARIO_METHOD(Scene, "chpst sets the nice level before it gives up its privileges, and limits after that") {
  if (!may_become_another_user()) return;
  options.limits = {{RLIMIT_NOFILE, 100}};
  const int nicer = has_capability(CAP_SYS_NICE, "a lower nice level") ? -5 : 5;
  const ProcessState found = state({"-o", "50", "-u", "nobody", "-n", std::to_string(nicer)});
  CHECK(found.nice == state({}).nice + nicer);
  CHECK(found.limits.at(RLIMIT_NOFILE) == Limit{.soft = 50, .hard = 100});
  // -p counts the user's processes: it would hinder nothing, chpst starts none.
  CHECK(state({"-p", "1", "-u", "nobody"}).limits.at(RLIMIT_NPROC).soft == 1);
}

SCENARIO_METHOD(Scene, "chpst does all at once") {
  if (!may_become_another_user()) return;
  directory("root");
  std::filesystem::copy_file(test_program("probe-process"), path() / "root/probe");
  std::filesystem::permissions(path() / "root", std::filesystem::perms(0777));
  file("root/etc/passwd", "user:x:1001:2001::/:/bin/sh\n");
  file("root/etc/group", "group:x:3001:\n");
  file("env/NAME", "value");
  const Finished result =
      chpst({"-v",  "-P",    "-0",   "-u", "user:group", "-U", "user", "-b", "argv0",          "-e",
             "env", "-/",    "root", "-n", "2",          "-l", "lock", "-d", "99999999999999", "-o",
             "20",  "-p",    "30",   "-f", "400000",     "-c", "50",   "-r", "600000",         "-t",
             "70",  "/probe"});
  CHECK(result.err.empty());
  REQUIRE(result.ending == exited(0));
  const ProcessState found = read_process_state(result.out);
  CHECK(found.session == found.pid);
  CHECK(found.descriptors.size() == 3);
  CHECK(found.descriptors.count(0) == 0);
  CHECK(found.descriptors.count(3) == 1);
  CHECK(found.uids[0] == 1001);
  CHECK(found.gids[0] == 3001);
  CHECK(found.groups == std::vector<gid_t>{3001});
  CHECK(
      found.environment ==
      std::map<std::string, std::string>{
          {"NAME", "value"}, {"UID", "1001"}, {"GID", "2001"}, {"PATH", "/usr/bin:/bin"}, {"HOME", "/home"}});
  CHECK(found.argv == std::vector<std::string>{"argv0"});
  CHECK(found.cwd == "/");
  CHECK(found.limits.at(RLIMIT_DATA).soft == 99999999999999);
  CHECK(found.limits.at(RLIMIT_NOFILE).soft == 20);
  CHECK(found.limits.at(RLIMIT_NPROC).soft == 30);
  CHECK(found.limits.at(RLIMIT_FSIZE).soft == 400000);
  CHECK(found.limits.at(RLIMIT_CORE).soft == 50);
  CHECK(found.limits.at(RLIMIT_RSS).soft == 600000);
  CHECK(found.limits.at(RLIMIT_CPU).soft == 70);
  CHECK(exists("root/lock"));
}

SCENARIO_METHOD(Scene, "what -e says of UID does not change whom -u means") {
  if (!may_become_another_user()) return;
  file("env/UID", "0");
  file("env/USER", "root");
  const ProcessState found = state({"-e", "env", "-u", ":12:34"});
  CHECK(found.uids[1] == 12);
  CHECK(found.environment.at("UID") == "0");
}
