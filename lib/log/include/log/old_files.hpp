#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace runvisor::log {

/// What an old file of a log directory is.
enum class OldFileKind : std::uint8_t {
  /// `.s`: done with.
  finished,
  /// `.u`: to be processed.
  unprocessed,
  /// `.t`: what a processor has written so far.
  temporary,
};

/// The suffix of a kind's names.
[[nodiscard]] std::string_view suffix(OldFileKind kind) noexcept;

/// The name of an old file.
[[nodiscard]] std::string file_name(std::string_view label, OldFileKind kind);

/// What the name of a file in a log directory says: a label and a suffix. None for any other name.
struct OldFileName {
  std::string_view label;
  OldFileKind kind = OldFileKind::finished;
};
[[nodiscard]] std::optional<OldFileName> parse_name(std::string_view name) noexcept;

/// The old files of a log directory, by the labels of their names, oldest first.
struct OldFiles {
  std::vector<std::string> finished;
  std::vector<std::string> unprocessed;
  std::vector<std::string> temporary;

  /// How many there are, without the temporary ones.
  [[nodiscard]] std::size_t count() const noexcept { return finished.size() + unprocessed.size(); }
  /// The name of the oldest one of these, of which there must be one.
  [[nodiscard]] std::string oldest() const;
};
[[nodiscard]] OldFiles sort_out(const std::vector<std::string>& names);

}  // namespace runvisor::log
