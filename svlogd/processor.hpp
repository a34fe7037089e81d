#pragma once

#include <chrono>
#include <deque>
#include <optional>
#include <string>

#include "core/time.hpp"
#include "log/old_files.hpp"
#include "reporter.hpp"
#include "sys/system.hpp"

namespace runvisor::svlogd {

/// Feeds a log directory's unprocessed files to the processor, one after the other, in the background. A file
/// that could not be processed is tried again, after a pause that grows.
///
/// `@label.u` becomes `@label.t`, which becomes `@label.s`; then `newstate` becomes `state`; then `@label.u`
/// is removed. So wherever this is interrupted, what is left tells how to go on: a `.u` beside its `.s` has
/// been processed.
class Processor {
 public:
  /// `name`: the log directory's, for diagnostics. `child_mask`: the signal mask of processors.
  Processor(sys::System& system, Reporter& reporter, std::string name, const sigset_t& child_mask)
      : system_(system), reporter_(reporter), name_(std::move(name)), child_mask_(child_mask) {}

  /// What is in the directory at the start, or after it has been opened again. `command` may be empty:
  /// nothing is processed then.
  void configure(int directory, std::string command, const log::OldFiles& files);

  /// A further file to be processed.
  void add(std::string label) { waiting_.push_back(std::move(label)); }

  /// Starts what is due.
  void proceed(core::SteadyTime now);

  /// Told of every child that has ended. False if it was none of this one's.
  bool child_ended(const core::ChildEnd& end, core::SteadyTime now);

  [[nodiscard]] bool wanted() const noexcept { return !command_.empty(); }
  [[nodiscard]] bool running() const noexcept { return pid_ != 0; }
  /// Files that are still to be processed, the one in work included.
  [[nodiscard]] std::size_t backlog() const noexcept { return waiting_.size(); }
  /// The label of the file in work; empty for none.
  [[nodiscard]] std::string_view in_work() const noexcept {
    return running() ? std::string_view{label_} : std::string_view{};
  }
  /// How often in a row the file in work has failed.
  [[nodiscard]] int failures() const noexcept { return failures_; }
  /// When the next try is due; none if nothing waits for time to pass.
  [[nodiscard]] std::optional<core::SteadyTime> next_try() const noexcept;

 private:
  [[nodiscard]] bool start();
  [[nodiscard]] sys::Result<sys::Fd> make_anew(const std::string& name);
  [[nodiscard]] bool finish(const std::string& label);
  void fail(core::SteadyTime now);
  /// The file in work is done with.
  void forget();

  sys::System& system_;
  Reporter& reporter_;
  std::string name_;
  const sigset_t& child_mask_;
  int directory_ = -1;
  std::string command_;
  /// Labels of unprocessed files, oldest first.
  std::deque<std::string> waiting_;
  std::string label_;
  pid_t pid_ = 0;
  /// The processor has done its work on the first file, but that could not be completed.
  bool finishing_ = false;
  int failures_ = 0;
  core::SteadyTime due_{};
};

}  // namespace runvisor::svlogd
