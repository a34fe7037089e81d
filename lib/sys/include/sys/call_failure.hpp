#pragma once

#include <optional>
#include <string_view>

#include "sys/result.hpp"

namespace runvisor::sys {

/// What could not be done, as a verb and its object (`setuid`, `set the umask`), and why.
struct CallFailure {
  std::string_view call;
  Error error{};
};

/// Nothing, or the failure of the one call among several that has gone wrong.
using Outcome = std::optional<CallFailure>;

/// The outcome of a call that returns -1 on failure.
[[nodiscard]] inline Outcome outcome(std::string_view call, long returned) noexcept {
  if (returned == -1) return CallFailure{call, last_error()};
  return std::nullopt;
}

}  // namespace runvisor::sys
