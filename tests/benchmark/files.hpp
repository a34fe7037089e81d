#pragma once

#include <filesystem>
#include <string_view>

namespace runvisor::benchmark {

/// Makes a file that is not there yet. Throws std::system_error.
void write_file(const std::filesystem::path& path, std::string_view content);

/// A folder that is removed, with all processes that were started, when the benchmark ends, however it ends.
class WorkingFolder {
 public:
  explicit WorkingFolder(const std::filesystem::path& parent);
  ~WorkingFolder();
  WorkingFolder(const WorkingFolder&) = delete;
  WorkingFolder& operator=(const WorkingFolder&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace runvisor::benchmark
