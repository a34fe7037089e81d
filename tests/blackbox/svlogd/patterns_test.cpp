// Selecting lines: the config lines +, -, e and E, and what a pattern matches.
#include <regex>

#include <catch2/catch.hpp>

#include "log_scene.hpp"

using namespace runvisor::testing;

namespace {

/// A pattern, and lines that it matches and does not match.
struct Sample {
  std::string pattern;
  std::vector<std::string> matching;
  std::vector<std::string> others;
};

const std::vector<Sample> kSamples{
    // Literal characters: the whole line has to match.
    {"abc", {"abc"}, {"", "ab", "abcd", "xabc", "ABC", "abc "}},
    {"", {""}, {"a", " "}},
    {"a.c", {"a.c"}, {"abc"}},
    {"[a]?\\", {"[a]?\\"}, {"a", "[a]x\\"}},
    {" lead", {" lead"}, {"lead"}},
    {"trail ", {"trail "}, {"trail"}},
    // A star at the end matches anything.
    {"*", {"", "a", "*", "any thing"}, {}},
    {"a*", {"a", "ab", "a*"}, {"", "b", "ba"}},
    // A star skips up to the next character of the pattern, and never comes back.
    {"*c", {"c", "abc"}, {"abcc", "abcd", "ab", ""}},
    {"*b*", {"b", "abc", "xbb"}, {"", "ac"}},
    {"a*c*e", {"ace", "abcde"}, {"acdce_", "abde"}},
    {"*pid*", {"the pid", "xpidpid"}, {"tcpsvd: info: pid 1977"}},
    {"*: *: pid *",
     {"tcpsvd: info: pid 1977 from", "a: b: pid "},
     {"2005-12-18_09:13 tcpsvd: info: pid 1977"}},
    {"**b", {"*b", "a*b", "a**b"}, {"b", "ab", "a*"}},
    // A plus takes one or more of the next character, as many as there are.
    {"+ab", {"ab", "aaab"}, {"b", "aaa_b", "abb", "aabc"}},
    {"a+bc", {"abc", "abbbc"}, {"ac", "abb_c", "abcc"}},
    {"++", {"+", "++++"}, {"a", "+a"}},
    {"+++x", {"+x", "++x", "+xx"}, {"x", "+x+"}},
    {"+*b", {"*b", "***b"}, {"b", "xb"}},
    {"x+ *", {"x ", "x   y"}, {"xy", ""}},
    // A line that ends inside the run of a plus matches, whatever is left of the pattern. Whether one matches
    // that
    // ends where the plus begins depends, for the original, on what its buffer still holds of an earlier
    // line.
    {"+a", {"a", "aaa"}, {"ab", "b"}},
    {"a+bcd*x", {"ab", "abbb", "abcdx"}, {"abc", "abcd"}},
    {"+a+b+c", {"aa", "aab", "abbccc"}, {"b", "ac", "abbcd"}},
};

std::string lines(const std::vector<std::string>& all) {
  std::string text;
  for (const std::string& line : all) text += line + "\n";
  return text;
}

}  // namespace

SCENARIO_METHOD(LogScene, "a pattern matches what it says") {
  // A log directory for each pattern, all written by one svlogd.
  Words arguments;
  for (std::size_t i = 0; i < kSamples.size(); ++i) {
    const std::string name = std::to_string(i);
    directory(name);
    config("-*\n+" + kSamples[i].pattern + "\n", name);
    arguments.push_back(name);
  }
  std::string said;
  for (const Sample& sample : kSamples) said += lines(sample.matching) + lines(sample.others);
  launch(arguments);
  REQUIRE(say(said));
  REQUIRE(finish() == exited(0));
  for (std::size_t i = 0; i < kSamples.size(); ++i) {
    INFO("pattern '" << kSamples[i].pattern << "'");
    // Lines of other samples come as well: these must be there, or not.
    const std::string got = "\n" + current(std::to_string(i));
    for (const std::string& line : kSamples[i].matching) {
      INFO("line '" << line << "'");
      CHECK(got.find("\n" + line + "\n") != std::string::npos);
    }
    for (const std::string& line : kSamples[i].others) {
      INFO("line '" << line << "'");
      CHECK(got.find("\n" + line + "\n") == std::string::npos);
    }
  }
}

SCENARIO_METHOD(LogScene, "what minus selects away, its pattern's other lines keep") {
  config("-*debug*\n");
  CHECK(feed("info one\ndebug two\nxdebug\n\n").ending == exited(0));
  CHECK(current() == "info one\n\n");
}

