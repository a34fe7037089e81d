#include "cli/option_scanner.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace runvisor::cli {
namespace {

/// All options of a command line as "LETTER=ARGUMENT ", then what follows them.
struct Scanned {
  std::string options;
  std::string rest;
  std::string error;
};

Scanned scan(const std::vector<const char*>& words, std::span<const LongOption> long_options = {}) {
  OptionScanner scanner{words, "vw:V", long_options};
  Scanned scanned;
  while (const auto option = scanner.next()) {
    scanned.options += option->letter;
    scanned.options += '=';
    scanned.options += option->argument;
    scanned.options += ' ';
  }
  for (const char* word : scanner.rest()) (scanned.rest += word) += ' ';
  if (scanner.error()) scanned.error = message("sv", *scanner.error());
  return scanned;
}

TEST(OptionScanner, ReadsLettersAndTheirArguments) {
  const Scanned scanned = scan({"-v", "-w", "3", "status", "-v"});
  EXPECT_EQ(scanned.options, "v= w=3 ");
  EXPECT_EQ(scanned.rest, "status -v ");
  EXPECT_EQ(scanned.error, "");
}

TEST(OptionScanner, ReadsJoinedLetters) {
  EXPECT_EQ(scan({"-vw3", "x"}).options, "v= w=3 ");
  EXPECT_EQ(scan({"-vw", "3", "x"}).options, "v= w=3 ");
  EXPECT_EQ(scan({"-ww", "x"}).options, "w=w ");
}

TEST(OptionScanner, TakesAnArgumentThatLooksLikeAnOptionOrIsEmpty) {
  EXPECT_EQ(scan({"-w", "-1", "x"}).options, "w=-1 ");
  EXPECT_EQ(scan({"-w", "", "x"}).rest, "x ");
}

TEST(OptionScanner, EndsAtTwoDashesWhateverFollowsThem) {
  EXPECT_EQ(scan({"--", "-v"}).rest, "-v ");
  EXPECT_EQ(scan({"--help", "-v"}).rest, "-v ");
  EXPECT_EQ(scan({"--help", "-v"}).options, "");
}

TEST(OptionScanner, TakesASingleDashForAWord) { EXPECT_EQ(scan({"-", "-v"}).rest, "- -v "); }

TEST(OptionScanner, StopsAtAnUnknownLetter) {
  EXPECT_EQ(scan({"-x", "-v"}).error, "sv: illegal option -- x\n");
  EXPECT_EQ(scan({"-v-"}).error, "sv: illegal option -- -\n");
  EXPECT_EQ(scan({"-:"}).error, "sv: illegal option -- :\n");
  EXPECT_EQ(scan({"-vx"}).options, "v= ");
}

TEST(OptionScanner, StopsAtAMissingArgument) {
  EXPECT_EQ(scan({"-v", "-w"}).error, "sv: option requires an argument -- w\n");
}

constexpr LongOption kLong[] = {{"wide", true, 'W'}, {"verbose", false, 'v'}};

TEST(OptionScannerWithLongOptions, ReadsThemAmongTheLetters) {
  const Scanned scanned = scan({"-v", "--wide", "3", "--wide=4", "--wide=", "--verbose", "-w5", "x"}, kLong);
  EXPECT_EQ(scanned.options, "v= W=3 W=4 W= v= w=5 ");
  EXPECT_EQ(scanned.rest, "x ");
  EXPECT_EQ(scan({"--wide", "--", "x"}, kLong).options, "W=-- ");
}

TEST(OptionScannerWithLongOptions, EndsAtTwoDashesAlone) {
  EXPECT_EQ(scan({"--", "--wide"}, kLong).rest, "--wide ");
  EXPECT_EQ(scan({"-", "--wide"}, kLong).rest, "- --wide ");
}

TEST(OptionScannerWithLongOptions, StopsAtWhatIsWrong) {
  EXPECT_EQ(scan({"--wid", "x"}, kLong).error, "sv: illegal option -- wid\n");
  EXPECT_EQ(scan({"--wider=1", "x"}, kLong).error, "sv: illegal option -- wider\n");
  EXPECT_EQ(scan({"--=1", "x"}, kLong).error, "sv: illegal option -- \n");
  EXPECT_EQ(scan({"--wide"}, kLong).error, "sv: option requires an argument -- wide\n");
  EXPECT_EQ(scan({"--verbose=1"}, kLong).error, "sv: option takes no argument -- verbose\n");
}

}  // namespace
}  // namespace runvisor::cli
