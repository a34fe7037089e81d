#pragma once

#include <sys/types.h>

#include "core/init_machine.hpp"
#include "sys/fd.hpp"
#include "sys/result.hpp"

namespace runvisor::sys {

/// What the first process alone does, to the machine as a whole. Apart from System, and an interface, so that
/// a test never comes near the real thing.
class MachineControl {
 public:
  MachineControl() = default;
  MachineControl(const MachineControl&) = delete;
  MachineControl& operator=(const MachineControl&) = delete;
  virtual ~MachineControl() = default;

  /// Becomes the leader of a session, which has no controlling terminal.
  virtual void lead_session() = 0;
  /// Has the kernel report ctrl-alt-del as INT to process number 1, rather than restart the machine at once.
  virtual void take_ctrl_alt_del() = 0;

  /// Opens the console for reading and writing, not as the controlling terminal.
  [[nodiscard]] virtual Result<Fd> open_console() = 0;
  /// Opens the console for writing, and makes it standard error; standard input and output as well if
  /// `all`. It is opened anew each time, because who logs in there may hang it up.
  [[nodiscard]] virtual Result<void> write_to_console(bool all) = 0;

  /// Sends KILL to every other process.
  virtual void kill_everything() = 0;
  /// Starts a child that writes all file systems to their disks, if `sync`, and makes the request. Its end
  /// tells that the request has failed.
  [[nodiscard]] virtual Result<pid_t> request_power(core::PowerRequest request, bool sync) = 0;
};

/// The real one. To any process but number 1 it does nothing, and fails with EPERM.
[[nodiscard]] MachineControl& machine_control() noexcept;

}  // namespace runvisor::sys
