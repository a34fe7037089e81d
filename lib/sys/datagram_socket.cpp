#include "sys/datagram_socket.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <cstring>

namespace runvisor::sys {

DatagramSocket::DatagramSocket(const std::array<std::uint8_t, 16>& address, bool ipv6,
                               std::uint16_t port) noexcept {
  static_assert(sizeof address_ >= sizeof(sockaddr_in6) && sizeof address_ >= sizeof(sockaddr_in));
  if (ipv6) {
    sockaddr_in6 to{};
    to.sin6_family = AF_INET6;
    to.sin6_port = htons(port);
    std::memcpy(&to.sin6_addr, address.data(), sizeof to.sin6_addr);
    std::memcpy(address_.data(), &to, sizeof to);
    address_size_ = sizeof to;
    family_ = AF_INET6;
  } else {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    std::memcpy(&to.sin_addr, address.data(), sizeof to.sin_addr);
    std::memcpy(address_.data(), &to, sizeof to);
    address_size_ = sizeof to;
    family_ = AF_INET;
  }
}

Result<void> DatagramSocket::open() noexcept {
  if (socket_) return {};
  socket_.reset(::socket(family_, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!socket_) return last_error();
  return {};
}

Result<std::size_t> DatagramSocket::send(std::span<const std::string_view> messages) noexcept {
  constexpr std::size_t kAtOnce = 64;
  const std::size_t count = std::min(messages.size(), kAtOnce);
  std::array<iovec, kAtOnce> parts;
  std::array<mmsghdr, kAtOnce> headers;
  for (std::size_t i = 0; i < count; ++i) {
    // The kernel only reads what is sent.
    parts[i] = {const_cast<char*>(messages[i].data()), messages[i].size()};
    headers[i] = {};
    headers[i].msg_hdr.msg_name = address_.data();
    headers[i].msg_hdr.msg_namelen = address_size_;
    headers[i].msg_hdr.msg_iov = &parts[i];
    headers[i].msg_hdr.msg_iovlen = 1;
  }
  int sent = 0;
  do {
    sent = ::sendmmsg(socket_.get(), headers.data(), static_cast<unsigned>(count), MSG_NOSIGNAL);
  } while (sent == -1 && errno == EINTR);
  if (sent == -1) return last_error();
  return static_cast<std::size_t>(sent);
}

}  // namespace runvisor::sys
