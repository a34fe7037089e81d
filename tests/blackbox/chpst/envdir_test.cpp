// -e: variables from files.
#include <sys/stat.h>

#include "may_become_another_user.hpp"
#include "scene.hpp"

using namespace runvisor::testing;
using namespace std::string_literals;

namespace {

/// A directory `env` of variables.
struct EnvDir : Scene {
  EnvDir() { directory("env"); }

  /// The value of a variable whose file has this content.
  [[nodiscard]] std::string value(const std::string& content) const {
    file("env/NAME", content);
    return state({"-e", "env"}).environment.at("NAME");
  }
};

}  // namespace

SCENARIO_METHOD(EnvDir, "chpst -e sets a variable to the first line of its file") {
  CHECK(value("value") == "value");
  CHECK(value("value\n") == "value");
  CHECK(value("first\nsecond\n") == "first");
  CHECK(value("\nsecond\n").empty());
  CHECK(value("two words = and more\n") == "two words = and more");
  CHECK(value("carriage\r\n") == "carriage\r");
  CHECK(value("\xff\x01 \xc3\xa9\n") == "\xff\x01 \xc3\xa9");
}

SCENARIO_METHOD(EnvDir, "chpst -e cuts blanks and tabs at the end of the line only") {
  CHECK(value("  value \t \n") == "  value");
  CHECK(value("value \t ") == "value");
  CHECK(value("\tvalue\n").size() == 6);
  CHECK(value("a b\t\n") == "a b");
  CHECK(value(" \t \n").empty());
  CHECK(value("\n").empty());
  CHECK(value("value \nmore \n") == "value");
}

SCENARIO_METHOD(EnvDir, "chpst -e turns NUL into a newline") {
  CHECK(value("one\0two\n"s) == "one\ntwo");
  CHECK(value("one\0\n"s) == "one\n");
  CHECK(value("one\0 \n"s) == "one\n");
  CHECK(value("one \0 \n"s) == "one \n");
  CHECK(value("\0"s) == "\n");
  CHECK(value("one\0two\0three"s) == "one\ntwo\nthree");
}

SCENARIO_METHOD(EnvDir, "chpst -e removes a variable whose file is empty, and only then") {
  options.environment.emplace_back("NAME", "old");
  file("env/NAME");
  CHECK(state({"-e", "env"}).environment.count("NAME") == 0);
  file("env/NAME", "\n");
  CHECK(state({"-e", "env"}).environment.at("NAME").empty());
  file("env/NAME");
  file("env/HOME");
  file("env/NEVER");
  CHECK(state({"-e", "env"}).variables == std::vector<std::string>{"PATH=/usr/bin:/bin"});
}

SCENARIO_METHOD(EnvDir, "chpst -e replaces a variable and leaves the others alone") {
  options.environment = {{"NAME", "old"}, {"NAMES", "other"}, {"NAM", "another"}, {"EMPTY", ""}};
  file("env/NAME", "new");
  const ProcessState found = state({"-e", "env"});
  CHECK(found.variables.size() == 4);
  CHECK(found.environment == std::map<std::string, std::string>{
                                 {"NAME", "new"}, {"NAMES", "other"}, {"NAM", "another"}, {"EMPTY", ""}});
}

SCENARIO_METHOD(EnvDir, "chpst -e of an empty directory changes nothing") {
  CHECK(state({"-e", "env"}).variables.size() == 2);
}

SCENARIO_METHOD(EnvDir, "chpst -e passes over files that begin with a dot, and over directories") {
  file("env/.NAME", "hidden");
  file("env/A", "a");
  file("env/sub/B", "b");
  const ProcessState found = state({"-e", "env"});
  CHECK(found.variables.size() == 3);
  CHECK(found.environment.at("A") == "a");
}

SCENARIO_METHOD(EnvDir, "chpst -v warns of a directory that -e passes over") {
  directory("env/sub");
  directory("env/.hidden");
  file("env/A", "a");
  std::filesystem::create_symlink("nowhere", path() / "env/LOST");
  const Finished result = chpst({"-v", "-e", "env", "./probe"});
  CHECK(result.ending == exited(0));
  CHECK(result.err == "chpst: warning: unable to read env/sub: is a directory\n");
}

SCENARIO_METHOD(EnvDir, "chpst -e reads through symbolic links") {
  file("elsewhere", "value\n");
  std::filesystem::create_symlink("../elsewhere", path() / "env/LINK");
  std::filesystem::create_directory_symlink("env", path() / "way");
  for (const char* name : {"env", "way", "env/", "./env", "env/../way"}) {
    const ProcessState found = state({"-e", name});
    CHECK(found.variables.size() == 3);
    CHECK(found.environment.at("LINK") == "value");
  }
}

SCENARIO_METHOD(EnvDir, "chpst -e passes over a link that leads nowhere") {
  std::filesystem::create_symlink("nowhere", path() / "env/LOST");
  CHECK(state({"-e", "env"}).variables.size() == 2);
}

