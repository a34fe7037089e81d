// -u and -U: which ids a name or a number stands for, and what becomes of the process.
#include <grp.h>
#include <pwd.h>

#include "may_become_another_user.hpp"
#include "scene.hpp"

using namespace runvisor::testing;

namespace {

using Ids = std::array<uid_t, 4>;
using Groups = std::vector<gid_t>;

constexpr Ids all(uid_t id) { return {id, id, id, id}; }

uid_t uid_of(const char* name) {
  const passwd* entry = ::getpwnam(name);
  REQUIRE(entry != nullptr);
  return entry->pw_uid;
}

gid_t gid_of(const char* name) {
  const group* entry = ::getgrnam(name);
  REQUIRE(entry != nullptr);
  return entry->gr_gid;
}

/// A root directory with a user database of its own, so that a test knows what is in it.
struct OwnAccounts : Scene {
  OwnAccounts() {
    file("root/etc/passwd",
         "root:x:0:0::/:/bin/sh\n"
         "plain:x:1001:2001:Plain:/home/plain:/bin/sh\n"
         "twice:x:1002:2002::/:/bin/sh\n"
         "twice:x:1003:2003::/:/bin/sh\n"
         "12345:x:1004:2004::/:/bin/sh\n"
         "a.b-c_d$:x:1005:2005::/:/bin/sh\n"
         "last:x:4294967294:4294967293::/:/bin/sh");
    file("root/etc/group",
         "root:x:0:\n"
         "wheel:x:3001:plain\n"
         "users:*:3002:plain,twice\n"
         "empty::3003:\n"
         "last:x:3004:");
    std::filesystem::copy_file(test_program("probe-process"), path() / "root/probe");
  }

  /// What a program finds that runs in that root with these arguments.
  [[nodiscard]] ProcessState inside(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {"-/", "root"});
    arguments.emplace_back("/probe");
    const Finished result = chpst(arguments);
    CHECK(result.err.empty());
    REQUIRE(result.ending == exited(0));
    return read_process_state(result.out);
  }
  [[nodiscard]] Finished fails(const std::string& option, const std::string& value) const {
    return chpst({"-/", "root", option, value, "/probe"});
  }
};

}  // namespace

SCENARIO_METHOD(Scene, "chpst -u USER takes the user's ids, and that group only") {
  if (!may_become_another_user()) return;
  const ProcessState found = state({"-u", "nobody"});
  CHECK(found.uids == all(uid_of("nobody")));
  CHECK(found.gids == all(::getpwnam("nobody")->pw_gid));
  CHECK(found.groups == Groups{::getpwnam("nobody")->pw_gid});
  CHECK(found.effective == 0);
  CHECK(found.permitted == 0);
  CHECK(found.ambient == 0);
  CHECK(found.variables.size() == 2);
}

SCENARIO_METHOD(Scene, "chpst -u USER:GROUP takes that group instead of the user's") {
  if (!may_become_another_user()) return;
  const ProcessState found = state({"-u", "nobody:tty"});
  CHECK(found.uids == all(uid_of("nobody")));
  CHECK(found.gids == all(gid_of("tty")));
  CHECK(found.groups == Groups{gid_of("tty")});
}

SCENARIO_METHOD(Scene, "chpst -u USER:GROUP:GROUP takes the first group, and all as supplementary ones") {
  if (!may_become_another_user()) return;
  const ProcessState found = state({"-u", "nobody:tty:daemon:bin"});
  CHECK(found.gids == all(gid_of("tty")));
  Groups groups{gid_of("tty"), gid_of("daemon"), gid_of("bin")};
  std::sort(groups.begin(), groups.end());
  CHECK(found.groups == groups);
}

SCENARIO_METHOD(Scene, "chpst -u :UID:GID takes numbers, known or not") {
  if (!may_become_another_user()) return;
  ProcessState found = state({"-u", ":12345:23456"});
  CHECK(found.uids == all(12345));
  CHECK(found.gids == all(23456));
  CHECK(found.groups == Groups{23456});
  found = state({"-u", ":12345:23456:345:45"});
  CHECK(found.gids == all(23456));
  CHECK(found.groups == Groups{45, 345, 23456});
  CHECK(state({"-u", ":007:010"}).uids == all(7));
  CHECK(state({"-u", ":007:010"}).gids == all(10));
  CHECK(state({"-u", ":4294967294:4294967294"}).uids == all(4294967294));
}

SCENARIO_METHOD(Scene, "chpst -u removes the groups it was started with") {
  if (!may_become_another_user()) return;
  const Finished result =
      chpst({"-u", "root:tty:daemon:bin", path() / "called/chpst", "-u", ":5:6", "./probe"});
  CHECK(read_process_state(result.out).groups == Groups{6});
}

