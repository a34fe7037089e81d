#include "support/probe.hpp"

#include <ctime>
#include <sstream>
#include <stdexcept>

#include "support/one_line.hpp"
#include "support/temp_dir.hpp"

namespace runvisor::testing {

Probe Probe::exits(int code) {
  Probe probe;
  probe.line("exit", std::to_string(code));
  return probe;
}

Probe Probe::stubborn() {
  Probe probe;
  for (const std::string_view signal : {"TERM", "HUP", "INT", "QUIT"}) {
    probe.on(signal, On::ignore);
  }
  return probe;
}

Probe Probe::copies_input_to(const std::filesystem::path& file) {
  Probe probe = stubborn();
  probe.line("copy", file.string());
  return probe;
}

Probe& Probe::line(std::string_view directive, std::string_view value) {
  configuration_.append(directive).append(" ").append(escaped(value)).append("\n");
  return *this;
}

Probe& Probe::on(std::string_view signal, On reaction) {
  const char* name = reaction == On::ignore ? " ignore" : reaction == On::die ? " die" : " exit0";
  return line("on", std::string(signal) + name);
}

Probe& Probe::dies_of(std::string_view signal) { return line("die", signal); }
Probe& Probe::until(const std::filesystem::path& file) { return line("until", file.string()); }
Probe& Probe::lasts(std::chrono::milliseconds time) { return line("lasts", std::to_string(time.count())); }
Probe& Probe::prints(std::string_view text) { return line("print", text); }
Probe& Probe::prints_at_end(std::string_view text) { return line("print-at-end", text); }
Probe& Probe::commands(std::string_view bytes, const std::filesystem::path& fifo) {
  return line("command-bytes", bytes).line("command-fifo", fifo.string());
}
Probe& Probe::reports_to(const std::filesystem::path& file) { return line("report", file.string()); }

Report read_report(const std::filesystem::path& file) {
  Report report;
  std::istringstream stream(read_file(file));
  for (std::string row; std::getline(stream, row);) {
    const std::size_t space = row.find(' ');
    const std::string key = row.substr(0, space);
    const std::string value = unescaped(row.substr(space + 1));
    const std::size_t gap = value.find(' ');
    if (key == "arg") {
      report.argv.push_back(value);
    } else if (key == "env") {
      const std::size_t equals = value.find('=');
      report.environment[value.substr(0, equals)] = value.substr(equals + 1);
    } else if (key == "fd") {
      report.descriptors[std::stoi(value)] = value.substr(gap + 1);
    } else if (key == "flags") {
      report.descriptor_flags[std::stoi(value)] = std::stoi(value.substr(gap + 1));
    } else if (key == "cwd") {
      report.cwd = value;
    } else if (key == "blocked") {
      report.blocked = std::stoull(value, nullptr, 16);
    } else if (key == "ignored") {
      report.ignored = std::stoull(value, nullptr, 16);
    } else if (key == "parent") {
      report.parent = std::stoi(value);
    } else if (key == "session") {
      report.session = std::stoi(value);
    } else if (key == "group") {
      report.process_group = std::stoi(value);
    }
  }
  return report;
}

std::vector<Event> read_events(const std::filesystem::path& file) {
  std::vector<Event> events;
  if (!std::filesystem::exists(file)) {
    return events;
  }
  std::istringstream stream(read_file(file));
  for (std::string row; std::getline(stream, row);) {
    std::istringstream fields(row);
    long long time = 0;
    Event event;
    fields >> time >> event.pid >> event.who >> std::ws;
    std::getline(fields, event.what);
    event.time = std::chrono::nanoseconds(time);
    events.push_back(event);
  }
  return events;
}

std::chrono::nanoseconds monotonic_now() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

}  // namespace runvisor::testing
