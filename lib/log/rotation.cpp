#include "log/rotation.hpp"

#include <algorithm>

namespace runvisor::log {
namespace {

/// Where in `text` the line begins that holds the byte at `at`; 0 if that is not in `text`.
std::size_t line_begin(std::string_view text, std::size_t at) noexcept {
  if (at == 0) return 0;
  const std::size_t previous = text.rfind('\n', at - 1);
  return previous == std::string_view::npos ? 0 : previous + 1;
}

}  // namespace

RotationStep plan(const RotationLimits& limits, const FileState& file, std::string_view text) noexcept {
  if (limits.size == 0 || text.empty()) return {text.size(), false};
  const std::uint64_t threshold = limits.size > limits.margin ? limits.size - limits.margin : 0;
  // A file that was long enough when it was opened.
  if (!file.line_open() && file.size > 0 && file.size >= threshold) return {0, true};
  // The first byte of the text after which the file may end, and the line that holds it.
  const std::uint64_t first = threshold > file.size ? threshold - file.size - 1 : 0;
  if (first >= text.size()) return {text.size(), false};
  const auto at = static_cast<std::size_t>(first);
  const std::size_t newline = text.find('\n', at);
  const bool complete = newline != std::string_view::npos;
  const std::size_t end = complete ? newline + 1 : text.size();
  if (file.size + end <= limits.size) return {end, complete};

  const std::size_t begin = line_begin(text, at);
  if (begin > 0) return {begin, true};
  if (!file.line_open() && file.size > 0) return {0, true};
  // The line stands at the beginning of the file, or goes on from an earlier text, so that it is too late to
  // move it.
  const std::uint64_t length = file.size - file.line_start;
  const std::uint64_t room = limits.size > length ? limits.size - length : 0;
  if (end <= room) return {end, complete};
  return {static_cast<std::size_t>(room), true};
}

FileState written(const FileState& file, std::string_view text) noexcept {
  FileState now = file;
  now.size += text.size();
  if (const std::size_t newline = text.rfind('\n'); newline != std::string_view::npos) {
    now.line_start = file.size + newline + 1;
  }
  return now;
}

}  // namespace runvisor::log