SCENARIO_METHOD(LogScene, "the last pattern that matches a line decides") {
  config("-*\n+a*\n-ab*\n+abc*\n-*z\n");
  CHECK(feed("a\nab\nabc\nabcd\nabcz\naz\nb\n").ending == exited(0));
  CHECK(current() == "a\nabc\nabcd\n");
}

SCENARIO_METHOD(LogScene, "plus alone selects nothing away") {
  config("+a*\n");
  CHECK(feed("a\nb\n").ending == exited(0));
  CHECK(current() == "a\nb\n");
}

SCENARIO_METHOD(LogScene, "a pattern sees the first len characters only") {
  config("-*\n+0123456789\n+x*z\n");
  CHECK(feed("0123456789\n0123456789 and more\n012345678\n0123456780\nx23456789z\nx234567890z\n",
             {"-l", "10", "-b", "20"})
            .ending == exited(0));
  CHECK(current() == "0123456789\n0123456789 and more\nx23456789z\n");
}

SCENARIO_METHOD(LogScene, "an overlong line is kept or dropped as a whole") {
  config("-drop*\n");
  const std::string tail = std::string(5'000, 'x') + "\n";
  CHECK(feed("keep" + tail + "drop" + tail + "last\n").ending == exited(0));
  const bool kept = current() == "keep" + tail + "last\n";
  CHECK(kept);
}

SCENARIO_METHOD(LogScene, "patterns see replaced characters, and neither stamp nor prefix") {
  config("-*\n+a_b\n+x\npPRE \n");
  CHECK(feed("a\001b\na:b\nx\n", {"-tt", "-R", ":"}).ending == exited(0));
  const std::string written = current();
  CHECK(std::regex_match(written, std::regex(".{25} PRE a_b\n.{25} PRE a_b\n.{25} PRE x\n")));
}

SCENARIO_METHOD(LogScene, "each log directory selects for itself") {
  directory("errors");
  config("-*error*\n");
  config("-*\n+*error*\npE: \n", "errors");
  launch({"log", "errors"});
  REQUIRE(say("fine\nan error\nfine again\n"));
  CHECK(finish() == exited(0));
  CHECK(current() == "fine\nfine again\n");
  CHECK(current("errors") == "E: an error\n");
}

SCENARIO_METHOD(LogScene, "lines that e selects go to standard error") {
  config("e*error*\n");
  CHECK(feed("fine\nerror one\nmy error\n").err == "error one\nmy error\n");
  CHECK(current() == "fine\nerror one\nmy error\n");
}

SCENARIO_METHOD(LogScene, "E takes back what e selected") {
  config("e*\nE*fine*\ne*not fine*\n");
  CHECK(feed("fine\nbad\nnot fine\n").err == "bad\nnot fine\n");
}

SCENARIO_METHOD(LogScene, "a line may go to standard error only") {
  config("-*\ne*error*\n");
  CHECK(feed("fine\nan error\n").err == "an error\n");
  CHECK(current().empty());
}

SCENARIO_METHOD(LogScene, "a line on standard error carries stamp, prefix and replaced characters") {
  config("e*_*\npPRE: \n");
  const Finished result = feed("a\001b\nc\n", {"-tt", "-r", "_"});
  CHECK(std::regex_match(result.err, std::regex(".{25} PRE: a_b\n")));
  CHECK(current().starts_with(result.err));
}

SCENARIO_METHOD(LogScene, "an overlong line is cut on standard error, and whole in the log") {
  config("e*\npP \n");
  const std::string text = "123456789\n1234567890\n12345678901\n" + std::string(100, 'x') + "\nshort\n";
  CHECK(feed(text, {"-l", "10", "-b", "20"}).err ==
        "P 123456789\nP 1234567890...\nP 1234567890...\nP xxxxxxxxxx...\nP short\n");
  CHECK(current() == "P 123456789\nP 1234567890\nP 12345678901\nP " + std::string(100, 'x') + "\nP short\n");
}

SCENARIO_METHOD(LogScene, "two directories may both send a line to standard error") {
  directory("other");
  config("e*\npA \n");
  config("e*x*\npB \n", "other");
  launch({"log", "other"});
  REQUIRE(say("x\ny\n"));
  CHECK(finish() == exited(0));
  CHECK(svlogd->err() == "A x\nB x\nA y\n");
}
