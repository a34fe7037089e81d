#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace runvisor::log {

/// What is known of `current`.
struct FileState {
  /// Its size in bytes.
  std::uint64_t size = 0;
  /// Where its last line begins, which equals its size if that line is complete.
  std::uint64_t line_start = 0;

  [[nodiscard]] bool line_open() const noexcept { return line_start != size; }
};

/// When `current` is rotated.
struct RotationLimits {
  /// The size it should not exceed; 0 for no limit.
  std::uint64_t size = 0;
  /// A line that ends within so many bytes of that size is the last one.
  std::uint64_t margin = 0;
};

/// What to do with the beginning of a text.
struct RotationStep {
  /// Write so many bytes of it, all of them if `rotate` is not set, and then
  std::size_t write = 0;
  /// start a new file.
  bool rotate = false;

  friend bool operator==(const RotationStep&, const RotationStep&) = default;
};

/// Decides where in `text`, which continues `file`, the file ends. It ends after the first line that comes
/// within the margin of the limit; before a line that would exceed the limit; and within a line only if that
/// line alone exceeds the limit. A line whose length is not known yet, as its end has not been read, may
/// exceed the file's limit by its own length. Looks for line ends only near the limit.
[[nodiscard]] RotationStep plan(const RotationLimits& limits, const FileState& file,
                                std::string_view text) noexcept;

/// The state of `file` after `text` has been written to it.
[[nodiscard]] FileState written(const FileState& file, std::string_view text) noexcept;

}  // namespace runvisor::log
