// What svlogd does to a line before it writes it: time stamps, prefix, replaced characters; lines of all
// shapes.
#include <algorithm>
#include <ctime>
#include <regex>

#include <catch2/catch.hpp>

#include "log_scene.hpp"

using namespace runvisor::testing;

namespace {

using Time = std::chrono::sys_time<std::chrono::nanoseconds>;

Time now() {
  return std::chrono::time_point_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now());
}

/// The time of a TAI64N label without its `@`.
Time tai64n(const std::string& digits) {
  const std::uint64_t seconds = std::stoull(digits.substr(0, 16), nullptr, 16) - (1ULL << 62U) - 10U;
  const std::uint64_t nanoseconds = std::stoull(digits.substr(16), nullptr, 16);
  return Time(std::chrono::seconds(seconds) + std::chrono::nanoseconds(nanoseconds));
}

/// The time of `YYYY-MM-DD_HH:MM:SS.nnnnn`, UTC, with any separator.
Time civil(const std::string& text) {
  std::tm parts{};
  parts.tm_year = std::stoi(text.substr(0, 4)) - 1900;
  parts.tm_mon = std::stoi(text.substr(5, 2)) - 1;
  parts.tm_mday = std::stoi(text.substr(8, 2));
  parts.tm_hour = std::stoi(text.substr(11, 2));
  parts.tm_min = std::stoi(text.substr(14, 2));
  parts.tm_sec = std::stoi(text.substr(17, 2));
  return Time(std::chrono::seconds(::timegm(&parts)) +
              std::chrono::microseconds(10 * std::stol(text.substr(20, 5))));
}

}  // namespace

SCENARIO_METHOD(LogScene, "svlogd writes lines as they are") {
  CHECK(feed("one\ntwo\n\n\n three\t\n").ending == exited(0));
  CHECK(current() == "one\ntwo\n\n\n three\t\n");
  CHECK(svlogd->err().empty());
  CHECK(svlogd->out().empty());
}

SCENARIO_METHOD(LogScene, "svlogd writes a line before more comes") {
  start();
  for (const std::string so_far : {"a\n", "a\nb\n", "a\nb\nc\n"}) {
    REQUIRE(say(so_far.substr(so_far.size() - 2)));
    CHECK(logged(so_far));
  }
  CHECK(finish() == exited(0));
}

SCENARIO_METHOD(LogScene, "svlogd writes any byte that a line holds") {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  all += '\n';
  CHECK(feed(all + all).ending == exited(0));
  CHECK(current() == all + all);
}

SCENARIO_METHOD(LogScene, "svlogd -t puts a TAI64N label in front of each line") {
  const Time before = now();
  CHECK(feed("one\n\nthree\n", {"-t"}).ending == exited(0));
  const Time after = now();
  std::smatch parts;
  const std::string written = current();
  REQUIRE(std::regex_match(written, parts,
                           std::regex("@([0-9a-f]{24}) one\n@([0-9a-f]{24}) \n@([0-9a-f]{24}) three\n")));
  for (std::size_t line = 1; line <= 3; ++line) {
    CHECK(before <= tai64n(parts[line]));
    CHECK(tai64n(parts[line]) <= after);
  }
  CHECK(parts[1].str() <= parts[2].str());
  CHECK(parts[2].str() <= parts[3].str());
}

SCENARIO_METHOD(LogScene, "svlogd -tt and -ttt put the date and time in UTC in front of each line") {
  struct Form {
    Words options;
    char separator;
  };
  const Form form = GENERATE(Form{{"-tt"}, '_'}, Form{{"-t", "-t"}, '_'}, Form{{"-ttt"}, 'T'},
                             Form{{"-tt", "-t"}, 'T'}, Form{{"-tttt"}, 'T'});
  const Time before = now();
  start(form.options, {.environment = {{"TZ", "America/New_York"}}});
  REQUIRE(say("one\ntwo\n"));
  CHECK(finish() == exited(0));
  const Time after = now();
  const std::string stamp =
      std::string("(\\d{4}-\\d\\d-\\d\\d") + form.separator + "\\d\\d:\\d\\d:\\d\\d\\.\\d{5})";
  std::smatch parts;
  const std::string written = current();
  REQUIRE(std::regex_match(written, parts, std::regex(stamp + " one\n" + stamp + " two\n")));
  for (std::size_t line = 1; line <= 2; ++line) {
    CHECK(before - std::chrono::microseconds(10) <= civil(parts[line]));
    CHECK(civil(parts[line]) <= after);
  }
}

