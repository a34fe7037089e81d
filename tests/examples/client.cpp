#include "client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <random>
#include <system_error>

namespace runvisor::testing {

namespace {

constexpr timeval kPatience{.tv_sec = 5, .tv_usec = 0};

/// A TCP socket that is closed at the end.
class Socket {
 public:
  Socket() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    if (fd_ < 0) {
      throw std::system_error(errno, std::generic_category(), "socket");
    }
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof kPatience);
    ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &kPatience, sizeof kPatience);
  }
  ~Socket() { ::close(fd_); }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  [[nodiscard]] bool bind(std::uint16_t port) const {
    const sockaddr_in address = loopback(port);
    return ::bind(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  }
  [[nodiscard]] bool connect(std::uint16_t port) const {
    const sockaddr_in address = loopback(port);
    return ::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  }
  [[nodiscard]] bool send(std::string_view bytes) const {
    return ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size());
  }
  /// Appends what has arrived: the number of bytes, 0 at the end, negative for an error.
  ssize_t receive(std::string& bytes) const {
    char buffer[4096];
    const ssize_t got = ::recv(fd_, buffer, sizeof buffer, 0);
    if (got > 0) {
      bytes.append(buffer, static_cast<std::size_t>(got));
    }
    return got;
  }

 private:
  static sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
  }

  int fd_;
};

}  // namespace

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
  std::string answer;
  while (end.empty() || !std::string_view(answer).ends_with(end)) {
    const ssize_t got = socket.receive(answer);
    if (got < 0 || (got == 0 && !end.empty())) {
      return std::nullopt;
    }
    if (got == 0) {
      break;
    }
  }
  return answer;
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
