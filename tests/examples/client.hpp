#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace runvisor::testing {

/// A TCP port of the loopback address on which nothing listens, below the range from which the kernel takes
/// ports for outgoing connections.
[[nodiscard]] std::uint16_t free_port();

/// A socket on the loopback address, closed at the end. Reading gives up after seconds.
class Socket {
 public:
  /// SOCK_STREAM for TCP, SOCK_DGRAM for UDP.
  explicit Socket(int type = SOCK_STREAM);
  ~Socket();
  Socket(Socket&& other) noexcept;
  Socket& operator=(Socket&&) = delete;

  [[nodiscard]] bool connect(std::uint16_t port) const;
  /// Takes a port; 0 for one that the kernel chooses.
  [[nodiscard]] bool bind(std::uint16_t port) const;
  /// The port that it has.
  [[nodiscard]] std::uint16_t port() const;
  [[nodiscard]] bool send(std::string_view bytes) const;
  /// Reads until what has come ends with `end` or, for an empty `end`, until the peer closes the connection;
  /// nothing if that does not happen.
  [[nodiscard]] std::optional<std::string> receive(std::string_view end = {}) const;

 private:
  friend class Server;
  struct Owned {
    int fd;
  };
  explicit Socket(Owned owned);

  int fd_;
};

/// A TCP server of the test's own, at a port that the kernel has chosen.
class Server {
 public:
  Server();

  [[nodiscard]] std::uint16_t port() const { return socket_.port(); }
  /// The next connection; throws std::system_error if there is none within seconds.
  [[nodiscard]] Socket accept() const;

 private:
  Socket socket_;
};

/// Connects to a port of the loopback address, sends `request` and reads until the answer ends with `end` or
/// the peer closes the connection. Nothing when there is nobody to connect to or no whole answer within
/// seconds.
[[nodiscard]] std::optional<std::string> ask(std::uint16_t port, std::string_view request,
                                             std::string_view end = {});

/// The answer to an HTTP request for `path`: status line, headers, body. Nothing if there is none.
[[nodiscard]] std::optional<std::string> http_get(std::uint16_t port, std::string_view path);

/// redis' answer to a command of these words, in RESP as it came.
[[nodiscard]] std::optional<std::string> redis(std::uint16_t port,
                                               std::initializer_list<std::string_view> words);

}  // namespace runvisor::testing
