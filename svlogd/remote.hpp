#pragma once

#include <string>
#include <string_view>

#include "log/config.hpp"
#include "log/formatter.hpp"
#include "sys/datagram_socket.hpp"

namespace runvisor::svlogd {

/// Sends a log's lines by UDP.
class Remote {
 public:
  explicit Remote(const log::Endpoint& to) noexcept : socket_(to.address, to.ipv6, to.port) {}

  /// Sends all messages in `messages`. What cannot be sent is told in lines for the log, each beginning with
  /// a warning and `stamp`, appended to `failures`.
  void send(const log::Messages& messages, std::string& failures);

 private:
  sys::DatagramSocket socket_;
};

}  // namespace runvisor::svlogd
