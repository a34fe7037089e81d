// Accounts that are not in /etc/passwd, as of LDAP: what the getent of the root directory knows. And
// --init-groups.
#include "may_become_another_user.hpp"
#include "scene.hpp"

using namespace runvisor::testing;

namespace {

using Groups = std::vector<gid_t>;

/// A root directory with a few accounts in its files, and others that only its getent knows.
struct NameService : Scene {
  NameService() {
    file("root/etc/passwd", "root:x:0:0::/:/bin/sh\nlocal:x:1001:2001::/:/bin/sh\n");
    file("root/etc/group", "root:x:0:\nlocal:x:2001:\nmixed:x:2002:far,local\nother:x:2003:root\n");
    directory("root/usr/bin");
    std::filesystem::copy_file(test_program("probe-process"), path() / "root/probe");
    std::filesystem::copy_file(test_program("fake-getent"), path() / "root/usr/bin/getent");
    answer("passwd.far", "far:*:5001:6001:Far Away:/home/far:/bin/sh\n");
    answer("group.guests", "guests:*:6002:far,farther\n");
    answer("initgroups.far", "far                   6002 6003 2002\n");
  }

  /// What getent is to answer to "DATABASE.KEY".
  void answer(const std::string& question, const std::string& text) const {
    file("root/getent/" + question, text);
  }

  [[nodiscard]] Finished call(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {"-/", "root"});
    arguments.emplace_back("/probe");
    return chpst(arguments);
  }
  [[nodiscard]] ProcessState inside(const std::vector<std::string>& arguments) const {
    const Finished result = call(arguments);
    CHECK(result.err.empty());
    REQUIRE(result.ending == exited(0));
    return read_process_state(result.out);
  }
  [[nodiscard]] std::string asked() const {
    return exists("root/getent/asked") ? read_file(path() / "root/getent/asked") : "";
  }
};

}  // namespace

SCENARIO_METHOD(NameService, "chpst finds users and groups that only getent knows", "[fixed]") {
  if (!may_become_another_user()) return;
  ProcessState found = inside({"-u", "far"});
  CHECK(found.uids == std::array<uid_t, 4>{5001, 5001, 5001, 5001});
  CHECK(found.gids[1] == 6001);
  CHECK(found.groups == Groups{6001});
  found = inside({"-u", "far:guests:local", "-U", "far"});
  CHECK(found.gids[1] == 6002);
  CHECK(found.groups == Groups{2001, 6002});
  CHECK(found.environment.at("UID") == "5001");
  CHECK(inside({"-u", "local:guests"}).groups == Groups{6002});
  CHECK(found.descriptors.size() == 3);
}

SCENARIO_METHOD(NameService, "chpst asks getent for nothing that the files have, and for no numbers") {
  if (!may_become_another_user()) return;
  CHECK(inside({"-u", "local"}).uids[1] == 1001);
  CHECK(inside({"-u", "local:mixed"}).gids[1] == 2002);
  CHECK(inside({"-u", ":5001:6002"}).gids[1] == 6002);
  for (const char* name : {"", "0", "5001", "-s", "--service=x", " 0", "local:0", "local:-x", "+0", "0000"}) {
    INFO(name);
    check_fatal(call({"-u", name}), "unknown user/group: " + std::string(name));
  }
  CHECK(asked().empty());
}

SCENARIO_METHOD(NameService, "chpst asks getent without the caller's environment, descriptors and input",
                "[fixed]") {
  if (!may_become_another_user()) return;
  file("env/LD_PRELOAD", "/nosuch.so");
  file("input", "for the program, not for getent");
  options.stdin_file = path() / "input";
  static_cast<void>(inside({"-e", "env", "-u", "far:guests"}));
  CHECK(asked() ==
        "passwd far 0 variables, descriptors 0 1 2, no input\ngroup guests 0 variables, descriptors 0 1 2, "
        "no input\n");
}

SCENARIO_METHOD(NameService,
                "chpst takes getent from /bin where there is none in /usr/bin, and from nowhere else",
                "[fixed]") {
  if (!may_become_another_user()) return;
  directory("root/bin");
  std::filesystem::rename(path() / "root/usr/bin/getent", path() / "root/bin/getent");
  CHECK(inside({"-u", "far"}).uids[1] == 5001);
  directory("root/sbin");
  std::filesystem::rename(path() / "root/bin/getent", path() / "root/sbin/getent");
  options.environment = {{"PATH", "/sbin"}};
  check_fatal(call({"-u", "far"}), "unknown user/group: far");
}

SCENARIO_METHOD(NameService, "chpst runs nothing for a user that neither the files nor getent know") {
  if (!may_become_another_user()) return;
  check_fatal(call({"-u", "nosuch"}), "unknown user/group: nosuch");
  check_fatal(call({"-u", "local:nosuch"}), "unknown user/group: local:nosuch");
  std::filesystem::remove_all(path() / "root/usr");
  check_fatal(call({"-u", "nosuch"}), "unknown user/group: nosuch");
}

