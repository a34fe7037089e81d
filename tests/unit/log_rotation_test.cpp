#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "log/rotation.hpp"

namespace runvisor::testing {
namespace {

using log::FileState;
using log::plan;
using log::RotationLimits;
using log::RotationStep;

constexpr RotationLimits kLimits{100, 20};

TEST(LogRotation, WritesEverythingWithoutALimit) {
  EXPECT_EQ(plan({0, 20}, {1'000'000, 1'000'000}, "a\nb\n"), (RotationStep{4, false}));
}

TEST(LogRotation, RotatesAtTheFirstLineEndWithinTheMargin) {
  const std::string line(39, 'x');
  EXPECT_EQ(plan(kLimits, {}, line + "\n"), (RotationStep{40, false}));
  EXPECT_EQ(plan(kLimits, {}, line + "\n" + line + "\na\n"), (RotationStep{80, true}));
  EXPECT_EQ(plan(kLimits, {79, 79}, "\na\n"), (RotationStep{1, true}));
  EXPECT_EQ(plan(kLimits, {78, 78}, "\na\n"), (RotationStep{3, true}));
}

TEST(LogRotation, RotatesBeforeALineThatDoesNotFit) {
  EXPECT_EQ(plan(kLimits, {60, 60}, std::string(50, 'x') + "\n"), (RotationStep{0, true}));
  EXPECT_EQ(plan(kLimits, {}, std::string(30, 'x') + "\n" + std::string(70, 'y') + "\n"),
            (RotationStep{31, true}));
  EXPECT_EQ(plan(kLimits, {60, 60}, std::string(39, 'x') + "\n"), (RotationStep{40, true}));
}

TEST(LogRotation, CutsOnlyALineThatAloneExceedsTheSize) {
  EXPECT_EQ(plan(kLimits, {}, std::string(150, 'x') + "\n"), (RotationStep{100, true}));
  EXPECT_EQ(plan(kLimits, {60, 60}, std::string(150, 'x') + "\n"), (RotationStep{0, true}));
  // It began when its length was not known: it may grow to the whole size.
  EXPECT_EQ(plan(kLimits, {60, 30}, std::string(60, 'x')), (RotationStep{60, false}));
  EXPECT_EQ(plan(kLimits, {60, 30}, std::string(69, 'x') + "\n"), (RotationStep{70, true}));
  EXPECT_EQ(plan(kLimits, {60, 30}, std::string(70, 'x') + "\n"), (RotationStep{70, true}));
}

TEST(LogRotation, RotatesAFileThatIsLongEnoughBeforeItIsContinued) {
  EXPECT_EQ(plan(kLimits, {80, 80}, "a\n"), (RotationStep{0, true}));
  EXPECT_EQ(plan(kLimits, {5'000, 5'000}, "a\n"), (RotationStep{0, true}));
}

TEST(LogRotation, RotatesAfterEachLineWhenTheMarginIsTheSize) {
  EXPECT_EQ(plan({1'000, 1'000}, {}, "a\nb\n"), (RotationStep{2, true}));
}

TEST(LogRotation, KnowsWhereTheLastLineBegins) {
  FileState file = log::written({}, "one\ntwo");
  EXPECT_EQ(file.line_start, 4U);
  EXPECT_TRUE(file.line_open());
  file = log::written(file, "o");
  EXPECT_EQ(file.line_start, 4U);
  file = log::written(file, "\n");
  EXPECT_FALSE(file.line_open());
}

/// Lets `text` come in pieces that end at line ends, or anywhere, and collects the files.
std::vector<std::string> rotate(const RotationLimits& limits, const std::string& text, std::mt19937& random,
                                bool whole) {
  std::vector<std::string> files{""};
  FileState file;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t size = std::min<std::size_t>(1 + random() % 300, text.size() - at);
    if (whole) size = text.find('\n', at + size - 1) + 1 - at;
    std::string_view piece{text.data() + at, size};
    at += size;
    int idle = 0;
    while (!piece.empty()) {
      const RotationStep step = plan(limits, file, piece);
      EXPECT_TRUE(step.rotate || step.write == piece.size());
      if (step.write == 0) ++idle;
      EXPECT_LT(idle, 3);
      files.back() += piece.substr(0, step.write);
      file = log::written(file, piece.substr(0, step.write));
      piece.remove_prefix(step.write);
      if (!step.rotate) continue;
      EXPECT_GT(file.size, 0U);
      files.emplace_back();
      file = {};
    }
  }
  return files;
}

TEST(LogRotation, LosesNothingAndCutsNoLineThatFits) {
  std::mt19937 random{5};
  for (int round = 0; round < 2'000; ++round) {
    const RotationLimits limits{50 + random() % 200, 1 + random() % 60};
    const std::size_t longest = random() % 2 == 0 ? limits.size : 2 * limits.size;
    std::string text;
    for (int i = 0; i < 60; ++i)
      text += std::string(random() % longest, static_cast<char>('a' + i % 26)) + '\n';
    const bool whole = random() % 2 == 0;
    const auto files = rotate(limits, text, random, whole);
    std::string all;
    for (std::size_t i = 0; i < files.size(); ++i) {
      all += files[i];
      EXPECT_TRUE(!whole || files[i].size() <= limits.size);
      if (files[i].empty() || files[i].back() == '\n') continue;
      // Cut within a line, which then is longer than the size.
      std::size_t length = files[i].size() - (files[i].rfind('\n') + 1);
      for (std::size_t next = i + 1; next < files.size(); ++next) {
        const std::size_t end = files[next].find('\n');
        length += std::min(end, files[next].size() - 1) + 1;
        if (end != std::string::npos) break;
      }
      EXPECT_GT(length, limits.size);
    }
    EXPECT_EQ(all, text);
  }
}

}  // namespace
}  // namespace runvisor::testing