SCENARIO_METHOD(Scene, "chpst -u does not take what is no user or group") {
  for (const char* value : {"nosuch", "nobody:nosuch", "nobody:tty:nosuch", "nobody:", "nobody::tty",
                            "nobody:tty:", "", " nobody", "nobody ", "65534", "0", "nobody:0"}) {
    INFO(value);
    check_fatal(chpst({"-u", value, "./probe"}), "unknown user/group: " + std::string(value));
    check_fatal(chpst({"-U", value, "./probe"}), "unknown user/group: " + std::string(value));
  }
}

SCENARIO_METHOD(Scene, "chpst -u does not take what are no numbers, and needs a group") {
  for (const char* value : {"nobody", "1", "", "-1", "-1:1", "1x:1", "1:x", "1:2x", "1:2:x", "0x1:1", "1:0x1",
                            "+1:1", " 1:1", "1: 1", "1:nogroup", "nobody:1"}) {
    INFO(value);
    check_fatal(chpst({"-u", ":" + std::string(value), "./probe"}),
                "invalid uid/gids: " + std::string(value));
    check_fatal(chpst({"-U", ":" + std::string(value), "./probe"}),
                "invalid uid/gids: " + std::string(value));
  }
}

SCENARIO_METHOD(Scene, "chpst does not take a number that leaves no id for root's", "[fixed]") {
  if (!may_become_another_user()) return;
  for (const char* value :
       {"4294967296:1", "1:4294967296", "18446744073709551616:1", "1:18446744073709551616", "1:", ":1",
        "1::2", "1:2:", "1:2:4294967296", "4294967295:1", "1:4294967295", "1:2:4294967295"}) {
    INFO(value);
    for (const char* option : {"-u", "-U"}) {
      check_fatal(chpst({option, ":" + std::string(value), "./probe"}),
                  "invalid uid/gids: " + std::string(value));
    }
  }
}

SCENARIO_METHOD(Scene, "chpst -u takes many groups") {
  if (!may_become_another_user()) return;
  std::string value = ":1";
  Groups groups;
  for (gid_t id = 101; id <= 160; ++id) {
    value += ":" + std::to_string(id);
    groups.push_back(id);
  }
  CHECK(state({"-u", value}).groups == groups);
}

SCENARIO_METHOD(Scene, "of two users chpst obeys the last, though both must be well formed") {
  if (!may_become_another_user()) return;
  CHECK(state({"-u", "nobody", "-u", ":3:4"}).uids == all(3));
  CHECK(state({"-U", ":1:2", "-U", ":3:4"}).environment.at("UID") == "3");
}

SCENARIO_METHOD(Scene, "chpst -u needs privileges, be it for the user's own ids") {
  if (!may_become_another_user()) return;
  options.uid = kNobody;
  check_fatal(chpst({"-u", "nobody", "./probe"}), "unable to setgroups: permission denied");
  check_fatal(chpst({"-u", ":65534:65534", "./probe"}), "unable to setgroups: permission denied");
  check_fatal(chpst({"-u", "root", "./probe"}), "unable to setgroups: permission denied");
}

SCENARIO_METHOD(Scene, "chpst -U sets UID and GID, and no ids") {
  options.environment.emplace_back("UID", "x");
  options.environment.emplace_back("GID", "y");
  ProcessState found = state({"-U", "nobody"});
  CHECK(found.variables.size() == 4);
  CHECK(found.environment.at("UID") == std::to_string(uid_of("nobody")));
  CHECK(found.environment.at("GID") == std::to_string(::getpwnam("nobody")->pw_gid));
  CHECK(found.uids == all(::geteuid()));
  found = state({"-U", "nobody:tty"});
  CHECK(found.environment.at("UID") == std::to_string(uid_of("nobody")));
  CHECK(found.environment.at("GID") == std::to_string(gid_of("tty")));
  // Of several groups the first.
  CHECK(state({"-U", "nobody:tty:daemon"}).environment.at("GID") == std::to_string(gid_of("tty")));
  found = state({"-U", ":12345:23456:1"});
  CHECK(found.environment.at("UID") == "12345");
  CHECK(found.environment.at("GID") == "23456");
  CHECK(state({"-U", ":007:010"}).environment.at("GID") == "10");
}

SCENARIO_METHOD(Scene, "chpst -U tells of one user while -u becomes another") {
  if (!may_become_another_user()) return;
  const ProcessState found = state({"-u", "nobody:tty", "-U", ":12:34"});
  CHECK(found.uids == all(uid_of("nobody")));
  CHECK(found.gids == all(gid_of("tty")));
  CHECK(found.environment.at("UID") == "12");
  CHECK(found.environment.at("GID") == "34");
}

