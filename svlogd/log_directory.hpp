#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/time.hpp"
#include "current_file.hpp"
#include "log/config.hpp"
#include "log/formatter.hpp"
#include "log/stamp.hpp"
#include "processor.hpp"
#include "remote.hpp"
#include "reporter.hpp"
#include "sys/system.hpp"

namespace runvisor::svlogd {

/// What holds for all log directories.
struct Settings {
  log::StampStyle stamps = log::StampStyle::none;
  std::size_t line_size = 1000;
  sigset_t child_mask{};
};

/// One log directory: writes what it is given into `current`, rotates, keeps the number of old files, and has
/// them processed. What cannot be written for now stays, and is tried again.
class LogDirectory {
 public:
  LogDirectory(sys::System& system, Reporter& reporter, const Settings& settings, std::string name);

  /// Opens and locks the directory, reads its `config` and opens `current`; false, after a warning, if the
  /// directory cannot be used. Not being able to open `current` is not such a failure; it is tried again.
  [[nodiscard]] bool open(const core::Now& now);
  [[nodiscard]] bool is_open() const noexcept { return open_; }

  /// Seals `current` and closes everything. What has been taken and not written stays for the next open(),
  /// but not if that fails.
  void close();

  /// Input, and the stamp for the lines in it.
  struct Stamped {
    std::string_view text;
    std::string_view stamp;
  };

  /// Takes what has been read, a first line with a stamp of its own and the rest; only when drained. The
  /// texts must stay as they are until it is drained again, and be adjacent.
  void take(const Stamped& first, const Stamped& rest);

  /// Writes what has been taken. False if some of it must wait; alerts are appended to `alerts`.
  bool drain(const core::Now& now, log::Alerts& alerts);
  [[nodiscard]] bool drained() const noexcept {
    return first_.empty() && rest_.empty() && pending_.empty() && notes_.empty() && !must_rotate_;
  }

  /// Rotates `current`, if there is something in it, once its last line is complete.
  void request_rotation() noexcept { rotation_requested_ = true; }

  /// What is due at this time.
  void proceed(const core::Now& now, log::Alerts& alerts);
  /// When proceed() should be called; none if nothing waits for time to pass.
  [[nodiscard]] std::optional<core::SteadyTime> next_time() const;

  /// Told of every child that has ended. False if it was none of this one's.
  bool child_ended(const core::ChildEnd& end, const core::Now& now);
  [[nodiscard]] const Processor& processor() const noexcept { return processor_; }
  [[nodiscard]] const std::string& name() const noexcept { return name_; }

 private:
  [[nodiscard]] Outcome acquire();
  [[nodiscard]] sys::Result<sys::Fd> open_config();
  void read_config();
  [[nodiscard]] bool open_current(const core::Now& now);
  [[nodiscard]] bool present(const core::Now& now);
  void abandon();
  [[nodiscard]] bool refill(log::Alerts& alerts);
  void format(log::Alerts& alerts);
  [[nodiscard]] bool rotate(const core::Now& now);
  [[nodiscard]] std::optional<log::OldFiles> old_files(std::string_view wanted_for);
  void take_stock();
  void remove_surplus();
  [[nodiscard]] bool make_room();
  [[nodiscard]] bool remove_old(const std::string& name);
  [[nodiscard]] bool write_failed(const core::Now& now, sys::Error error);
  bool pause(const core::Now& now, std::string_view what, std::optional<sys::Error> error);

  sys::System& system_;
  Reporter& reporter_;
  const Settings& settings_;
  std::string name_;
  bool open_ = false;
  /// None while the directory has gone.
  sys::Fd directory_;
  /// Others may write in it (sys::is_untrusted).
  bool untrusted_ = false;
  sys::Fd lock_;
  log::Config config_;
  std::optional<log::Formatter> formatter_;
  std::optional<Remote> remote_;
  CurrentFile current_;
  Processor processor_;

  /// What has been taken and not formatted.
  std::string_view first_;
  std::string_view rest_;
  std::string first_stamp_;
  std::string stamp_;
  /// What has been formatted and not written: part of what was taken, of `block_`, or `written_notes_`.
  std::string_view pending_;
  std::unique_ptr<char[]> block_;
  std::size_t block_size_ = 0;
  log::Messages messages_;
  /// What the log itself is told, about messages that could not be sent.
  std::string notes_;
  std::string written_notes_;

  bool must_rotate_ = false;
  bool rotation_requested_ = false;
  std::optional<core::SteadyTime> old_at_;
  /// Set while something is tried again and again: when next, and what has been said about it.
  std::optional<core::SteadyTime> retry_at_;
  std::string complaint_;
};

}  // namespace runvisor::svlogd
