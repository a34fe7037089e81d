#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "sys/fd.hpp"
#include "sys/result.hpp"

namespace runvisor::sys {

/// Sends datagrams to one address by UDP.
class DatagramSocket {
 public:
  /// `address` in network byte order; of an IPv4 address the first four bytes.
  DatagramSocket(const std::array<std::uint8_t, 16>& address, bool ipv6, std::uint16_t port) noexcept;

  /// Opens the socket, unless that has been done.
  [[nodiscard]] Result<void> open() noexcept;

  /// Sends some of the messages, the first ones, and returns how many; the error is that of the first.
  [[nodiscard]] Result<std::size_t> send(std::span<const std::string_view> messages) noexcept;

 private:
  /// The address as the kernel takes it.
  alignas(8) std::array<char, 28> address_{};
  unsigned address_size_ = 0;
  int family_ = 0;
  Fd socket_;
};

}  // namespace runvisor::sys
