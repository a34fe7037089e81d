// The example that delivers the logs of other services.
#include <algorithm>

#include <catch2/catch.hpp>

#include "example_services.hpp"

using namespace runvisor::testing;
namespace fs = std::filesystem;

namespace {

constexpr int kLines = 400;

/// A delivery that kills its shipper: while it has yet to deliver the first file, when it has delivered it
/// once more, and in the middle of the second file, where it breaks off itself.
constexpr std::string_view kDeadlyDelivery = R"(#!/bin/sh
echo call >>"$SHIP_TO/calls"
case $(wc -l <"$SHIP_TO/calls") in
  1) kill -KILL "$PPID" && exec ./deliver "$@" ;;
  2) ./deliver "$@" && kill -KILL "$PPID" ;;
  4)
    to=$SHIP_TO/$(uname -n)/$1
    head -c 100 >"$to/.$2"
    kill -KILL "$PPID"
    ;;
  *) exec ./deliver "$@" ;;
esac
)";

/// A scan directory with a service that writes numbered lines, many small log files' worth, and the shipper.
class Shipping : public ExampleServices {
 public:
  Shipping() {
    fs::create_directory(data("log-shipper"));
    const fs::path talker = directory("talker");
    fs::create_directories(talker / "log/ship");
    write_file(talker / "run",
               "#!/bin/sh\ni=0\nwhile [ $i -lt " + std::to_string(kLines) +
                   " ]; do i=$((i + 1)); echo \"this is line $i\"; done\nexec sleep 1000\n",
               0755);
    const fs::path examples = fs::path(RUNVISOR_SOURCE_DIR) / "service-examples";
    fs::copy_file(examples / "log-shipper/log/run", talker / "log/run");
    // The example's own, but with small files that are finished soon.
    write_file(talker / "log/ship/config", read_file(examples / "log-shipper/config") + "s2000\nt1\n");
  }

  /// What has been delivered, file after file, without times.
  [[nodiscard]] std::string delivered() const {
    std::vector<fs::path> files;
    for (const auto& entry : fs::recursive_directory_iterator(data("log-shipper"))) {
      if (entry.path().filename().string().starts_with('@')) {
        files.push_back(entry.path());
      }
    }
    std::sort(files.begin(), files.end());
    std::string lines;
    for (const fs::path& file : files) {
      std::istringstream content(read_file(file));
      for (std::string line; std::getline(content, line);) {
        lines += line.substr(line.find(' ') + 1) + "\n";
      }
    }
    return lines;
  }

  [[nodiscard]] static std::string all_lines() {
    std::string lines;
    for (int line = 1; line <= kLines; ++line) {
      lines += "this is line " + std::to_string(line) + "\n";
    }
    return lines;
  }
};

}  // namespace

SCENARIO_METHOD(
    Shipping, "the log shipper delivers every line once and in order, through a kill, a restart and a stop") {
  REQUIRE(start({"log-shipper"}));
  check_life("log-shipper", [&] { CHECK(eventually([&] { return delivered() == all_lines(); })); });
  CHECK(leaves_nothing_behind());
}

SCENARIO_METHOD(Shipping, "the log shipper delivers every line once, wherever in a delivery it is killed") {
  const TempDir scratch;
  write_file(scratch / "deliver", kDeadlyDelivery, 0755);
  configure("log-shipper", "SHIP_WITH='" + (scratch / "deliver").string() + "'\n");
  REQUIRE(start({"log-shipper"}));
  CHECK(eventually([&] { return delivered() == all_lines(); }));
  REQUIRE(sv("stop", {"log-shipper"}).ending == exited(0));
  CHECK(delivered() == all_lines());
  CHECK(leaves_nothing_behind());
}

SCENARIO_METHOD(Shipping, "the log shipper keeps what cannot be delivered, and delivers it in order later") {
  const TempDir scratch;
  write_file(scratch / "deliver",
             "#!/bin/sh\n[ -e '" + (scratch / "open").string() + "' ] && exec ./deliver \"$@\"\n", 0755);
  configure("log-shipper", "SHIP_WITH='" + (scratch / "deliver").string() + "'\n");
  REQUIRE(start({"log-shipper"}));
  REQUIRE(eventually([&] { return log("log-shipper").find("cannot deliver") != std::string::npos; }));
  CHECK(delivered().empty());
  write_file(scratch / "open", "");
  CHECK(eventually([&] { return delivered() == all_lines(); }));
  CHECK(leaves_nothing_behind());
}
