#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace runvisor::benchmark {

/// Median and the quartiles around it.
struct Summary {
  double median = 0;
  double lower = 0;
  double upper = 0;
  std::size_t count = 0;
};

/// Sorts a copy of the samples; all zero when there are none.
[[nodiscard]] Summary summarize(std::vector<double> samples);

/// One line of the table: the same work, by the original and by runvisor.
struct Row {
  std::string name;
  std::string unit;
  std::optional<double> target = {};  ///< the greatest ratio of the medians that meets the goal, or the least
  std::string reference = "runit";    ///< what ours is compared with
  bool more_is_better = false;        ///< the target is the least ratio
  std::vector<double> ours = {};
  std::vector<double> original = {};

  /// Median of ours by median of the original's; empty when the original's is zero.
  [[nodiscard]] std::optional<double> ratio() const;
  /// Whether the target is met; with a target of zero, ours has to be zero itself. Empty without a target.
  [[nodiscard]] std::optional<bool> met() const;
};

/// The table for a terminal (Markdown, so that it can be pasted).
[[nodiscard]] std::string table(const std::vector<Row>& rows);

/// Writes all rows with their samples as JSON. Throws std::system_error.
void write_json(const std::filesystem::path& path, const std::vector<Row>& rows);

}  // namespace runvisor::benchmark
