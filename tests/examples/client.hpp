#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace runvisor::testing {

/// A TCP port of the loopback address on which nothing listens, below the range from which the kernel takes
/// ports for outgoing connections.
[[nodiscard]] std::uint16_t free_port();

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
