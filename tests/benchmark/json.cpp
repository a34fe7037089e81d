#include <fmt/core.h>

#include <cerrno>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <system_error>

#include <boost/json/src.hpp>

#include "report.hpp"

namespace runvisor::benchmark {
namespace {

namespace json = boost::json;

constexpr std::pair<Role, std::string_view> kRoles[] = {{Role::Ours, "ours"},
                                                        {Role::Each, "each"},
                                                        {Role::One, "one"},
                                                        {Role::Again, "again"},
                                                        {Role::Floor, "floor"}};

std::string_view word_of(Role role) {
  for (const auto& [value, word] : kRoles) {
    if (value == role) {
      return word;
    }
  }
  throw std::logic_error("a role without a word");
}

Role role_of(std::string_view text) {
  for (const auto& [value, word] : kRoles) {
    if (word == text) {
      return value;
    }
  }
  throw std::runtime_error(fmt::format("no such role: {}", text));
}

json::object to_json(const Verdict& verdict) {
  return {{"reference", verdict.reference},
          {"value", verdict.value},
          {"limit", verdict.limit},
          {"met", verdict.met}};
}

json::object to_json(const Row& row) {
  json::array series;
  for (const Series& one : row.series) {
    const Summary summary = summarize(one.samples);
    series.push_back({{"name", one.name},
                      {"role", word_of(one.role)},
                      {"median", summary.median},
                      {"lower", summary.lower},
                      {"upper", summary.upper},
                      {"samples", json::value_from(one.samples)}});
  }
  json::array verdicts;
  for (const Verdict& verdict : row.verdicts()) {
    verdicts.push_back(to_json(verdict));
  }
  json::object object{{"name", row.name},
                      {"unit", row.unit},
                      {"more_is_better", row.more_is_better},
                      {"series", series},
                      {"targets", verdicts}};
  if (row.point) {
    object["curve"] = row.point->curve;
    object["size"] = row.point->size;
  }
  return object;
}

Row row_from(const json::object& object) {
  Row row{.name = json::value_to<std::string>(object.at("name")),
          .unit = json::value_to<std::string>(object.at("unit")),
          .more_is_better = object.at("more_is_better").as_bool()};
  if (const auto* curve = object.if_contains("curve")) {
    row.point =
        Point{json::value_to<std::string>(*curve), json::value_to<int>(object.at("size")), std::nullopt};
  }
  for (const auto& one : object.at("series").as_array()) {
    row.of(json::value_to<std::string>(one.at("name")), role_of(one.at("role").as_string())) =
        json::value_to<std::vector<double>>(one.at("samples"));
  }
  return row;
}

Report report_from(const json::value& value) {
  Report report;
  const auto& machine = value.at("machine");
  report.machine = {json::value_to<std::string>(machine.at("kernel")),
                    json::value_to<long>(machine.at("processors")), machine.at("load").to_number<double>(),
                    machine.at("creation_us").to_number<double>()};
  for (const auto& section : value.at("sections").as_array()) {
    report.sections.push_back({json::value_to<std::string>(section.at("group")), {}});
    for (const auto& row : section.at("rows").as_array()) {
      report.sections.back().rows.push_back(row_from(row.as_object()));
    }
  }
  return report;
}

}  // namespace

void write_json(const std::filesystem::path& path, const Report& report) {
  json::array sections;
  for (const auto& section : report.sections) {
    json::array rows;
    for (const Row& row : section.rows) {
      rows.push_back(to_json(row));
    }
    sections.push_back({{"group", section.group}, {"rows", rows}});
  }
  json::array growth;
  for (const Growth& one : growths(report.all_rows())) {
    json::object object{{"curve", one.curve}, {"series", one.series}, {"exponent", one.exponent}};
    if (one.verdict) {
      object["target"] = to_json(*one.verdict);
    }
    growth.push_back(object);
  }
  const json::object whole{{"machine",
                            {{"kernel", report.machine.kernel},
                             {"processors", report.machine.processors},
                             {"load", report.machine.load},
                             {"creation_us", report.machine.creation_us}}},
                           {"sections", sections},
                           {"growth", growth}};
  std::ofstream file(path);
  file << json::serialize(whole) << '\n';
  if (!file.flush()) {
    throw std::system_error(errno, std::generic_category(), path.string());
  }
}

Report read_json(const std::filesystem::path& path) {
  std::ifstream file(path);
  if (!file) {
    throw std::system_error(errno, std::generic_category(), path.string());
  }
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  try {
    return report_from(json::parse(text));
  } catch (const std::exception& error) {
    throw std::runtime_error(fmt::format("{}: not a report: {}", path.string(), error.what()));
  }
}

}  // namespace runvisor::benchmark
