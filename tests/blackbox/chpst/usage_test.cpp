// Options, wrong use, and what chpst says when the program cannot be run.
#include "scene.hpp"

using namespace runvisor::testing;

SCENARIO_METHOD(Scene, "chpst runs the program with its arguments and leaves all else as it is") {
  options.ignored_signals = {SIGUSR1};
  options.blocked_signals = {SIGUSR2};
  options.umask = 027;
  const Finished result = chpst({"./probe", "", "0", "-u", "--", "two words"});
  CHECK(result.ending == exited(0));
  const ProcessState state = read_process_state(result.out);
  CHECK(state.argv == std::vector<std::string>{"./probe", "", "0", "-u", "--", "two words"});
  CHECK(state.variables.size() == 2);
  CHECK(state.environment ==
        std::map<std::string, std::string>{{"HOME", "/home"}, {"PATH", "/usr/bin:/bin"}});
  CHECK(state.cwd == path());
  CHECK(state.umask == 027);
  CHECK(state.ignored == 1ULL << (SIGUSR1 - 1));
  CHECK(state.blocked == 1ULL << (SIGUSR2 - 1));
  CHECK(state.session != state.pid);
  CHECK(state.descriptors.size() == 3);
}

SCENARIO_METHOD(Scene, "chpst becomes the program: same process, and the program's own end") {
  Process process = start("chpst", {"./probe", "", "7"});
  const pid_t pid = process.pid();
  CHECK(process.wait() == exited(7));
  CHECK(read_process_state(process.out()).pid == pid);
  CHECK(chpst({"sh", "-c", "kill -KILL $$"}).ending == killed_by(SIGKILL));
}

SCENARIO_METHOD(Scene, "chpst without a program tells its usage") {
  check_usage(chpst({}));
  check_usage(chpst({"-v"}));
  check_usage(chpst({"-u", "root"}));
  check_usage(chpst({"--"}));
}

SCENARIO_METHOD(Scene, "chpst names a wrong option before its usage") {
  check_usage(chpst({"-Z", "./probe"}), "chpst: illegal option -- Z\n");
  check_usage(chpst({"-vZ", "./probe"}), "chpst: illegal option -- Z\n");
  check_usage(chpst({"-v-", "./probe"}), "chpst: illegal option -- -\n");
  check_usage(chpst({"-h", "./probe"}), "chpst: illegal option -- h\n");
}

SCENARIO_METHOD(Scene, "chpst names an option that lacks its argument") {
  for (const char letter : std::string("uUbe/nlLmopfcrtd")) {
    const std::string option{'-', letter};
    check_usage(chpst({option}), "chpst: option requires an argument -- " + std::string(1, letter) + "\n");
  }
}

SCENARIO_METHOD(Scene, "chpst takes options in clusters, with their arguments attached or apart") {
  CHECK(state({"-vP0", "-n3"}).nice == state({"-n", "3"}).nice);
  CHECK(state({"-vPn3"}).nice == state({"-n3"}).nice);
  const ProcessState found = state({"-vP0f1000000", "-bname", "-c", "0", "--"});
  CHECK(found.argv.front() == "name");
  CHECK(found.limits.at(RLIMIT_FSIZE).soft == 1000000);
  CHECK(found.descriptors.count(0) == 0);
  CHECK(found.session == found.pid);
}

SCENARIO_METHOD(Scene, "chpst reads no options behind the program's name") {
  CHECK(chpst({"./probe", "", "3", "-Z"}).ending == exited(3));
  CHECK(chpst({"true", "-u"}).ending == exited(0));
  check_fatal(chpst({"--", "-u", "root", "./probe"}), "unable to run: -u: file does not exist");
  check_fatal(chpst({"-"}), "unable to run: -: file does not exist");
}

SCENARIO_METHOD(Scene, "of an option given twice chpst obeys the last") {
  CHECK(state({"-b", "one", "-b", "two"}).argv.front() == "two");
  CHECK(state({"-c5", "-c6"}).limits.at(RLIMIT_CORE).soft == 6);
  file("one/ONE", "1");
  file("two/TWO", "2");
  const ProcessState found = state({"-e", "one", "-e", "two"});
  CHECK(found.environment.count("ONE") == 0);
  CHECK(found.environment.at("TWO") == "2");
  CHECK(state({"-n5", "-n3"}).nice == state({"-n3"}).nice);
}

SCENARIO_METHOD(Scene, "chpst -V prints a version and then the usage, whatever else is asked for") {
  for (const auto& arguments : std::vector<std::vector<std::string>>{{"-V"},
                                                                     {"-V", "./probe"},
                                                                     {"-v", "-V"},
                                                                     {"-u", "nosuch", "-V", "./probe"},
                                                                     {"-Vu", "nosuch", "./probe"}}) {
    const Finished result = chpst(arguments);
    const std::size_t line = result.err.find('\n');
    REQUIRE(line != std::string::npos);
    CHECK(line > 0);
    check_usage(result, result.err.substr(0, line + 1));
  }
}

