#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace runvisor::testing {

/// A directory of the test's own below $TMPDIR (or /tmp), mode 0755, removed with all it holds at the end.
class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] std::filesystem::path operator/(std::string_view name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

/// The whole content of a file; throws std::runtime_error if it cannot be read.
[[nodiscard]] std::string read_file(const std::filesystem::path& file);

/// Writes a file, replacing what was there, and gives it exactly `mode`.
void write_file(const std::filesystem::path& file, std::string_view content, unsigned mode = 0644);

/// The permission bits of a path, symlinks followed; throws std::runtime_error if there is none.
[[nodiscard]] unsigned mode_of(const std::filesystem::path& file);

}  // namespace runvisor::testing
