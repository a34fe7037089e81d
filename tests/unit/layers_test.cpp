#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "include_layers.hpp"

namespace runvisor::test {
namespace {

namespace fs = std::filesystem;

/// A source tree of its own for one test.
class Tree : public testing::Test {
 protected:
  Tree() {
    std::string path = (fs::temp_directory_path() / "runvisor-layers-XXXXXX").string();
    root_ = ::mkdtemp(path.data());
    fs::create_directories(root_ / "lib");
  }
  ~Tree() override { fs::remove_all(root_); }

  void write(const std::string& file, const std::string& text) {
    fs::create_directories((root_ / file).parent_path());
    std::ofstream(root_ / file) << text;
  }

  /// The one violation that `file` with this single #include line makes; none if it is allowed.
  std::string verdict(const std::string& file, const std::string& header) {
    write(file, "#include " + header + "\n");
    const std::vector<Violation> found = violations(root_);
    fs::remove(root_ / file);
    return found.empty() ? "" : found.front().why;
  }

  fs::path root_;
};

TEST(Layers, OfThisTreeAreKept) {
  std::string text;
  for (const Violation& found : violations(RUNVISOR_SOURCE_DIR)) {
    text += fmt::format("{}:{}: {}: {}\n", found.file, found.line, found.header, found.why);
  }
  EXPECT_TRUE(text.empty()) << text;
}

TEST(Layers, OfThisTreeAreThoseThatTheTestReads) {
  for (const char* layer : {"core", "sys", "event", "service"}) {
    EXPECT_TRUE(fs::exists(fs::path(RUNVISOR_SOURCE_DIR) / "lib" / layer)) << layer;
  }
}

TEST_F(Tree, MayUseTheLayersBelow) {
  for (const char* file :
       {"lib/core/a.cpp", "lib/sys/a.cpp", "lib/event/include/event/a.hpp", "lib/cli/a.cpp",
        "lib/service/a.cpp", "chpst/a.cpp", "machine-init/a.cpp", "runsv/a.cpp", "runsvchdir/a.cpp",
        "utmpset/a.cpp", "runsvdir/a.cpp", "sv/a.cpp"}) {
    EXPECT_EQ(verdict(file, "\"core/command.hpp\""), "") << file;
    EXPECT_EQ(verdict(file, "<vector>"), "") << file;
    EXPECT_EQ(verdict(file, "<sys/types.h>"), "") << file;
    EXPECT_EQ(verdict(file, "<fmt/format.h>"), "") << file;
  }
  EXPECT_EQ(verdict("lib/sys/a.hpp", "<boost/system/result.hpp>"), "");
  EXPECT_EQ(verdict("lib/event/a.cpp", "<boost/asio/io_context.hpp>"), "");
  EXPECT_EQ(verdict("lib/sys/a.cpp", "<unistd.h>"), "");
  EXPECT_EQ(verdict("sv/a.cpp", "\"cli/option_scanner.hpp\""), "");
}

TEST_F(Tree, MayNotUseTheLayersAboveOrBeside) {
  EXPECT_EQ(verdict("lib/core/a.cpp", "\"sys/fd.hpp\""), "lib/core may not use sys");
  EXPECT_EQ(verdict("lib/sys/include/sys/a.hpp", "\"event/loop.hpp\""), "lib/sys may not use event");
  EXPECT_EQ(verdict("lib/event/a.cpp", "\"service/service.hpp\""), "lib/event may not use service");
  EXPECT_EQ(verdict("lib/cli/a.cpp", "\"sys/fd.hpp\""), "lib/cli may not use sys");
  EXPECT_EQ(verdict("lib/service/a.cpp", "\"cli/option_scanner.hpp\""), "lib/service may not use cli");
  EXPECT_EQ(verdict("sv/a.cpp", "\"event/loop.hpp\""), "sv may not use event");
  EXPECT_EQ(verdict("sv/a.cpp", "\"service/service.hpp\""), "sv may not use service");
}

TEST_F(Tree, UsesAsioInTheEventLayerOnly) {
  for (const char* file : {"lib/core/a.cpp", "lib/sys/a.cpp", "lib/cli/a.cpp", "lib/service/a.cpp",
                           "chpst/a.cpp", "machine-init/a.cpp", "runsv/a.cpp", "runsvchdir/a.cpp",
                           "utmpset/a.cpp", "runsvdir/a.cpp", "sv/a.cpp"}) {
    EXPECT_NE(verdict(file, "<boost/asio/io_context.hpp>"), "") << file;
    EXPECT_NE(verdict(file, "<boost/asio.hpp>"), "") << file;
  }
}

TEST_F(Tree, MakesNoSystemCallsInPureLayers) {
  EXPECT_EQ(verdict("lib/core/a.cpp", "<unistd.h>"), "lib/core makes no system calls");
  EXPECT_EQ(verdict("lib/cli/a.cpp", "<sys/stat.h>"), "lib/cli makes no system calls");
}

TEST_F(Tree, HasNoStreams) {
  for (const char* file : {"lib/core/a.cpp", "lib/sys/a.cpp", "runsv/a.cpp", "sv/a.hpp"}) {
    EXPECT_EQ(verdict(file, "<iostream>"), "no streams in libraries and programs") << file;
    EXPECT_EQ(verdict(file, "<sstream>"), "no streams in libraries and programs") << file;
  }
}

TEST_F(Tree, MayUseNeighboursButNotReachOutOfItsFolder) {
  write("sv/control.hpp", "");
  EXPECT_EQ(verdict("sv/a.cpp", "\"control.hpp\""), "");
  write("runsv/hidden.hpp", "");
  EXPECT_EQ(verdict("sv/a.cpp", "\"../runsv/hidden.hpp\""), "reaches out of its folder");
  EXPECT_EQ(verdict("sv/a.cpp", "\"hidden.hpp\""), "sv may not use hidden.hpp");
}

TEST_F(Tree, NeedsARuleForEachLayer) {
  write("lib/extra/a.cpp", "#include <vector>\n");
  EXPECT_EQ(violations(root_), (std::vector<Violation>{{"lib/extra", 0, "", "has no rule"}}));
}

TEST_F(Tree, IsReadWithItsLineNumbers) {
  write("lib/core/deep/a.cpp", "// a comment\n\n #  include \"event/loop.hpp\"  // why\n");
  const std::vector<Violation> expected{
      {"lib/core/deep/a.cpp", 3, "event/loop.hpp", "lib/core may not use event"}};
  EXPECT_EQ(violations(root_), expected);
}

}  // namespace
}  // namespace runvisor::test
