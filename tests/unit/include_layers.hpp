#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace runvisor::test {

/// An #include line that its folder may not have.
struct Violation {
  /// Relative to the tree's root.
  std::string file;
  std::size_t line;
  std::string header;
  std::string why;

  friend bool operator==(const Violation&, const Violation&) = default;
};

/// Reads the #include lines of the layers and programs below `root` and holds them to docs/architecture.md,
/// in the order of the files' names. A folder of lib/ that has no rule is a violation too.
[[nodiscard]] std::vector<Violation> violations(const std::filesystem::path& root);

}  // namespace runvisor::test
