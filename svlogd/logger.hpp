#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/svlogd_command_line.hpp"
#include "log/formatter.hpp"
#include "log/intake.hpp"
#include "log_directory.hpp"
#include "reporter.hpp"
#include "signal_queue.hpp"
#include "sys/system.hpp"

namespace runvisor::svlogd {

/// Reads standard input and writes it to log directories, until the input or a signal ends that.
class Logger {
 public:
  Logger(sys::System& system, const cli::SvlogdInvocation& invocation);

  /// Returns the exit status.
  [[nodiscard]] int run();

 private:
  /// Why no more is read.
  enum class End : std::uint8_t { none, input, signal };

  [[nodiscard]] bool open_logs();
  void close_logs();
  void wait();
  void receive_signals();
  void reap();
  void read_input();
  [[nodiscard]] bool read_some(std::size_t most);
  void hand_out(std::string_view text, std::size_t held);
  void drain();
  void complete_line();
  void finish_input();
  [[nodiscard]] bool drained() const;
  [[nodiscard]] bool finished();
  void write_alerts();

  sys::System& system_;
  Reporter reporter_;
  Settings settings_;
  SignalQueue signals_;
  log::Intake intake_;
  std::optional<log::Replacement> replacement_;
  std::vector<std::unique_ptr<LogDirectory>> logs_;
  log::Alerts alerts_;
  core::Now now_{};
  core::WallTime last_time_{};
  /// When the beginning of the line was read that is held back.
  core::WallTime held_since_{};
  End end_ = End::none;
  bool input_finished_ = false;
  bool failed_ = false;
};

}  // namespace runvisor::svlogd
