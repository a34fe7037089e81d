// svlogd's command line.
#include <catch2/catch.hpp>

#include "log_scene.hpp"

using namespace runvisor::testing;

namespace {

/// svlogd, called by a name of the test's own.
Finished svlogd(const std::vector<std::string>& arguments, const std::filesystem::path& cwd) {
  std::vector<std::string> argv{program("svlogd")};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  return run(argv, {.cwd = cwd, .called_as = "bin/logger"});
}

const std::string kUsage = "usage: bin/logger [-ttv] [-r c] [-R abc] [-l len] [-b buflen] dir ...\n\n";

}  // namespace

SCENARIO_METHOD(LogScene, "svlogd without a directory prints its usage and exits 111") {
  for (const Words& options : {Words{}, Words{"-t"}, Words{"-v", "-tt", "-r", "_"}, Words{"--"}}) {
    const Finished result = ::svlogd(options, scratch.path());
    CHECK(result.ending == exited(111));
    CHECK(result.out.empty());
    CHECK(result.err == kUsage);
  }
}

SCENARIO_METHOD(LogScene, "svlogd names an option that it does not know") {
  const Finished result = ::svlogd({"-tx", "log"}, scratch.path());
  CHECK(result.ending == exited(111));
  CHECK(result.err == "logger: illegal option -- x\n" + kUsage);
  CHECK(names().empty());
}

SCENARIO_METHOD(LogScene, "svlogd misses the argument of an option") {
  for (const std::string letter : {"r", "R", "l", "b"}) {
    const Finished result = ::svlogd({"-" + letter}, scratch.path());
    CHECK(result.ending == exited(111));
    CHECK(result.err == "logger: option requires an argument -- " + letter + "\n" + kUsage);
  }
}

SCENARIO_METHOD(LogScene, "svlogd -V prints one line and its usage") {
  const Finished result = ::svlogd({"-V", "log"}, scratch.path());
  CHECK(result.ending == exited(111));
  CHECK(result.out.empty());
  CHECK(result.err.ends_with("\n" + kUsage));
  CHECK(result.err.size() > kUsage.size() + 1);
}

SCENARIO_METHOD(LogScene, "svlogd -r takes exactly one character") {
  for (const std::string wrong : {"", "ab"}) {
    const Finished result = ::svlogd({"-r", wrong, "log"}, scratch.path());
    CHECK(result.ending == exited(111));
    CHECK(result.err == kUsage);
  }
  CHECK(::svlogd({"-ra", "log"}, scratch.path()).ending == exited(0));
}

SCENARIO_METHOD(LogScene, "svlogd's buffer must exceed its line length") {
  struct Sizes {
    Words options;
    bool right;
  };
  const Sizes all[] = {
      {{"-l", "1023"}, true},
      {{"-l", "1024"}, false},
      {{"-l", "2000"}, false},
      {{"-l2000", "-b2001"}, true},
      {{"-b", "2001", "-l", "2000"}, true},
      {{"-b", "1000"}, false},
      {{"-b", "1001"}, true},
      {{"-b", "65536"}, true},
      {{"-l", "10", "-b", "10"}, false},
      {{"-l", "10", "-b", "11"}, true},
      // Whatever follows the digits is not looked at.
      {{"-l", "10k", "-b", "11k"}, true},
      {{"-b", "4k"}, false},
  };
  for (const Sizes& sizes : all) {
    INFO(sizes.options[0] << " " << sizes.options.back());
    Words arguments = sizes.options;
    arguments.emplace_back("log");
    const Finished result = ::svlogd(arguments, scratch.path());
    CHECK(result.ending == exited(sizes.right ? 0 : 111));
    CHECK(result.err == (sizes.right ? "" : kUsage));
  }
}

SCENARIO_METHOD(LogScene, "two dashes end svlogd's options") {
  directory("-t");
  launch({"--", "-t"});
  REQUIRE(say("one\n"));
  CHECK(finish() == exited(0));
  CHECK(current("-t") == "one\n");
}

SCENARIO_METHOD(LogScene, "svlogd takes joined options, and the last of a kind counts") {
  CHECK(feed("a\001x\n", {"-vr.", "-ry"}).err ==
        "svlogd: info: new: log/current\nsvlogd: info: close: log\n");
  CHECK(current() == "ayx\n");
}
