#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "statistics.hpp"

namespace runvisor::benchmark {

/// How a series takes part in a comparison.
enum class Role {
  Ours,
  Each,   ///< a peer with a supervisor for each service, or with a program for the same work
  One,    ///< a peer with one process for all services
  Again,  ///< another build of ours: no peer to be ahead of
  Floor,  ///< what the machine itself takes: nothing to be ahead of
};

/// What one peer has shown in a row.
struct Series {
  std::string name;
  Role role;
  std::vector<double> samples = {};
};

/// What ours is held against.
struct Target {
  /// A series' name; kBest, kBestOfEach, or empty: ours itself, without a ratio.
  std::string reference;
  double limit;  ///< the greatest value that meets the goal, or the least where more is better
};
/// The best of all peers; of those with a supervisor for each service.
inline constexpr std::string_view kBest = "best";
inline constexpr std::string_view kBestOfEach = "best of a supervisor each";

/// What has become of a target.
struct Verdict {
  std::string reference;  ///< the series it was, or empty
  double value;           ///< ours by the reference's median, or ours
  double limit;
  bool met;
};

/// A row belongs to a curve: what it shows, at one of its sizes.
struct Point {
  std::string curve;
  int size;
  /// The greatest exponent of growth with the size; empty: none is wanted.
  std::optional<double> most_growth;
};

/// The same work, by all who can do it.
struct Row {
  std::string name;
  std::string unit;
  bool more_is_better = false;
  std::vector<Target> targets = {};
  std::optional<Point> point = {};
  std::vector<Series> series = {};

  /// That series' samples; the series is added when there is none.
  std::vector<double>& of(std::string_view series_name, Role role);
  [[nodiscard]] const Series* find(std::string_view series_name) const;
  [[nodiscard]] const Series* ours() const;
  /// The peer with the best median; with `each`, of those with a supervisor for each service. Null: none.
  [[nodiscard]] const Series* best(bool each) const;
  /// The verdicts on those targets whose reference has been measured.
  [[nodiscard]] std::vector<Verdict> verdicts() const;
};

/// How one series grows along a curve.
struct Growth {
  std::string curve;
  std::string series;
  double exponent;
  std::optional<Verdict> verdict;  ///< for ours, when there is a limit
};

/// The growth of every series along every curve with two sizes at least.
[[nodiscard]] std::vector<Growth> growths(const std::vector<Row>& rows);

}  // namespace runvisor::benchmark
