#pragma once

#include <string>
#include <string_view>

#include "core/time.hpp"
#include "log/old_files.hpp"
#include "log/rotation.hpp"
#include "sys/system.hpp"

namespace runvisor::svlogd {

/// Why something could not be done, and what.
struct Trouble {
  std::string_view what;
  sys::Error error;
};
using Outcome = std::optional<Trouble>;

/// The file `current` of a log directory.
class CurrentFile {
 public:
  explicit CurrentFile(sys::System& system) noexcept : system_(system) {}

  /// Takes on the file that is there, or makes one. One that was not closed cleanly is renamed first: it
  /// becomes an unprocessed old file. In an untrusted directory (sys::is_untrusted) so does what no svlogd of
  /// this user has left there.
  [[nodiscard]] Outcome open(int directory, bool untrusted, core::WallTime now);

  /// Writes the beginning of `text` and returns its length.
  [[nodiscard]] sys::Result<std::size_t> write(std::string_view text);

  /// Makes it safe and marks it as complete; again, after a failure, from where that came.
  [[nodiscard]] Outcome seal();

  /// Seals it, gives it its name as an old file, and makes a new one. Can be repeated after a failure.
  [[nodiscard]] Outcome rotate(log::OldFileKind kind, core::WallTime now);

  /// Lets go of it as it is.
  void drop() noexcept { file_.reset(); }

  [[nodiscard]] bool is_open() const noexcept { return static_cast<bool>(file_); }
  /// Whether somebody has removed it.
  [[nodiscard]] bool removed();
  [[nodiscard]] const log::FileState& state() const noexcept { return state_; }

  /// What open() found: a file that is continued.
  [[nodiscard]] bool continued() const noexcept { return continued_; }
  /// The label of the file last renamed; empty if there is none.
  [[nodiscard]] const std::string& renamed() const noexcept { return renamed_; }

  /// No file gets an older label than this one from now on.
  void follow(std::string_view label);

 private:
  [[nodiscard]] Outcome make();
  [[nodiscard]] Outcome rename_to_old(log::OldFileKind kind, core::WallTime now);

  sys::System& system_;
  int directory_ = -1;
  bool untrusted_ = false;
  sys::Fd file_;
  bool sealed_ = false;
  log::FileState state_;
  bool continued_ = false;
  core::WallTime last_label_{};
  std::string renamed_;
};

}  // namespace runvisor::svlogd
