#pragma once

#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>

#include "core/scan_machine.hpp"
#include "event/loop.hpp"
#include "event/signals.hpp"
#include "newcomers.hpp"
#include "other_supervisors.hpp"
#include "path_watch.hpp"
#include "scan_directory.hpp"
#include "sys/system.hpp"
#include "title_log.hpp"

namespace runvisor::runsvdir {

/// Keeps one runsv for each service directory in a scan directory.
class Supervisor final : private event::TurnEnd, private event::ChildObserver {
 public:
  struct Options {
    std::string directory;
    /// Start each runsv in a session of its own.
    bool new_session = false;
    /// Memory of the argument that the log scrolls through, empty for none.
    std::span<char> log;
  };

  Supervisor(sys::System& system, Options options);

  /// Runs until a signal ends it; returns the exit status.
  [[nodiscard]] int run();

 private:
  void receive(int signal);
  void open_log();
  void open_watch();
  void warn_of_watch(std::optional<sys::Error> error);
  void open_mounts();
  void watched();
  void scan();
  void watch_entries(const std::vector<core::FoundDirectory>& found);
  void complain_about(const std::vector<Unusable>& unusable);
  void arrived(const std::string& name);
  void perform(const core::ScanMachine::Actions& actions);
  [[nodiscard]] sys::Result<pid_t> start(const std::string& name);
  void terminate(pid_t pid);
  [[nodiscard]] bool is_held(pid_t child);
  void leave(int status);
  void child_ended(const core::ChildEnd& end) override;
  void end_turn() override;
  void warn(const std::string& what, std::optional<sys::Error> error);

  sys::System& system_;
  Options options_;
  event::Loop loop_;
  event::Reaper reaper_;
  event::Signals signals_;
  core::ScanMachine machine_;
  ScanDirectory directory_;
  PathWatch watch_;
  std::optional<event::Readable> watch_readable_;
  /// Tells that something has been mounted, perhaps over the scan directory: inotify does not.
  std::optional<event::Readable> mounts_;
  Newcomers newcomers_;
  OtherSupervisors others_;
  event::Timer restart_;
  event::Timer rescan_;
  std::optional<TitleLog> log_;
  bool scan_due_ = true;
  /// Set when a signal has ended this.
  std::optional<int> exit_status_;
  /// What has been complained about already: the scan directory's error, names that cannot be used,
  /// no watch, forks.
  int directory_error_ = 0;
  std::set<std::string> unusable_;
  /// Whether one of them has to be looked at again, as nothing tells when it has become usable.
  bool some_unknown_ = false;
  bool watch_fails_ = false;
  bool fork_fails_ = false;
};

}  // namespace runvisor::runsvdir
