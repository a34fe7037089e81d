#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "support/probe.hpp"
#include "support/supervise_files.hpp"

namespace runvisor::testing {

/// Builds a service directory and looks at what runsv makes of it. Nothing is removed at the end: it lies in
/// a test's TempDir. Programs are named relative to it: "run", "finish", "control/t", "log/run".
class ServiceDir {
 public:
  /// Makes the directory (and its parents). Probes put into it record their events in `events`.
  ServiceDir(std::filesystem::path path, std::filesystem::path events);

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] std::filesystem::path operator/(std::string_view name) const { return path_ / name; }
  /// The directory of the log service.
  [[nodiscard]] std::filesystem::path log() const { return path_ / "log"; }

  /// Puts a file there with exactly these bytes and mode. Directories on the way are made.
  ServiceDir& file(std::string_view name, std::string_view content = "", unsigned mode = 0644);
  /// Puts a /bin/sh script there.
  ServiceDir& script(std::string_view name, std::string_view body, unsigned mode = 0755);
  /// Puts the tests' service program there, told to do as `probe` says. Events of those below `log/` are
  /// recorded with the prefix "log:".
  ServiceDir& probe(std::string_view name, const Probe& probe);

  /// Writes command bytes into supervise/control in one write; false if no runsv reads it.
  [[nodiscard]] bool control(std::string_view bytes) const { return write_fifo("supervise/control", bytes); }
  /// The same for log/supervise/control.
  [[nodiscard]] bool log_control(std::string_view bytes) const {
    return write_fifo("log/supervise/control", bytes);
  }

  /// All events of its probes so far, in order.
  [[nodiscard]] std::vector<Event> events() const { return read_events(events_); }
  /// The events whose text ("./run start", "./run signal TERM", …) begins with `prefix`.
  [[nodiscard]] std::vector<Event> events(std::string_view prefix) const;
  [[nodiscard]] std::size_t count(std::string_view prefix) const { return events(prefix).size(); }
  /// Waits until there have been `times` such events; false at the deadline.
  [[nodiscard]] bool saw(std::string_view prefix, std::size_t times = 1) const;
  /// Texts of all events in order, for a comparison of whole histories.
  [[nodiscard]] std::vector<std::string> history() const;

 private:
  [[nodiscard]] bool write_fifo(std::string_view name, std::string_view bytes) const;

  std::filesystem::path path_;
  std::filesystem::path events_;
};

}  // namespace runvisor::testing
