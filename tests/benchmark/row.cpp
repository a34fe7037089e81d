#include "row.hpp"

#include <algorithm>

namespace runvisor::benchmark {
namespace {

double median_of(const Series& series) { return summarize(series.samples).median; }

}  // namespace

std::vector<double>& Row::of(std::string_view series_name, Role role) {
  for (auto& one : series) {
    if (one.name == series_name) {
      return one.samples;
    }
  }
  series.push_back({std::string{series_name}, role});
  return series.back().samples;
}

const Series* Row::find(std::string_view series_name) const {
  const auto found =
      std::find_if(series.begin(), series.end(), [&](const Series& one) { return one.name == series_name; });
  return found == series.end() || found->samples.empty() ? nullptr : &*found;
}

const Series* Row::ours() const {
  const auto found =
      std::find_if(series.begin(), series.end(), [](const Series& one) { return one.role == Role::Ours; });
  return found == series.end() || found->samples.empty() ? nullptr : &*found;
}

const Series* Row::best(bool each) const {
  const Series* best = nullptr;
  for (const auto& one : series) {
    const bool takes_part = one.role == Role::Each || (one.role == Role::One && !each);
    if (!takes_part || one.samples.empty()) {
      continue;
    }
    if (best == nullptr ||
        (more_is_better ? median_of(one) > median_of(*best) : median_of(one) < median_of(*best))) {
      best = &one;
    }
  }
  return best;
}

std::vector<Verdict> Row::verdicts() const {
  std::vector<Verdict> all;
  const Series* const mine = ours();
  if (mine == nullptr) {
    return all;
  }
  for (const auto& target : targets) {
    double base = 1;
    std::string reference;
    if (!target.reference.empty()) {
      const bool any_best = target.reference == kBest || target.reference == kBestOfEach;
      const Series* const other = any_best ? best(target.reference == kBestOfEach) : find(target.reference);
      if (other == nullptr || median_of(*other) == 0) {
        continue;
      }
      base = median_of(*other);
      reference = other->name;
    }
    const double value = median_of(*mine) / base;
    all.push_back(
        {reference, value, target.limit, more_is_better ? value >= target.limit : value <= target.limit});
  }
  return all;
}

std::vector<Growth> growths(const std::vector<Row>& rows) {
  std::vector<Growth> all;
  std::vector<std::string> done;
  for (const Row& first : rows) {
    if (!first.point || std::find(done.begin(), done.end(), first.point->curve) != done.end()) {
      continue;
    }
    const std::string& curve = first.point->curve;
    done.push_back(curve);
    for (const Series& series : first.series) {
      std::vector<std::pair<double, double>> points;
      for (const Row& row : rows) {
        const Series* const there = row.point && row.point->curve == curve ? row.find(series.name) : nullptr;
        if (there != nullptr) {
          points.emplace_back(row.point->size, median_of(*there));
        }
      }
      if (const auto exponent = growth(points)) {
        std::optional<Verdict> verdict;
        if (series.role == Role::Ours && first.point->most_growth) {
          const double most = *first.point->most_growth;
          verdict = Verdict{"", *exponent, most, *exponent <= most};
        }
        all.push_back({curve, series.name, *exponent, verdict});
      }
    }
  }
  return all;
}

}  // namespace runvisor::benchmark
