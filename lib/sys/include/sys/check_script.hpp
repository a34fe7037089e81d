#pragma once

#include <sys/types.h>

#include <optional>

#include "sys/fd.hpp"
#include "sys/result.hpp"

namespace runvisor::sys {

/// A running `./check` of a service. It is a process group of its own, with standard output closed, standard
/// input and error as the caller's, and default signal handling. Destroying it kills the whole group.
class CheckScript {
 public:
  /// Starts `check` in `directory`. Fails if it cannot be executed.
  [[nodiscard]] static Result<CheckScript> start(int directory) noexcept;

  CheckScript(CheckScript&& other) noexcept;
  CheckScript& operator=(CheckScript&& other) noexcept;
  ~CheckScript() { end(); }

  /// Becomes readable when the script has ended; -1 where the kernel cannot tell, so ask passed() now and
  /// then.
  [[nodiscard]] int descriptor() const noexcept { return pidfd_.get(); }

  /// Whether the script has ended with exit status 0; none while it runs.
  [[nodiscard]] std::optional<bool> passed() noexcept;

 private:
  explicit CheckScript(pid_t pid) noexcept;
  void end() noexcept;

  /// 0 once it has been collected.
  pid_t pid_ = 0;
  Fd pidfd_;
};

}  // namespace runvisor::sys