SCENARIO_METHOD(EnvDir, "chpst -e does not give a link that leads nowhere the value of another file",
                "[fixed]") {
  options.environment.emplace_back("KEPT", "kept");
  for (const char* name : {"A", "B", "C", "D", "E", "F", "G", "H"}) {
    file("env/" + std::string(name), "value");
    std::filesystem::create_symlink("nowhere", path() / ("env/LOST" + std::string(name)));
  }
  std::filesystem::create_symlink("nowhere", path() / "env/KEPT");
  const ProcessState found = state({"-e", "env"});
  CHECK(found.variables.size() == 11);
  CHECK(found.environment.at("KEPT") == "kept");
}

SCENARIO_METHOD(EnvDir, "chpst -e takes names as they are") {
  file("env/with space", "1");
  file("env/lower-case.dots", "2");
  file("env/=", "");
  const ProcessState found = state({"-e", "env"});
  CHECK(found.environment.at("with space") == "1");
  CHECK(found.environment.at("lower-case.dots") == "2");
}

SCENARIO_METHOD(EnvDir, "chpst -e sets many variables, and long ones") {
  for (int i = 0; i < 700; ++i) file("env/V" + std::to_string(i), "value " + std::to_string(i) + "\n");
  file("env/LONG", std::string(100000, 'x') + "\nsecond line");
  const ProcessState found = state({"-e", "env"});
  CHECK(found.variables.size() == 703);
  CHECK(found.environment.at("V0") == "value 0");
  CHECK(found.environment.at("V699") == "value 699");
  CHECK(found.environment.at("LONG") == std::string(100000, 'x'));
}

SCENARIO_METHOD(EnvDir, "chpst -e leaves a value that is too long to the system to refuse") {
  file("env/LONG", std::string(200000, 'x'));
  check_fatal(chpst({"-e", "env", "./probe"}), "unable to run: ./probe: argument list too long");
}

SCENARIO_METHOD(EnvDir, "chpst -e fails on a directory that is not there") {
  file("plain");
  check_fatal(chpst({"-e", "nosuch", "./probe"}),
              "unable to switch to directory: nosuch: file does not exist");
  check_fatal(chpst({"-e", "plain", "./probe"}), "unable to switch to directory: plain: not a directory");
  check_fatal(chpst({"-e", "", "./probe"}), "unable to switch to directory: : file does not exist");
}

SCENARIO_METHOD(EnvDir, "chpst -e fails on a file or directory that may not be read") {
  if (!may_become_another_user()) return;
  options.uid = kNobody;
  file("env/SECRET", "value", 0600);
  check_fatal(chpst({"-e", "env", "./probe"}), "unable to read env/SECRET: access denied");
  // A directory must be listed and passed through.
  std::filesystem::permissions(path() / "env", std::filesystem::perms(0711));
  check_fatal(chpst({"-e", "env", "./probe"}), "unable to open directory: env: access denied");
  for (const unsigned mode : {0744U, 0700U}) {
    std::filesystem::permissions(path() / "env", std::filesystem::perms(mode));
    check_fatal(chpst({"-e", "env", "./probe"}), "unable to switch to directory: env: access denied");
  }
}

SCENARIO_METHOD(EnvDir, "chpst -e reads before it becomes another user") {
  if (!may_become_another_user()) return;
  file("env/SECRET", "value", 0600);
  std::filesystem::permissions(path() / "env", std::filesystem::perms(0700));
  CHECK(state({"-u", "nobody", "-e", "env"}).environment.at("SECRET") == "value");
}

SCENARIO_METHOD(EnvDir, "chpst -e does not change the working directory") {
  file("env/NAME", "value");
  CHECK(state({"-e", "env"}).cwd == path());
  CHECK(state({"-e", "."}).cwd == path());
}

SCENARIO_METHOD(EnvDir, "chpst -e fails on what cannot be opened or read") {
  std::filesystem::create_symlink("LOOP", path() / "env/LOOP");
  check_fatal(chpst({"-e", "env", "./probe"}), "unable to read env/LOOP: symbolic link loop");
  std::filesystem::remove(path() / "env/LOOP");
  std::filesystem::create_symlink("/proc/self/mem", path() / "env/MEMORY");
  check_fatal(chpst({"-e", "env", "./probe"}), "unable to read env/MEMORY: input/output error");
}

SCENARIO_METHOD(EnvDir, "chpst -e does not hang on a FIFO") {
  REQUIRE(::mkfifo((path() / "env/FIFO").c_str(), 0644) == 0);
  file("env/NAME", "value");
  CHECK(state({"-e", "env"}).environment.at("NAME") == "value");
}

SCENARIO_METHOD(EnvDir, "chpst -e sets the program's PATH, not the one the program is looked up in") {
  file("bin/tool", "#!/bin/sh\necho found\n", 0755);
  file("env/PATH", (path() / "bin").string());
  check_fatal(chpst({"-e", "env", "tool"}), "unable to run: tool: file does not exist");
  CHECK(chpst({"-e", "env", "env"}).out.find("PATH=" + (path() / "bin").string() + "\n") !=
        std::string::npos);
  file("env/PATH");
  const Finished result = chpst({"-e", "env", "env"});
  CHECK(result.ending == exited(0));
  CHECK(result.out == "HOME=/home\n");
}
