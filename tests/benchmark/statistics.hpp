#pragma once

#include <optional>
#include <utility>
#include <vector>

namespace runvisor::benchmark {

/// Median and the quartiles around it.
struct Summary {
  double median = 0;
  double lower = 0;
  double upper = 0;
};

/// Sorts a copy of the samples; all zero when there are none.
[[nodiscard]] Summary summarize(std::vector<double> samples);

/// The slope of the straight line that fits the logarithms of these points best: the exponent with which y
/// grows with x. Empty with fewer than two different x; points that are not positive are left out.
[[nodiscard]] std::optional<double> growth(const std::vector<std::pair<double, double>>& points);

}  // namespace runvisor::benchmark
