#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "row.hpp"

namespace runvisor::benchmark {

/// Rows that were measured together.
struct Section {
  std::string group;
  std::vector<Row> rows;
};

/// What the figures depend on.
struct Machine {
  std::string kernel;
  long processors = 0;
  double load = 0;
  double creation_us = 0;  ///< what creating a small file takes
};

struct Report {
  Machine machine;
  std::vector<Section> sections;

  [[nodiscard]] std::vector<Row> all_rows() const;
};

/// The tables for a terminal (Markdown, so that they can be pasted).
[[nodiscard]] std::string tables(const Report& report);

/// All rows with their samples, and back. What was read has the samples, not the targets. Both throw
/// std::system_error on a file that cannot be used, reading also std::runtime_error on one that is not a
/// report.
void write_json(const std::filesystem::path& path, const Report& report);
[[nodiscard]] Report read_json(const std::filesystem::path& path);

/// Writes the file CURVE.data for every curve with two sizes at least: a line for each size, with the medians
/// of all series in columns, named in the first line, as gnuplot reads it. Throws std::system_error.
void write_curves(const std::filesystem::path& folder, const Report& report);

/// A row in which ours has fallen behind: the factor by which the ratios to the same peers have become worse
/// (the geometric mean over the peers), above what is tolerated.
struct Regression {
  std::string row;
  double factor;
};
struct Comparison {
  std::size_t rows = 0;  ///< that both reports have, with a peer in common
  std::vector<Regression> regressions;
};

/// Compares ratios, never times, so the reports may come from different machines or hours.
[[nodiscard]] Comparison compare(const Report& before, const Report& after, double tolerance);

}  // namespace runvisor::benchmark
