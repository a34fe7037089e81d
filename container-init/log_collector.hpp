#pragma once

#include <signal.h>
#include <sys/types.h>

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "event/loop.hpp"
#include "event/signals.hpp"
#include "sys/fd.hpp"
#include "sys/result.hpp"
#include "sys/system.hpp"

namespace runvisor::container_init {

/// The process that shows the output of services without a log service, by name. It is one of its own, so
/// that a reader of the container's output that does not read holds up nobody but the services.
///
/// The supervisor is started through the same program, which has it find another `runsv` in its PATH: that
/// one makes a pipe for the service's output, sends the other end here through a socket, and becomes the real
/// one. Here it is kept, beside the copy that the process gets: should that be killed, the next one goes on
/// with what is in the pipes, and the services notice nothing.
class LogCollector final : private event::ChildObserver {
 public:
  /// `warn` is told what is wrong.
  LogCollector(sys::System& system, event::Loop& loop, event::Reaper& reaper,
               std::function<void(const std::string& what, sys::Error error)> warn);
  ~LogCollector();
  LogCollector(const LogCollector&) = delete;
  LogCollector& operator=(const LogCollector&) = delete;

  /// Starts the process. `format` is `text` or `json`; `mask` the signal mask for it.
  [[nodiscard]] sys::Result<void> open(const char* format, const sigset_t& mask);

  /// What goes before the words that start the supervisor, and the descriptor that it needs then.
  [[nodiscard]] std::vector<const char*> prefix() const;
  [[nodiscard]] sys::Handover handover() const noexcept;
  /// The supervisor has been started. When it and all services have ended, so does the process.
  void started() noexcept { for_supervisor_ = {}; }
  /// Everything is killed now: the process is not to come back.
  void abandon() noexcept { is_abandoned_ = true; }

 private:
  struct Stream {
    /// As its `runsv` has sent it.
    std::string message;
    sys::Fd pipe;
  };

  [[nodiscard]] sys::Result<void> start();
  void child_ended(const core::ChildEnd& end) override;
  void receive_stream();
  void receive_answer();
  void send_next();

  sys::System& system_;
  event::Loop& loop_;
  event::Reaper& reaper_;
  std::function<void(const std::string&, sys::Error)> warn_;
  /// Path of the process's program, and the format it is to write.
  std::string program_;
  const char* format_ = nullptr;
  sigset_t mask_{};
  /// The end of the socket that becomes the supervisor's, and the one that is read here, while anybody has
  /// the other.
  sys::Fd for_supervisor_;
  std::optional<event::Readable> from_services_;
  /// This end of the socket to the process.
  std::optional<event::Readable> process_;
  event::Timer restart_;
  core::SteadyTime last_start_{};
  /// The streams that have not ended, and those that the process is still to be given.
  std::map<std::uint32_t, Stream> streams_;
  std::deque<std::uint32_t> unsent_;
  std::uint32_t last_id_ = 0;
  /// The process waits for a stream. It gets one at a time, so that sending never blocks.
  bool is_ready_ = false;
  bool is_abandoned_ = false;
};

}  // namespace runvisor::container_init
