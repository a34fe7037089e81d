#include <fmt/core.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <map>
#include <system_error>

#include "report.hpp"

namespace runvisor::benchmark {
namespace {

struct Curve {
  std::string unit;
  std::vector<std::string> names;
  std::map<int, const Row*> rows;
};

void write_curve(const std::filesystem::path& path, const std::string& name, const Curve& curve) {
  std::ofstream file(path);
  file << fmt::format("\"{}, {}\"", name, curve.unit);
  for (const auto& series : curve.names) {
    file << fmt::format(" \"{}\"", series);
  }
  file << '\n';
  for (const auto& [size, row] : curve.rows) {
    file << size;
    for (const auto& series : curve.names) {
      const Series* const found = row->find(series);
      file << (found == nullptr ? " ?" : fmt::format(" {:.6g}", summarize(found->samples).median));
    }
    file << '\n';
  }
  if (!file.flush()) {
    throw std::system_error(errno, std::generic_category(), path.string());
  }
}

}  // namespace

void write_curves(const std::filesystem::path& folder, const Report& report) {
  const auto rows = report.all_rows();
  std::map<std::string, Curve> curves;
  for (const Row& row : rows) {
    if (!row.point) {
      continue;
    }
    Curve& curve = curves[row.point->curve];
    curve.unit = row.unit;
    curve.rows[row.point->size] = &row;
    for (const Series& series : row.series) {
      if (std::find(curve.names.begin(), curve.names.end(), series.name) == curve.names.end()) {
        curve.names.push_back(series.name);
      }
    }
  }
  std::filesystem::create_directories(folder);
  for (const auto& [name, curve] : curves) {
    if (curve.rows.size() > 1) {
      write_curve(folder / (name + ".data"), name, curve);
    }
  }
}

}  // namespace runvisor::benchmark
