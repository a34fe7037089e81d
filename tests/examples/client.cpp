#include "client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <random>
#include <system_error>
#include <utility>

namespace runvisor::testing {

namespace {

constexpr timeval kPatience{.tv_sec = 5, .tv_usec = 0};

int checked(int returned, const char* what) {
  if (returned < 0) {
    throw std::system_error(errno, std::generic_category(), what);
  }
  return returned;
}

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

}  // namespace

Socket::Socket(int type) : Socket(Owned{checked(::socket(AF_INET, type | SOCK_CLOEXEC, 0), "socket")}) {}

Socket::Socket(Owned owned) : fd_(owned.fd) {
  ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof kPatience);
  ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &kPatience, sizeof kPatience);
}

Socket::~Socket() {
  if (fd_ >= 0) {
    ::close(fd_);
  }
}

Socket::Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

bool Socket::bind(std::uint16_t port) const {
  const sockaddr_in address = loopback(port);
  return ::bind(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

std::uint16_t Socket::port() const {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  checked(::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size), "getsockname");
  return ntohs(address.sin_port);
}

bool Socket::connect(std::uint16_t port) const {
  const sockaddr_in address = loopback(port);
  return ::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

bool Socket::send(std::string_view bytes) const {
  return ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size());
}

std::optional<std::string> Socket::receive(std::string_view end) const {
  std::string received;
  char buffer[4096];
  while (end.empty() || !received.ends_with(end)) {
    const ssize_t got = ::recv(fd_, buffer, sizeof buffer, 0);
    if (got < 0 || (got == 0 && !end.empty())) {
      return std::nullopt;
    }
    if (got == 0) {
      break;
    }
    received.append(buffer, static_cast<std::size_t>(got));
  }
  return received;
}

Server::Server() {
  if (!socket_.bind(0)) {
    throw std::system_error(errno, std::generic_category(), "bind");
  }
  checked(::listen(socket_.fd_, 5), "listen");
}

Socket Server::accept() const {
  return Socket(Socket::Owned{checked(::accept4(socket_.fd_, nullptr, nullptr, SOCK_CLOEXEC), "accept")});
}

std::uint16_t free_port() {
  static std::random_device random;
  std::uniform_int_distribution<std::uint16_t> ports(10000, 32000);
  while (true) {
    const std::uint16_t port = ports(random);
    if (Socket().bind(port)) {
      return port;
    }
  }
}

std::optional<std::string> ask(std::uint16_t port, std::string_view request, std::string_view end) {
  const Socket socket;
  if (!socket.connect(port) || !socket.send(request)) {
    return std::nullopt;
  }
  return socket.receive(end);
}

std::optional<std::string> http_get(std::uint16_t port, std::string_view path) {
  return ask(port, "GET " + std::string(path) + " HTTP/1.0\r\n\r\n");
}

std::optional<std::string> redis(std::uint16_t port, std::initializer_list<std::string_view> words) {
  std::string request = "*" + std::to_string(words.size()) + "\r\n";
  for (const std::string_view word : words) {
    request += "$" + std::to_string(word.size()) + "\r\n" + std::string(word) + "\r\n";
  }
  return ask(port, request, "\r\n");
}

}  // namespace runvisor::testing
