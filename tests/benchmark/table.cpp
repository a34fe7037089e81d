#include <fmt/core.h>

#include <algorithm>

#include "report.hpp"

namespace runvisor::benchmark {
namespace {

/// Three significant digits or so, whatever the magnitude.
std::string figure(double value) {
  if (value >= 100 || value == 0) {
    return fmt::format("{:.0f}", value);
  }
  if (value >= 10) {
    return fmt::format("{:.1f}", value);
  }
  return fmt::format("{:.3g}", value);
}

/// The median, and half of the distance between the quartiles in percent of it.
std::string cell(const Series* series) {
  if (series == nullptr) {
    return "-";
  }
  const Summary summary = summarize(series->samples);
  if (series->samples.size() < 2 || summary.median == 0) {
    return figure(summary.median);
  }
  return fmt::format("{} ±{:.0f}%", figure(summary.median),
                     50 * (summary.upper - summary.lower) / summary.median);
}

std::string words(const Verdict& verdict, bool more_is_better) {
  return fmt::format("{}{} {} {} {}", figure(verdict.value),
                     verdict.reference.empty() ? "" : " x " + verdict.reference,
                     more_is_better ? ">=" : "<=", figure(verdict.limit), verdict.met ? "yes" : "NO");
}

std::string verdict_cell(const Row& row) {
  std::string text;
  for (const Verdict& verdict : row.verdicts()) {
    text += (text.empty() ? "" : "; ") + words(verdict, row.more_is_better);
  }
  const Series* const best = row.best(false);
  if (text.empty() && best != nullptr && row.ours() != nullptr && summarize(best->samples).median != 0) {
    text = fmt::format("{} x {}",
                       figure(summarize(row.ours()->samples).median / summarize(best->samples).median),
                       best->name);
  }
  return text.empty() ? "-" : text;
}

/// How many columns a text takes: the bytes that go on with a character take none.
std::size_t width_of(const std::string& text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char byte) { return (byte & 0xC0) != 0x80; }));
}

std::string draw(const std::vector<std::vector<std::string>>& lines) {
  std::vector<std::size_t> widths(lines.front().size());
  for (const auto& line : lines) {
    for (std::size_t column = 0; column < line.size(); ++column) {
      widths[column] = std::max(widths[column], width_of(line[column]));
    }
  }
  std::string text;
  for (std::size_t number = 0; number < lines.size(); ++number) {
    for (std::size_t column = 0; column < widths.size(); ++column) {
      const std::string& content = lines[number][column];
      text += "| " + content + std::string(widths[column] - width_of(content) + 1, ' ');
    }
    text += "|\n";
    if (number == 0) {
      for (const std::size_t width : widths) {
        text += "|" + std::string(width + 2, '-');
      }
      text += "|\n";
    }
  }
  return text;
}

/// All series that any of the rows has, in the order in which they come.
std::vector<std::string> columns_of(const std::vector<Row>& rows) {
  std::vector<std::string> names;
  for (const Row& row : rows) {
    for (const Series& series : row.series) {
      if (std::find(names.begin(), names.end(), series.name) == names.end()) {
        names.push_back(series.name);
      }
    }
  }
  return names;
}

std::string table(const Section& section) {
  const auto columns = columns_of(section.rows);
  std::vector<std::vector<std::string>> lines{{section.group, "unit"}};
  lines[0].insert(lines[0].end(), columns.begin(), columns.end());
  lines[0].emplace_back("runvisor's share; target");
  for (const Row& row : section.rows) {
    std::vector<std::string> line{row.name, row.unit};
    for (const auto& column : columns) {
      line.push_back(cell(row.find(column)));
    }
    line.push_back(verdict_cell(row));
    lines.push_back(std::move(line));
  }
  return draw(lines);
}

std::string growth_table(const std::vector<Growth>& all) {
  std::vector<std::string> curves;
  std::vector<std::string> names;
  const auto note = [](std::vector<std::string>& list, const std::string& name) {
    if (std::find(list.begin(), list.end(), name) == list.end()) {
      list.push_back(name);
    }
  };
  for (const Growth& one : all) {
    note(curves, one.curve);
    note(names, one.series);
  }
  std::vector<std::vector<std::string>> lines{{"exponent of growth"}};
  lines[0].insert(lines[0].end(), names.begin(), names.end());
  lines[0].emplace_back("target");
  for (const auto& curve : curves) {
    std::vector<std::string> line{curve};
    std::string target = "-";
    for (const auto& name : names) {
      const auto found = std::find_if(all.begin(), all.end(), [&](const Growth& one) {
        return one.curve == curve && one.series == name;
      });
      line.push_back(found == all.end() ? "-" : fmt::format("{:.2f}", found->exponent));
      if (found != all.end() && found->verdict) {
        target = words(*found->verdict, false);
      }
    }
    line.push_back(target);
    lines.push_back(std::move(line));
  }
  return draw(lines);
}

}  // namespace

std::vector<Row> Report::all_rows() const {
  std::vector<Row> rows;
  for (const auto& section : sections) {
    rows.insert(rows.end(), section.rows.begin(), section.rows.end());
  }
  return rows;
}

std::string tables(const Report& report) {
  std::string text = fmt::format(
      "kernel {}, {} processors, load {:.2f}, creating a small file: {:.0f} us. Medians, with half of the "
      "distance between the quartiles.\n",
      report.machine.kernel, report.machine.processors, report.machine.load, report.machine.creation_us);
  for (const auto& section : report.sections) {
    if (!section.rows.empty()) {
      text += "\n" + table(section);
    }
  }
  if (const auto all = growths(report.all_rows()); !all.empty()) {
    text += "\n" + growth_table(all);
  }
  return text;
}

}  // namespace runvisor::benchmark
