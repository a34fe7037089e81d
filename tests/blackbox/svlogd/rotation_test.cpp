// When `current` is rotated, what becomes of it, and which files are kept.
#include <sys/stat.h>

#include <numeric>
#include <regex>

#include <catch2/catch.hpp>

#include "log_scene.hpp"

using namespace runvisor::testing;

namespace {

std::vector<std::size_t> sizes(const std::vector<std::string>& texts) {
  std::vector<std::size_t> all;
  for (const std::string& text : texts) all.push_back(text.size());
  return all;
}

}  // namespace

SCENARIO_METHOD(LogScene, "current is rotated at the first line end within the last len bytes of its size") {
  struct Case {
    std::size_t line;
    Words options;
    std::size_t expected;
  };
  const Case sample = GENERATE(Case{10, {}, 9'000}, Case{37, {}, 9'028}, Case{300, {}, 9'000},
                               Case{999, {}, 9'990}, Case{10, {"-l", "100"}, 9'900},
                               Case{37, {"-l", "100"}, 9'916}, Case{37, {"-b", "65536"}, 9'028});
  INFO("lines of " << sample.line);
  config("s10000\nn0\n");
  const std::string text = numbered_lines(100'000 / sample.line, sample.line);
  REQUIRE(feed(text, sample.options).ending == exited(0));
  const std::vector<std::size_t> found = sizes(contents());
  CHECK(found == std::vector<std::size_t>(text.size() / sample.expected, sample.expected));
  const bool complete = everything() == text;
  CHECK(complete);
}

SCENARIO_METHOD(LogScene, "lines that do not exceed len are never cut by a rotation") {
  config("s10000\nn0\n");
  // Lines of all lengths up to len, mixed.
  std::string text;
  for (std::size_t i = 0; i < 500; ++i)
    text += std::string((i * 7919) % 1'000, static_cast<char>('a' + i % 26)) + "\n";
  REQUIRE(feed(text).ending == exited(0));
  CHECK(rotated().size() > 20);
  for (const std::string& part : contents()) {
    CHECK(part.ends_with('\n'));
    CHECK(part.size() >= 9'000);
    CHECK(part.size() <= 10'000);
  }
  const bool complete = everything() == text;
  CHECK(complete);
}

SCENARIO_METHOD(LogScene, "no line is cut by a rotation unless it alone exceeds the size", "[fixed]") {
  config("s10000\nn0\n");
  const std::size_t length = GENERATE(1'500U, 2'001U, 9'500U);
  const std::string text = numbered_lines(200'000 / length, length);
  REQUIRE(feed(text, {"-l", "100"}).ending == exited(0));
  CHECK(rotated().size() >= 10);
  for (const std::string& part : contents()) {
    CHECK(part.ends_with('\n'));
    CHECK(part.size() % length == 0);
    CHECK(part.size() < 10'000 + length);
  }
  const bool complete = everything() == text;
  CHECK(complete);
}

SCENARIO_METHOD(LogScene, "a line longer than the size is lost nowhere") {
  config("s10000\nn0\n");
  const std::string text = "before\n" + std::string(35'000, 'x') + "\nafter\n";
  REQUIRE(feed(text).ending == exited(0));
  const bool complete = everything() == text;
  CHECK(complete);
}

SCENARIO_METHOD(LogScene, "stamps and prefixes count for the size") {
  config("s3000\nn0\npprefix: \n");
  REQUIRE(feed(numbered_lines(500, 20), {"-tt", "-l", "100"}).ending == exited(0));
  REQUIRE(!rotated().empty());
  // 26 characters of stamp, 8 of prefix.
  for (const std::string& part : contents()) CHECK(part.size() == 54 * 54);
}

SCENARIO_METHOD(LogScene, "what current held at the start counts for the size") {
  config("s10000\nn0\n");
  write_file(path("current"), numbered_lines(899, 10), 0744);
  REQUIRE(feed(numbered_lines(100, 10)).ending == exited(0));
  CHECK(sizes(contents()) == std::vector<std::size_t>{9'000});
  CHECK(current().size() == 990);
}

SCENARIO_METHOD(LogScene, "a current that has outgrown its size is rotated before the next line") {
  config("s10000\nn0\n");
  write_file(path("current"), numbered_lines(2'000, 10), 0744);
  REQUIRE(feed("new\n").ending == exited(0));
  CHECK(sizes(contents()) == std::vector<std::size_t>{20'000});
  CHECK(current() == "new\n");
}

SCENARIO_METHOD(LogScene, "the size may be given in kibibytes and mebibytes") {
  struct Case {
    const char* line;
    std::size_t size;
  };
  const Case sample = GENERATE(Case{"s3k", 3 * 1024}, Case{"s1m", 1024 * 1024}, Case{"s4000", 4'000},
                               Case{"s3000x", 3'000}, Case{"s2048 and more", 2'048});
  config(std::string(sample.line) + "\nn0\n");
  const std::string text = numbered_lines(2 * sample.size / 16, 16);
  REQUIRE(feed(text).ending == exited(0));
  REQUIRE(!rotated().empty());
  // The first line end at which at most 1000 bytes are left.
  CHECK(content(rotated().front()).size() == (sample.size - 1'000 + 15) / 16 * 16);
}

SCENARIO_METHOD(LogScene, "without config current is rotated at a million bytes, and ten files are kept") {
  const std::string text = numbered_lines(13 * 1'000'000 / 100, 100);
  REQUIRE(feed(text, {"-b", "65536"}).ending == exited(0));
  CHECK(sizes(contents()) == std::vector<std::size_t>(10, 999'000));
  const bool newest = text.ends_with(everything());
  CHECK(newest);
}

SCENARIO_METHOD(LogScene, "size zero means no rotation by size") {
  config("s0\n");
  const std::string text = numbered_lines(30'000, 100);
  REQUIRE(feed(text, {"-b", "65536"}).ending == exited(0));
  CHECK(rotated().empty());
  CHECK(current().size() == text.size());
}

SCENARIO_METHOD(LogScene, "a rotated file is named by its time, executable, and followed by a new current") {
  start();
  CHECK(mode("current") == 0644);
  REQUIRE(rotate("one\n", 1));
  const std::string name = rotated().front();
  CHECK(std::regex_match(name, std::regex("@4[0-9a-f]{23}\\.s")));
  const auto seconds = std::stoull(name.substr(1, 16), nullptr, 16) - (1ULL << 62U) - 10U;
  CHECK(std::llabs(static_cast<long long>(seconds) - std::time(nullptr)) <= 20);
  CHECK(content(name) == "one\n");
  CHECK(mode(name) == 0744);
  CHECK(mode("current") == 0644);
  CHECK(names() == Words{name, "current", "lock"});
  CHECK(mode("lock") == 0600);
  CHECK(finish() == exited(0));
  CHECK(mode("current") == 0744);
}

SCENARIO_METHOD(LogScene, "the modes do not depend on the umask") {
  start({}, {.umask = 0077});
  REQUIRE(rotate("one\n", 1));
  CHECK(mode("current") == 0644);
  CHECK(mode(rotated().front()) == 0744);
  CHECK(finish() == exited(0));
  CHECK(mode("current") == 0744);
}

SCENARIO_METHOD(LogScene, "files rotated in quick succession get names in order") {
  config("s2000\nn0\n");
  const std::string text = numbered_lines(5'000, 20);
  REQUIRE(feed(text, {"-b", "65536"}).ending == exited(0));
  CHECK(rotated().size() == 100);
  const bool in_order = everything() == text;
  CHECK(in_order);
}

SCENARIO_METHOD(LogScene, "current is rotated when it is old") {
  config("t2\n");
  const auto before = Clock::now();
  start();
  REQUIRE(say("one\n"));
  REQUIRE(files(1));
  CHECK(Clock::now() - before >= 2s);
  CHECK(content(rotated().front()) == "one\n");
  CHECK(logged(""));
  // Its age begins anew.
  const auto again = Clock::now();
  REQUIRE(say("two\n"));
  REQUIRE(files(2));
  CHECK(Clock::now() - again >= 1s);
  CHECK(finish() == exited(0));
}

SCENARIO_METHOD(LogScene, "an empty current does not grow old") {
  config("t1\n");
  start();
  CHECK(stays([&] { return rotated().empty(); }, 2500ms));
  CHECK(finish() == exited(0));
}

SCENARIO_METHOD(LogScene, "minutes and hours are longer than seconds") {
  config(GENERATE("t1m\n", "t1h\n"));
  start();
  REQUIRE(say("one\n"));
  REQUIRE(logged("one\n"));
  CHECK(stays([&] { return rotated().empty(); }, 1500ms));
  CHECK(finish() == exited(0));
}

SCENARIO_METHOD(LogScene, "age and size both rotate") {
  config("t2\ns2000\nn0\n");
  start();
  REQUIRE(say(numbered_lines(110, 10)));
  REQUIRE(files(1));
  REQUIRE(files(2));
  CHECK(contents() == Words{numbered_lines(100, 10), numbered_lines(110, 10).substr(1'000)});
  CHECK(finish() == exited(0));
}

SCENARIO_METHOD(LogScene, "n old files are kept") {
  config("n3\n");
  start();
  for (std::size_t i = 1; i <= 6; ++i) REQUIRE(rotate(std::to_string(i) + "\n", std::min<std::size_t>(i, 3)));
  CHECK(contents() == Words{"4\n", "5\n", "6\n"});
  CHECK(finish() == exited(0));
}

SCENARIO_METHOD(LogScene, "one old file can be kept, or all of them") {
  const bool all = GENERATE(true, false);
  config(all ? "n0\n" : "n1\n");
  start();
  for (std::size_t i = 1; i <= 12; ++i) REQUIRE(rotate(std::to_string(i) + "\n", all ? i : 1));
  CHECK(contents().back() == "12\n");
  CHECK(finish() == exited(0));
}

SCENARIO_METHOD(LogScene, "a rotation removes the oldest file, and no more than one") {
  config("n2\n");
  for (const char* age : {"1", "2", "3", "4", "5"})
    write_file(path(std::string("@40000000000000000000000") + age + ".s"), age);
  write_file(path("@something"), "kept");
  write_file(path("other"), "kept");
  start();
  REQUIRE(rotate("new\n", 5));
  CHECK(contents() == Words{"2", "3", "4", "5", "new\n"});
  CHECK(finish() == exited(0));
  CHECK(content("@something") == "kept");
  CHECK(content("other") == "kept");
}

SCENARIO_METHOD(LogScene, "what is verbose about a rotation") {
  config("n1\n");
  start({"-v"});
  REQUIRE(rotate("one\n", 1));
  const std::string first = rotated().front();
  REQUIRE(rotate("number two\n", 1));
  CHECK(finish() == exited(0));
  CHECK(svlogd->err() ==
        "svlogd: info: read: log/config\nsvlogd: info: new: log/current\n"
        "svlogd: info: sigalarm received.\nsvlogd: info: rename: log/current " +
            first +
            " 4\n"
            "svlogd: info: sigalarm received.\nsvlogd: info: rename: log/current " +
            rotated().front() + " 11\nsvlogd: info: delete: log/" + first + "\nsvlogd: info: close: log\n");
}
