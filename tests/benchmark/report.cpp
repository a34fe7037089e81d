#include "report.hpp"

#include <fmt/core.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <system_error>

namespace runvisor::benchmark {
namespace {

/// Three significant digits or so, whatever the magnitude.
std::string figure(double value) {
  if (value >= 100) {
    return fmt::format("{:.0f}", value);
  }
  if (value >= 10 || value == 0) {
    return fmt::format("{:.1f}", value);
  }
  return fmt::format("{:.3f}", value);
}

std::string spread(const Summary& summary) {
  return fmt::format("{} [{}-{}]", figure(summary.median), figure(summary.lower), figure(summary.upper));
}

}  // namespace

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
  return {at(0.5), at(0.25), at(0.75), samples.size()};
}

std::optional<double> Row::ratio() const {
  const double base = summarize(original).median;
  if (base == 0) {
    return std::nullopt;
  }
  return summarize(ours).median / base;
}

std::optional<bool> Row::met() const {
  if (!target) {
    return std::nullopt;
  }
  if (*target == 0) {
    return summarize(ours).median == 0;
  }
  const auto value = ratio();
  return value && (more_is_better ? *value >= *target : *value <= *target);
}

std::string table(const std::vector<Row>& rows) {
  std::string text =
      fmt::format("| {:<44} | {:<4} | {:>26} | {:>26} | {:>6} | {:>8} | {:<3} |\n", "work", "unit",
                  "reference [quartiles]", "runvisor [quartiles]", "ratio", "target", "met");
  text += fmt::format("|{:-<46}|{:-<6}|{:->28}|{:->28}|{:->8}|{:->10}|{:-<5}|\n", "", "", "", "", "", "", "");
  for (const Row& row : rows) {
    const auto ratio = row.ratio();
    const auto met = row.met();
    text +=
        fmt::format("| {:<44} | {:<4} | {:>26} | {:>26} | {:>6} | {:>8} | {:<3} |\n",
                    row.reference == "runit" ? row.name : row.name + ", to the " + row.reference, row.unit,
                    spread(summarize(row.original)), spread(summarize(row.ours)),
                    ratio ? fmt::format("{:.3f}", *ratio) : "-",
                    row.target ? fmt::format("{} {}", row.more_is_better ? ">=" : "<=", *row.target) : "-",
                    met ? (*met ? "yes" : "NO") : "-");
  }
  return text;
}

void write_json(const std::filesystem::path& path, const std::vector<Row>& rows) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "we"), &std::fclose);
  if (!file) {
    throw std::system_error(errno, std::generic_category(), path.string());
  }
  std::string text = "[\n";
  for (std::size_t index = 0; index < rows.size(); ++index) {
    const Row& row = rows[index];
    const auto ratio = row.ratio();
    const auto met = row.met();
    text += fmt::format(
        "  {{\"name\": \"{}\", \"unit\": \"{}\", \"reference\": \"{}\", \"target\": {}, "
        "\"more_is_better\": {}, \"ratio\": {}, "
        "\"met\": {},\n"
        "   \"ours\": [{:.4f}],\n   \"original\": [{:.4f}]}}{}\n",
        row.name, row.unit, row.reference, row.target ? fmt::format("{}", *row.target) : "null",
        row.more_is_better, ratio ? fmt::format("{:.5f}", *ratio) : "null",
        met ? (*met ? "true" : "false") : "null", fmt::join(row.ours, ", "), fmt::join(row.original, ", "),
        index + 1 < rows.size() ? "," : "");
  }
  text += "]\n";
  if (std::fwrite(text.data(), 1, text.size(), file.get()) != text.size()) {
    throw std::system_error(errno, std::generic_category(), path.string());
  }
}

}  // namespace runvisor::benchmark