SCENARIO_METHOD(LogScene, "a line is stamped with the time its beginning was read") {
  start({"-t"});
  REQUIRE(say("sl"));
  REQUIRE(heard());
  REQUIRE(eventually([&] { return process_state(svlogd->pid()) == 'S'; }));
  const Time begun = now();
  REQUIRE(say("ow\n"));
  CHECK(finish() == exited(0));
  CHECK(current().ends_with(" slow\n"));
  CHECK(tai64n(current().substr(1, 24)) <= begun);
}

SCENARIO_METHOD(LogScene, "the prefix comes after the stamp") {
  config("pweb 1: \n");
  CHECK(feed("one\n\n", {"-tt"}).ending == exited(0));
  const std::string written = current();
  CHECK(std::regex_match(written, std::regex(".{10}_.{14} web 1: one\n.{10}_.{14} web 1: \n")));
}

SCENARIO_METHOD(LogScene, "svlogd -r replaces what is not printable ASCII") {
  std::string all;
  std::string expected;
  for (int byte = 0; byte < 256; ++byte) {
    if (byte == '\n') continue;
    all += static_cast<char>(byte);
    expected += byte >= 32 && byte < 127 ? static_cast<char>(byte) : '#';
  }
  CHECK(feed(all + "\n", {"-r", "#"}).ending == exited(0));
  CHECK(current() == expected + "\n");
}

SCENARIO_METHOD(LogScene, "svlogd -R replaces more, by default with an underscore") {
  struct Case {
    Words options;
    std::string expected;
  };
  const Case sample = GENERATE(Case{{"-R", ":-"}, "a_b_c_d_\n"}, Case{{"-R", ":-", "-r", "."}, "a.b.c.d.\n"},
                               Case{{"-r", ".", "-R", ":-"}, "a.b.c.d.\n"}, Case{{"-R", ""}, "a:b-c_d_\n"},
                               Case{{"-R", "a", "-R", "b"}, "a:_-c_d_\n"}, Case{{"-Rabcd"}, "_:_-____\n"});
  CHECK(feed("a:b-c\001d\377\n", sample.options).ending == exited(0));
  CHECK(current() == sample.expected);
}

SCENARIO_METHOD(LogScene, "neither stamp nor prefix nor newline is replaced") {
  config("pp-:\001 \n");
  CHECK(feed("a:b\nc\n", {"-tt", "-R", "-:p\n. "}).ending == exited(0));
  const std::string written = current();
  CHECK(std::regex_match(
      written, std::regex(".{4}-.{5}_..:..:..\\..{5} p-:\001 a_b\n.{4}-.{5}_..:..:..\\..{5} p-:\001 c\n")));
}

SCENARIO_METHOD(LogScene, "a line of any length stays in one piece") {
  const Words options = GENERATE(Words{}, Words{"-l", "10", "-b", "11"}, Words{"-b", "65536"});
  std::string text;
  std::string stamped;
  for (const std::size_t length : {0U, 1U, 9U, 10U, 11U, 12U, 22U, 999U, 1000U, 1001U, 1023U, 1024U, 1025U,
                                   2048U, 4096U, 65535U, 65536U, 200'000U, 3U}) {
    text += std::string(length, 'x') + "\n";
    stamped += ": " + std::string(length, 'x') + "\n";
  }
  config("p: \n");
  CHECK(feed(text, options).ending == exited(0));
  const bool whole = current() == stamped;
  CHECK(whole);
}

SCENARIO_METHOD(LogScene, "characters of a line beyond len are replaced, too", "[fixed]") {
  CHECK(feed(std::string(50, 'x') + "\001y\n", {"-l", "10", "-b", "20", "-r", "_"}).ending == exited(0));
  CHECK(current() == std::string(50, 'x') + "_y\n");
}

SCENARIO_METHOD(LogScene, "svlogd puts a line together that comes byte by byte") {
  start({}, {});
  const std::string line = "piece by piece\n";
  for (const char byte : line) {
    REQUIRE(say(std::string_view(&byte, 1)));
    REQUIRE(heard());
  }
  CHECK(logged(line));
  CHECK(finish() == exited(0));
  CHECK(current() == line);
}

SCENARIO_METHOD(LogScene, "a prefix line that is empty changes nothing") {
  config("pold \np\n");
  CHECK(feed("one\n").ending == exited(0));
  CHECK(current() == "old one\n");
}
