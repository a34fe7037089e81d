#pragma once

#include <signal.h>
#include <sys/types.h>

#include <string>
#include <vector>

#include "sys/fd.hpp"
#include "sys/result.hpp"
#include "sys/system.hpp"

namespace runvisor::container_init {

/// The process that shows the output of services without a log service, by name. It is one of its own, so
/// that a reader of the container's output that does not read holds up nobody but the services.
///
/// The supervisor is started through the same program, which has it find another `runsv` in its PATH: that
/// one makes a pipe for the service's output, sends the other end here through a socket, and becomes the real
/// one.
class LogCollector {
 public:
  explicit LogCollector(sys::System& system);

  /// Starts the process. `format` is `text` or `json`.
  [[nodiscard]] sys::Result<pid_t> open(const char* format, const sigset_t& mask);

  /// What goes before the words that start the supervisor, and the descriptor that it needs then.
  [[nodiscard]] std::vector<const char*> prefix() const;
  [[nodiscard]] sys::Handover handover() const noexcept;
  /// The supervisor has been started. When it and all services have ended, so does the process.
  void started() noexcept { socket_ = {}; }

 private:
  sys::System& system_;
  /// Path of its program; empty if there is none.
  std::string program_;
  sys::Fd socket_;
};

}  // namespace runvisor::container_init
