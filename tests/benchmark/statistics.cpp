#include "statistics.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace runvisor::benchmark {

Summary summarize(std::vector<double> samples) {
  if (samples.empty()) {
    return {};
  }
  std::sort(samples.begin(), samples.end());
  const auto at = [&samples](double share) {
    const double position = share * static_cast<double>(samples.size() - 1);
    const auto index = static_cast<std::size_t>(position);
    const double fraction = position - static_cast<double>(index);
    const double next = samples[std::min(index + 1, samples.size() - 1)];
    return samples[index] + fraction * (next - samples[index]);
  };
  return {at(0.5), at(0.25), at(0.75)};
}

std::optional<double> growth(const std::vector<std::pair<double, double>>& points) {
  double count = 0;
  double sum_x = 0;
  double sum_y = 0;
  double sum_xx = 0;
  double sum_xy = 0;
  for (const auto& [x, y] : points) {
    if (x <= 0 || y <= 0) {
      continue;
    }
    const double log_x = std::log(x);
    const double log_y = std::log(y);
    count += 1;
    sum_x += log_x;
    sum_y += log_y;
    sum_xx += log_x * log_x;
    sum_xy += log_x * log_y;
  }
  const double spread = count * sum_xx - sum_x * sum_x;
  if (count < 2 || spread < 1e-9) {
    return std::nullopt;
  }
  return (count * sum_xy - sum_x * sum_y) / spread;
}

}  // namespace runvisor::benchmark
