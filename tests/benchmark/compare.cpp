#include <algorithm>
#include <cmath>

#include "report.hpp"

namespace runvisor::benchmark {
namespace {

/// By which factor ours has become worse, against all that both rows have; empty: they have none in common.
std::optional<double> worsening(const Row& before, const Row& after) {
  const auto ratio = [](const Row& row, const Series& other) {
    return summarize(row.ours()->samples).median / summarize(other.samples).median;
  };
  if (before.ours() == nullptr || after.ours() == nullptr) {
    return std::nullopt;
  }
  double sum = 0;
  int count = 0;
  for (const Series& other : before.series) {
    const Series* const again = after.find(other.name);
    if (other.role == Role::Ours || other.role == Role::Again || other.samples.empty() || again == nullptr) {
      continue;
    }
    const double change = std::log(ratio(after, *again) / ratio(before, other));
    if (std::isfinite(change)) {
      sum += after.more_is_better ? -change : change;
      ++count;
    }
  }
  if (count == 0) {
    return std::nullopt;
  }
  return std::exp(sum / count);
}

}  // namespace

Comparison compare(const Report& before, const Report& after, double tolerance) {
  Comparison comparison;
  const auto old_rows = before.all_rows();
  for (const Row& row : after.all_rows()) {
    const auto old =
        std::find_if(old_rows.begin(), old_rows.end(), [&](const Row& one) { return one.name == row.name; });
    const auto factor = old == old_rows.end() ? std::nullopt : worsening(*old, row);
    if (!factor) {
      continue;
    }
    ++comparison.rows;
    if (*factor > tolerance) {
      comparison.regressions.push_back({row.name, *factor});
    }
  }
  return comparison;
}

}  // namespace runvisor::benchmark
