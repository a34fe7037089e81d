#pragma once

#include <string>
#include <string_view>

#include "sys/fd.hpp"
#include "sys/result.hpp"

namespace runvisor::sys {

/// Sends a descriptor with a message of at most 4096 bytes through a socket that keeps messages apart.
[[nodiscard]] Result<void> send_descriptor(int socket, std::string_view message, int descriptor) noexcept;

struct ReceivedDescriptor {
  std::string message;
  Fd descriptor;
};

/// Receives such a message; EPIPE when nobody is left to send one, EAGAIN for one without a descriptor. The
/// descriptor is close-on-exec.
[[nodiscard]] Result<ReceivedDescriptor> receive_descriptor(int socket);

}  // namespace runvisor::sys