SCENARIO_METHOD(Scene, "chpst complains about wrong options under the name it was called by") {
  options.called_as = "some/where/tool";
  check_usage(chpst({"-Z"}), "tool: illegal option -- Z\n", "tool");
  check_usage(chpst({}), "", "tool");
  check_fatal(chpst({"./nosuch"}), "unable to run: ./nosuch: file does not exist");
}

SCENARIO_METHOD(Scene, "chpst tells why a program cannot be run") {
  directory("folder");
  file("plain");
  file("noise", "echo no interpreter\n", 0755);
  file("lost", "#!/no/such/interpreter\n", 0755);
  check_fatal(chpst({"./nosuch"}), "unable to run: ./nosuch: file does not exist");
  check_fatal(chpst({"nosuch"}), "unable to run: nosuch: file does not exist");
  check_fatal(chpst({"./folder"}), "unable to run: ./folder: access denied");
  check_fatal(chpst({"./plain"}), "unable to run: ./plain: access denied");
  check_fatal(chpst({"./noise"}), "unable to run: ./noise: exec format error");
  check_fatal(chpst({"./lost"}), "unable to run: ./lost: file does not exist");
  check_fatal(chpst({"./plain/below"}), "unable to run: ./plain/below: not a directory");
  check_fatal(chpst({std::string(300, 'a')}),
              "unable to run: " + std::string(300, 'a') + ": file name too long");
}

SCENARIO_METHOD(Scene, "chpst looks a name without slash up in its PATH, in order") {
  file("one/tool", "#!/bin/sh\necho one $0\n", 0644);
  file("two/tool", "#!/bin/sh\necho two $0\n", 0755);
  file("tool", "#!/bin/sh\necho here\n", 0755);
  const auto with_path = [&](const std::string& list) {
    options.environment = {{"PATH", list}};
    return chpst({"tool"});
  };
  CHECK(with_path("one:two").out == "two two/tool\n");
  CHECK(with_path("nosuch:two").out == "two two/tool\n");
  std::filesystem::permissions(path() / "one/tool", std::filesystem::perms(0755));
  CHECK(with_path("one:two").out == "one one/tool\n");
  CHECK(with_path("two:one").out == "two two/tool\n");
  // An empty element is the working directory.
  for (const char* list : {":two", "nosuch::two", "nosuch:", ":", ""}) {
    INFO(list);
    CHECK(with_path(list).out == "here\n");
  }
}

SCENARIO_METHOD(Scene, "chpst goes on in PATH past what it may not run, and says so if that was all") {
  file("one/tool", "#!/bin/sh\necho one\n", 0644);
  directory("folder/tool");
  file("two/tool", "#!/bin/sh\necho two\n", 0755);
  file("lost/tool", "#!/no/such/interpreter\n", 0755);
  file("noise/tool", "echo no interpreter\n", 0755);
  const auto with_path = [&](const std::string& list) {
    options.environment = {{"PATH", list}};
    return chpst({"tool"});
  };
  CHECK(with_path("one:two").out == "two\n");
  CHECK(with_path("folder:two").out == "two\n");
  CHECK(with_path("lost:two").out == "two\n");
  check_fatal(with_path("one:nosuch"), "unable to run: tool: access denied");
  check_fatal(with_path("nosuch:folder"), "unable to run: tool: access denied");
  check_fatal(with_path("nosuch"), "unable to run: tool: file does not exist");
  check_fatal(with_path("noise:two"), "unable to run: tool: exec format error");
}

SCENARIO_METHOD(Scene, "chpst without PATH looks into the system's folders") {
  options.environment = {};
  CHECK(chpst({"true"}).ending == exited(0));
  CHECK(chpst({"env"}).out.find("PATH=") == std::string::npos);
  file("tool", "#!/bin/sh\n", 0755);
  check_fatal(chpst({"tool"}), "unable to run: tool: file does not exist");
}

SCENARIO_METHOD(Scene, "chpst -b gives the program another name, whatever it is") {
  CHECK(state({"-b", "name"}).argv == std::vector<std::string>{"name"});
  CHECK(state({"-b", "-l"}).argv == std::vector<std::string>{"-l"});
  CHECK(state({"-b", ""}).argv == std::vector<std::string>{""});
  CHECK(state({"-b", "./a/b c"}).argv == std::vector<std::string>{"./a/b c"});
}

SCENARIO_METHOD(Scene, "chpst tells which program it could not run, whatever -b calls it", "[fixed]") {
  check_fatal(chpst({"-b", "name", "./nosuch"}), "unable to run: ./nosuch: file does not exist");
}
