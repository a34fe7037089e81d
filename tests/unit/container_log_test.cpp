#include "core/container_log.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace runvisor::core {
namespace {

std::string line(LineStyle style, OutputStream stream, std::string_view text) {
  using namespace std::chrono;
  constexpr WallTime kTime{sys_days{year{2026} / 2 / 3} + hours{4} + minutes{5} + seconds{6} +
                           microseconds{78}};
  std::string out;
  append_line(out, style, kTime, "web", stream, text);
  return out;
}

std::vector<std::string> cut(LineCutter& cutter, std::string_view bytes) {
  cutter.add(bytes);
  std::vector<std::string> lines;
  while (const auto one = cutter.take()) lines.emplace_back(*one);
  return lines;
}

TEST(ContainerLog, PutsTheNameBeforeALine) {
  EXPECT_EQ(line(LineStyle::text, OutputStream::output, "a: b \xff"), "web: a: b \xff\n");
  EXPECT_EQ(line(LineStyle::text, OutputStream::errors, ""), "web: \n");
}

TEST(ContainerLog, AnnouncesStreams) {
  const auto stream = parse_stream_announcement(stream_announcement(12, "eweb 2"));
  ASSERT_TRUE(stream);
  EXPECT_EQ(stream->id, 12U);
  EXPECT_EQ(stream->stream, OutputStream::errors);
  EXPECT_EQ(stream->name, "web 2");
  for (const char* wrong : {"", "12", "12 ", " oweb", "x oweb", "-1 oweb"}) {
    EXPECT_FALSE(parse_stream_announcement(wrong)) << wrong;
  }
}

TEST(ContainerLog, AnswersOfStreams) {
  const auto more = parse_collector_answer(to_text(CollectorAnswer{}));
  ASSERT_TRUE(more);
  EXPECT_FALSE(more->ended);
  const auto ended = parse_collector_answer(to_text(CollectorAnswer{7}));
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->ended, 7U);
  for (const char* wrong : {"", "-", "+1", "-x", "7"}) EXPECT_FALSE(parse_collector_answer(wrong)) << wrong;
}

TEST(ContainerLog, WritesObjects) {
  EXPECT_EQ(line(LineStyle::json, OutputStream::output, "a \"b\" \xff"),
            R"({"time": "2026-02-03T04:05:06.000078Z", "service": "web", "stream": "stdout", )"
            R"("message": "a \"b\" \ufffd"})"
            "\n");
  EXPECT_NE(line(LineStyle::json, OutputStream::errors, "").find(R"("stream": "stderr", "message": "")"),
            std::string::npos);
}

TEST(ContainerLog, CutsLinesHoweverTheyCome) {
  LineCutter cutter;
  EXPECT_EQ(cut(cutter, "one\ntw"), std::vector<std::string>{"one"});
  EXPECT_EQ(cut(cutter, "o"), std::vector<std::string>{});
  EXPECT_EQ(cut(cutter, "\n\nthree"), (std::vector<std::string>{"two", ""}));
  const auto last = cutter.take_last();
  ASSERT_TRUE(last);
  EXPECT_EQ(*last, "three");
  EXPECT_FALSE(cutter.take_last());
}

TEST(ContainerLog, PassesLongLinesOnInParts) {
  LineCutter cutter;
  const std::string part(LineCutter::kMostLine, 'x');
  EXPECT_EQ(cut(cutter, part), std::vector<std::string>{});
  EXPECT_EQ(cut(cutter, "y"), std::vector<std::string>{part});
  EXPECT_EQ(cut(cutter, "z\n"), std::vector<std::string>{"yz"});
  EXPECT_EQ(cut(cutter, part + "\n"), std::vector<std::string>{part});
  EXPECT_FALSE(cutter.take_last());
}

}  // namespace
}  // namespace runvisor::core