SCENARIO_METHOD(NameService, "chpst runs nothing when getent fails", "[fixed]") {
  if (!may_become_another_user()) return;
  const std::string entry = "far:*:5001:6001::/:/bin/sh\n";
  const std::string complaint = "unable to get password/group file entry: input/output error";
  for (const char* end : {"!exit 1\n", "!exit 3\n", "!exit 111\n", "!kill 9\n", "!kill 15\n"}) {
    INFO(end);
    answer("passwd.far", end + entry);
    check_fatal(call({"-u", "far"}), complaint);
    check_fatal(call({"-U", "far"}), complaint);
  }
  answer("passwd.far", "!exit 2\n" + entry);
  check_fatal(call({"-u", "far"}), "unknown user/group: far");
  answer("passwd.far", "!repeat 1000000\n" + entry);
  check_fatal(call({"-u", "far"}), complaint);
  std::filesystem::permissions(path() / "root/usr/bin/getent", std::filesystem::perms(0644));
  check_fatal(call({"-u", "far"}), "unable to get password/group file entry: access denied");
}

SCENARIO_METHOD(NameService, "chpst runs nothing for what getent says that is no entry") {
  if (!may_become_another_user()) return;
  for (const char* text :
       {"", "\n", "far\n", "far:*\n", "far:*:\n", "far:*:5001\n", "far:*:5001:\n", "far:*::6001::/:\n",
        "far:*:-1:6001::/:\n", "far:*:4294967295:6001::/:\n", "far:*:4294967296:6001::/:\n",
        "far:*:5001:4294967295::/:\n", "far:*:5001:99999999999999999999::/:\n", ":*:0:0::/:\n",
        "far:*:0x0:0::/:\n", "far:*: 0:0::/:\n", "garbage\n"}) {
    INFO(text);
    answer("passwd.far", text);
    check_fatal(call({"-u", "far"}), "unknown user/group: far");
  }
}

SCENARIO_METHOD(NameService,
                "chpst asks getent although its own descriptors are closed or SIGCHLD is ignored",
                "[fixed]") {
  if (!may_become_another_user()) return;
  std::filesystem::permissions(path() / "root", std::filesystem::perms(0777));
  options.closed = {0, 1, 2};
  CHECK(chpst({"-/", "root", "-u", "far", "/probe", "/report"}).ending == exited(0));
  const ProcessState found = read_process_state(read_file(path() / "root/report"));
  CHECK(found.uids[1] == 5001);
  CHECK(found.descriptors.empty());
  options.closed = {};
  options.ignored_signals = {SIGCHLD};
  CHECK(inside({"-u", "far"}).ignored == 1ULL << (SIGCHLD - 1));
}

SCENARIO_METHOD(NameService, "setuidgid and envuidgid find users that only getent knows", "[fixed]") {
  if (!may_become_another_user()) return;
  // They have no option for a root directory: a chpst around them has.
  const auto called_inside = [&](const char* name, const char* user) {
    std::filesystem::copy_file(program("chpst"), path() / "root" / name);
    return chpst({"-/", "root", "/" + std::string(name), user, "/probe"});
  };
  const Finished first = called_inside("setuidgid", "far");
  // Unless the program needs libraries, which are not there.
  if (first.err.find("unable to run") != std::string::npos) {
    WARN("the program under test is not static");
    return;
  }
  CHECK(read_process_state(first.out).uids[1] == 5001);
  CHECK(read_process_state(called_inside("envuidgid", "far").out).environment.at("UID") == "5001");
  check_fatal(chpst({"-/", "root", "/setuidgid", "far:guests", "/probe"}), "unknown account: far:guests");
}

SCENARIO_METHOD(NameService, "chpst --init-groups adds all groups of the user, from file and getent",
                "[fixed]") {
  if (!may_become_another_user()) return;
  ProcessState found = inside({"--init-groups", "-u", "local"});
  CHECK(found.gids[1] == 2001);
  CHECK(found.groups == Groups{2001, 2002});
  found = inside({"--init-groups", "-u", "far"});
  CHECK(found.gids[1] == 6001);
  CHECK(found.groups == Groups{2002, 6001, 6002, 6003});
  found = inside({"-u", "far:guests", "--init-groups"});
  CHECK(found.gids[1] == 6002);
  CHECK(found.groups == Groups{2002, 6002, 6003});
  CHECK(inside({"-u", "local"}).groups == Groups{2001});
}

SCENARIO_METHOD(NameService, "chpst --init-groups does without getent, and needs a user's name", "[fixed]") {
  if (!may_become_another_user()) return;
  std::filesystem::remove_all(path() / "root/usr");
  CHECK(inside({"--init-groups", "-u", "local"}).groups == Groups{2001, 2002});
  check_usage(call({"--init-groups"}));
  check_usage(call({"--init-groups", "-u", ":1:2"}));
  check_usage(call({"--init-groups", "-U", "local"}));
  std::filesystem::remove(path() / "root/etc/group");
  check_fatal(call({"--init-groups", "-u", "local"}),
              "unable to get password/group file entry: file does not exist");
}
