#pragma once

#include <unistd.h>

#include <string>
#include <string_view>

#include "core/service_report.hpp"
#include "core/status_record.hpp"
#include "sys/supervise_client.hpp"

namespace runvisor::sv {

/// Collects what goes to standard output, and counts the services that caused an error.
class Printer {
 public:
  Printer() = default;
  Printer(const Printer&) = delete;
  Printer& operator=(const Printer&) = delete;
  ~Printer() { flush(); }

  /// Appends text, as a whole.
  void print(std::string_view text);

  /// Counts errors.
  void fail(int failures = 1) noexcept { failures_ += failures; }

  [[nodiscard]] int failures() const noexcept { return failures_; }

  /// Writes what has been collected. An output that takes nothing is nobody's error here.
  void flush() noexcept;

 private:
  std::string text_;
  int failures_ = 0;
};

/// A service's name as it is printed: to a terminal without what could make that do something, as ls(1) does,
/// to anything else as it is.
[[nodiscard]] std::string shown(std::string_view name);

/// Appends a service's state, looking up whether it is normally down.
void append_state(std::string& out, std::string_view name, sys::SuperviseClient& client,
                  const core::StatusRecord& record);

}  // namespace runvisor::sv
