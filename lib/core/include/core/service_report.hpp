#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/status_record.hpp"

namespace runvisor::core {

/// Appends a service's state as sv prints it, without a newline: `run: NAME: (pid 123) 45s`,
/// `down: NAME: 3s, normally up`, and so on. `has_down_file` says that the directory holds a file `down`.
/// A record stamped in the future is 0 s old. Source: sv(8), and runit 2.1.2's output.
void append_state(std::string& out, std::string_view name, const StatusRecord& record, bool has_down_file,
                  WallTime now);

/// Where sv failed on the way to a service's runsv.
enum class Step : std::uint8_t {
  change_directory,
  change_log_directory,
  open_ok,
  open_status,
  read_status,
  /// The status file does not hold a status record.
  parse_status,
  open_control,
  write_control,
};

/// What kept sv from a service: the step, and its errno value.
struct Trouble {
  Step step = Step::change_directory;
  int error_number = 0;

  friend bool operator==(const Trouble&, const Trouble&) = default;
};

/// Whether the trouble is that no runsv has the FIFO open.
[[nodiscard]] bool is_runsv_gone(const Trouble& trouble) noexcept;

/// Whether it is told as `fail: ` (no such directory, no runsv) and not as `warning: ` (cannot tell).
[[nodiscard]] bool is_failure(const Trouble& trouble) noexcept;

/// Appends the trouble as sv tells it, without a newline: `fail: NAME: runsv not running`,
/// `warning: NAME: unable to open supervise/ok: access denied`, and so on.
void append_trouble(std::string& out, std::string_view name, const Trouble& trouble);

}  // namespace runvisor::core
