// Names that would make a terminal do something, in what is printed.
#include <pty.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <string>

#include <catch2/catch.hpp>

#include "sv/scene.hpp"

using namespace runvisor::testing;

namespace {

/// Sets a title, then forges a line.
const std::string kEvil =
    "evil\x1b]0;title\x07\nok: sshd: \xc2\x9b"
    "1m\xff";
const std::string kHarmless = "evil?]0;title??ok: sshd: ??1m?";

/// A terminal, and the program that writes on it.
class Terminal {
 public:
  Terminal() { REQUIRE(::openpty(&master_, &slave_, nullptr, nullptr, nullptr) == 0); }
  ~Terminal() {
    ::close(master_);
    ::close(slave_);
  }
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  /// What a program prints on it.
  [[nodiscard]] std::string shows(const std::vector<std::string>& argv, ProcessOptions options) const {
    const int slave = slave_;
    options.prepare = [slave] {
      ::dup2(slave, STDOUT_FILENO);
      ::dup2(slave, STDERR_FILENO);
    };
    REQUIRE(run(argv, options).ending);
    std::array<char, 4096> bytes{};
    const ssize_t size = ::read(master_, bytes.data(), bytes.size());
    return {bytes.data(), size > 0 ? static_cast<std::size_t>(size) : 0};
  }

 private:
  int master_ = -1;
  int slave_ = -1;
};

}  // namespace

SCENARIO_METHOD(Scene, "sv prints names as they are given, when it does not write on a terminal") {
  const FakeRunsv service(path() / kEvil);
  CHECK(sv({"status", "./" + kEvil}).out.starts_with("run: ./" + kEvil + ": (pid 4242) "));
  CHECK(sv({"status", "./no" + kEvil}).out.starts_with("fail: ./no" + kEvil + ": unable to change"));
}

SCENARIO_METHOD(Scene, "sv prints on a terminal nothing that would make it do something", "[fixed]") {
  const FakeRunsv service(path() / kEvil);
  std::filesystem::create_directories(path() / kEvil / "log");
  const Terminal terminal;
  const auto shows = [&](const std::string& command, const std::string& name) {
    return terminal.shows(argv({"-w0", command, "./" + name}), in_here(options));
  };
  CHECK(
      without_ages(shows("status", kEvil))
          .starts_with("run: ./" + kHarmless + ": (pid 4242) Ns; warning: ./" + kHarmless + "/log: unable"));
  CHECK(shows("status", "no" + kEvil).starts_with("fail: ./no" + kHarmless + ": unable to change"));
  CHECK(shows("restart", kEvil).starts_with("timeout: run: ./" + kHarmless + ": (pid 4242)"));
  CHECK(shows("exit", "no" + kEvil).find(kEvil) == std::string::npos);
  // What everybody's terminal can show stays.
  const FakeRunsv sane(path() / "größe-服務");
  CHECK(shows("status", "größe-服務").starts_with("run: ./größe-服務: (pid 4242) "));
}

SCENARIO_METHOD(Scene, "messages hold no control characters of names, so that none forges another line",
                "[fixed]") {
  const Finished result = run({program("runsv"), kEvil}, in_here({}));
  CHECK(result.ending == exited(111));
  CHECK(result.err == "runsv " + kHarmless + ": fatal: unable to change to directory: file does not exist\n");
}
