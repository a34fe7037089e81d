#pragma once

#include <functional>
#include <optional>

#include "core/process_machine.hpp"
#include "core/process_record.hpp"
#include "event/loop.hpp"
#include "service/supervise_directory.hpp"
#include "sys/fd.hpp"
#include "sys/result.hpp"
#include "sys/system.hpp"

namespace runvisor::service {

/// What an earlier supervisor of this machine, killed say, has left of one of its processes.
struct Inheritance {
  core::ProcessRecord record;
  /// The process, as a pidfd. Without one it has ended, or there was none: only what was wanted of it counts
  /// on.
  sys::Fd process;
};

/// None if nothing is left that may be believed. An error: there may be something, and it cannot be known.
[[nodiscard]] sys::Result<std::optional<Inheritance>> find_inheritance(sys::System& system,
                                                                       SuperviseDirectory& supervise,
                                                                       core::Role role);

/// How the end of a process is told that nobody can know: CODE and STATUS as no end is.
inline constexpr int kUnknownCode = -1;
inline constexpr int kUnknownStatus = 0;

/// A process that another supervisor has started: it is no child of this one.
class AdoptedProcess {
 public:
  /// `ended` is called once, from the loop; this must outlive the call.
  AdoptedProcess(sys::System& system, event::Loop& loop, pid_t pid, sys::Fd process,
                 std::function<void(const core::ChildEnd&)> ended);

  /// Waits for its end.
  void watch();
  void send_signal(int signal);
  [[nodiscard]] pid_t pid() const noexcept { return pid_; }
  [[nodiscard]] bool has_ended() const noexcept { return has_ended_; }

 private:
  void look();

  sys::System& system_;
  pid_t pid_;
  event::Readable process_;
  /// Between its end and its being collected by its parent.
  event::Timer look_again_;
  int looks_ = 0;
  bool has_ended_ = false;
  std::function<void(const core::ChildEnd&)> ended_;
};

}  // namespace runvisor::service