SCENARIO_METHOD(Scene, "chpst -U overrides what -e says of UID and GID, in either order") {
  file("env/UID", "from a file");
  file("env/GID");
  for (const auto& arguments :
       std::vector<std::vector<std::string>>{{"-e", "env", "-U", ":12:34"}, {"-U", ":12:34", "-e", "env"}}) {
    const ProcessState found = state(arguments);
    CHECK(found.environment.at("UID") == "12");
    CHECK(found.environment.at("GID") == "34");
    CHECK(found.variables.size() == 4);
  }
}

SCENARIO_METHOD(Scene, "chpst -u leaves USER and HOME to the caller and to -e") {
  if (!may_become_another_user()) return;
  file("env/USER", "somebody");
  const ProcessState found = state({"-u", "nobody", "-e", "env"});
  CHECK(found.environment.at("USER") == "somebody");
  CHECK(found.environment.at("HOME") == "/home");
  CHECK(found.environment.count("UID") == 0);
}

SCENARIO_METHOD(OwnAccounts, "chpst looks users and groups up in the root that it changes to") {
  if (!may_become_another_user()) return;
  ProcessState found = inside({"-u", "plain"});
  CHECK(found.uids == all(1001));
  CHECK(found.gids == all(2001));
  CHECK(found.groups == Groups{2001});
  found = inside({"-u", "plain:users:wheel"});
  CHECK(found.uids == all(1001));
  CHECK(found.gids == all(3002));
  CHECK(found.groups == Groups{3001, 3002});
  CHECK(inside({"-U", "plain:wheel"}).environment.at("GID") == "3001");
  check_fatal(fails("-u", "nobody"), "unknown user/group: nobody");
  check_fatal(fails("-u", "plain:tty"), "unknown user/group: plain:tty");
}

SCENARIO_METHOD(OwnAccounts, "chpst takes the first entry of a name, and a name that looks like a number") {
  if (!may_become_another_user()) return;
  CHECK(inside({"-u", "twice"}).uids == all(1002));
  CHECK(inside({"-u", "12345"}).uids == all(1004));
  CHECK(inside({"-u", "a.b-c_d$"}).uids == all(1005));
}

SCENARIO_METHOD(OwnAccounts, "chpst reads a last line without its end") {
  if (!may_become_another_user()) return;
  CHECK(inside({"-u", "last"}).uids == all(4294967294));
  CHECK(inside({"-u", "last"}).gids == all(4294967293));
  CHECK(inside({"-u", "last:last"}).gids == all(3004));
  CHECK(inside({"-u", "root:empty"}).gids == all(3003));
}

SCENARIO_METHOD(OwnAccounts, "chpst needs no group file for a user's own group, and no files for numbers") {
  if (!may_become_another_user()) return;
  std::filesystem::remove(path() / "root/etc/group");
  CHECK(inside({"-u", "plain"}).gids == all(2001));
  check_fatal(fails("-u", "plain:wheel"), "unable to get password/group file entry: file does not exist");
  std::filesystem::remove_all(path() / "root/etc");
  CHECK(inside({"-u", ":1:2"}).gids == all(2));
  check_fatal(fails("-u", "plain"), "unable to get password/group file entry: file does not exist");
}

SCENARIO_METHOD(OwnAccounts, "chpst passes over broken lines of the user database") {
  if (!may_become_another_user()) return;
  file("root/etc/passwd",
       "\n# a comment\nplain\nplain:x\nplain:x:abc:1::/:\nplain::\n"
       "plain:x:1007:2007::/:/bin/sh\n");
  CHECK(inside({"-u", "plain"}).uids == all(1007));
}

SCENARIO_METHOD(OwnAccounts, "chpst does not take a name for the beginning of another") {
  for (const char* name : {"plai", "plain:whee", "plain:wheels", "plainx", "PLAIN", "plain:WHEEL"}) {
    INFO(name);
    if (!may_become_another_user()) return;
    check_fatal(fails("-u", name), "unknown user/group: " + std::string(name));
  }
}

SCENARIO_METHOD(OwnAccounts, "chpst reads a long user database to its end") {
  if (!may_become_another_user()) return;
  std::string content;
  for (int i = 0; i < 5000; ++i) {
    content += "user" + std::to_string(i) + ":x:" + std::to_string(10000 + i) + ":100::/:/bin/sh\n";
  }
  file("root/etc/passwd", content + "far:x:77:78::/:/bin/sh\n");
  std::string members = "large:x:79:";
  for (int i = 0; i < 5000; ++i) members += "user" + std::to_string(i) + ",";
  file("root/etc/group", members + "far\nafter:x:80:\n");
  CHECK(inside({"-u", "far"}).uids == all(77));
  CHECK(inside({"-u", "user4999:after:large"}).uids == all(14999));
  CHECK(inside({"-u", "far:after:large"}).groups == Groups{79, 80});
}
