#pragma once

#include <optional>
#include <string>

#include "core/end_record.hpp"
#include "core/process_record.hpp"
#include "core/status_record.hpp"
#include "sys/fd.hpp"
#include "sys/result.hpp"
#include "sys/system.hpp"

namespace runvisor::service {

/// What could not be done, in runit's words, and why where the system gave a reason.
struct Failure {
  std::string what;
  std::optional<sys::Error> error;

  /// "WHAT: ERROR", or "WHAT" alone.
  [[nodiscard]] std::string text() const;
};

/// A `supervise/` directory that this process holds: its lock, control and ok FIFOs, and the files that tell
/// the world about the process. Every file is reached through the directory's descriptor.
class SuperviseDirectory {
 public:
  /// `path` is `supervise` or `log/supervise`, relative to the service directory `base`.
  SuperviseDirectory(sys::System& system, int base, std::string path);
  SuperviseDirectory(const SuperviseDirectory&) = delete;
  SuperviseDirectory& operator=(const SuperviseDirectory&) = delete;

  /// Makes the directory if need be (where `path` is a symlink, its target) and locks it. With
  /// `waiting`, waits for another holder to go away, this being the signal mask meanwhile. Nothing is changed
  /// in a directory that another process holds.
  [[nodiscard]] std::optional<Failure> claim(const sigset_t* waiting);
  /// Makes and opens the control FIFO and removes what a killed predecessor may have left half-written.
  [[nodiscard]] std::optional<Failure> open_control();
  /// Makes and opens the ok FIFO, under another name that no client looks for. One from an earlier life,
  /// whose owner and mode are to be kept, is left alone.
  [[nodiscard]] std::optional<Failure> prepare_ok();
  /// Whether prepare_ok() has made it.
  [[nodiscard]] bool ok_prepared() const noexcept { return ok_.get() != -1; }
  /// Puts the ok FIFO in its place, or opens the one that is there: from now on clients see a supervisor.
  [[nodiscard]] std::optional<Failure> show();
  /// Whether show() has succeeded.
  [[nodiscard]] bool shown() const noexcept { return shown_; }

  /// The control FIFO, given away once. It never reads EOF.
  [[nodiscard]] sys::Fd take_control() noexcept { return std::move(control_); }

  /// Brings `status`, `stat` and `pid` up to date, each replaced as a whole and only if its content changes,
  /// or for `stat` if the state is a new one of the same name. With `pid_from_start` false, `pid` is not made
  /// before there is a pid, as runit does for a log service. Tries all three; the first failure is returned,
  /// and what failed is written at the next call.
  [[nodiscard]] std::optional<Failure> publish(const core::StatusRecord& record, bool pid_from_start);

  /// Leaves how `run` has ended in `lock`, as far as that can be done.
  void record_end(const core::EndRecord& record);
  /// Leaves a process in `lock` for a later supervisor.
  [[nodiscard]] sys::Result<void> record_process(const core::ProcessRecord& record);
  /// What an earlier supervisor has left in `lock`; none if anybody but this process's user may have written
  /// it. An error: it could not be read.
  [[nodiscard]] sys::Result<std::optional<core::ProcessRecord>> left_behind();
  /// Takes the files that tell of `record` already for written, so that their times stay.
  void recognise(const core::StatusRecord& record);

 private:
  /// A published file and what stands in it, as far as this process has written it.
  struct File {
    const char* name;
    const char* new_name;
    std::string content;
    bool written = false;
  };

  void make_directory();
  [[nodiscard]] std::optional<Failure> open_fifo(const char* name, const char* verb, int flags, sys::Fd& fd);
  void recognise(File& file, std::string_view content);
  [[nodiscard]] std::optional<Failure> bring_up_to_date(File& file, std::string_view content);
  [[nodiscard]] std::optional<Failure> replace(const File& file, std::string_view content);
  [[nodiscard]] Failure no_fifo(const char* name) const;
  [[nodiscard]] Failure failure(const char* verb, const char* name, sys::Error error) const;

  sys::System& system_;
  int base_;
  std::string path_;
  /// The directory was made by this process: nothing can be in it that was not put there since.
  bool fresh_ = false;
  /// Others may write in it: no symlink is followed there, and everything has to be what it is said to be.
  bool untrusted_ = false;
  bool shown_ = false;
  sys::Fd directory_;
  sys::Fd lock_;
  sys::Fd control_;
  sys::Fd ok_;
  File status_{"status", "status.new", {}};
  File stat_{"stat", "stat.new", {}};
  /// The start of the state that `stat` tells of.
  core::WallTime stat_since_{};
  File pid_{"pid", "pid.new", {}};
};

}  // namespace runvisor::service
