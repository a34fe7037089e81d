#include "sys/variable_directory.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <string>

#include "support/temp_dir.hpp"
#include "sys/whole_file.hpp"

namespace runvisor::sys {
namespace {

namespace fs = std::filesystem;
using Strings = std::vector<std::string>;

class VariableDirectoryTest : public ::testing::Test {
 protected:
  void file(const std::string& name, const std::string& content) {
    testing::write_file(dir_ / name, content);
  }
  [[nodiscard]] auto read() const { return read_variables(dir_.path().c_str()); }
  [[nodiscard]] Strings changes() const {
    auto found = read();
    if (!found) return {"failed"};
    std::sort(found->changes.begin(), found->changes.end());
    return found->changes;
  }

  testing::TempDir dir_;
};

TEST_F(VariableDirectoryTest, HasAChangeForEachFile) {
  EXPECT_EQ(changes(), Strings{});
  file("A", "1\n");
  file("B", "");
  file("C", "two words \nnot this");
  EXPECT_EQ(changes(), (Strings{"A=1", "B", "C=two words"}));
}

TEST_F(VariableDirectoryTest, IsReadWithoutDotFilesAndDanglingLinks) {
  file(".hidden", "1");
  file("A", "1");
  fs::create_symlink("nowhere", dir_ / "dangling");
  fs::create_symlink("A", dir_ / "B");
  EXPECT_EQ(changes(), (Strings{"A=1", "B=1"}));
}

TEST_F(VariableDirectoryTest, TellsOfDirectoriesApart) {
  fs::create_directory(dir_ / "sub");
  file("A", "1");
  const auto found = read();
  ASSERT_TRUE(found);
  EXPECT_EQ(found->changes, (Strings{"A=1"}));
  EXPECT_EQ(found->directories, (Strings{"sub"}));
}

TEST_F(VariableDirectoryTest, MayHoldMoreFilesThanOneReadReturns) {
  Strings expected;
  for (int i = 0; i < 1000; ++i) {
    const std::string name = "A_RATHER_LONG_NAME_FOR_A_VARIABLE_" + std::to_string(i);
    file(name, "x");
    expected.push_back(name + "=x");
  }
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(changes(), expected);
}

TEST_F(VariableDirectoryTest, MayHoldLongLines) {
  const std::string value(100'000, 'v');
  file("A", value + "\nrest");
  EXPECT_EQ(changes(), (Strings{"A=" + value}));
  file("A", std::string(3'000'000, 'v'));
  const auto found = read();
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().step, VariableFailure::Step::read);
  EXPECT_EQ(found.error().file, "A");
  EXPECT_EQ(number(found.error().error), E2BIG);
}

TEST_F(VariableDirectoryTest, IsNotHeldUpByAFifo) {
  ASSERT_EQ(::mkfifo((dir_ / "FIFO").c_str(), 0600), 0);
  EXPECT_EQ(changes(), (Strings{"FIFO"}));
}

TEST_F(VariableDirectoryTest, MustBeADirectory) {
  for (const auto& [path, error] : {std::pair{dir_ / "nosuch", ENOENT}, std::pair{dir_ / "file", ENOTDIR}}) {
    if (error == ENOTDIR) file("file", "");
    const auto found = read_variables(path.c_str());
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().step, VariableFailure::Step::enter);
    EXPECT_EQ(number(found.error().error), error);
  }
}

TEST(AWholeFile, IsReadUpToItsLimit) {
  const testing::TempDir dir;
  const fs::path path = dir / "file";
  const std::string text(20'000, 'x');
  testing::write_file(path, text);
  const auto read = read_whole_file(path.c_str(), text.size());
  ASSERT_TRUE(read);
  EXPECT_EQ(*read, text);
  const auto more = read_whole_file(path.c_str(), text.size() - 1);
  ASSERT_FALSE(more);
  EXPECT_EQ(number(more.error()), E2BIG);
  const auto none = read_whole_file((dir / "nosuch").c_str(), 1);
  ASSERT_FALSE(none);
  EXPECT_EQ(number(none.error()), ENOENT);
}

}  // namespace
}  // namespace runvisor::sys
