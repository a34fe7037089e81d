#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "log/pattern.hpp"

namespace runvisor::log {

/// Where lines are sent by UDP.
struct Endpoint {
  /// In network byte order; of an IPv4 address the first four bytes.
  std::array<std::uint8_t, 16> address{};
  bool ipv6 = false;
  std::uint16_t port = 0;

  friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

/// What a log directory's `config` tells.
struct Config {
  /// Size in bytes at which `current` is rotated; 0 for never.
  std::uint64_t size = 1'000'000;
  /// How many old files are kept; 0 for all.
  std::uint64_t keep = 10;
  /// How many old files are kept when the file system is full.
  std::uint64_t keep_when_full = 10;
  /// Age at which `current` is rotated; 0 for never.
  std::chrono::seconds max_age{0};
  /// What `sh -c` is given to process old files; empty for none.
  std::string processor;
  std::string prefix;
  Selection selection;
  /// Where lines are sent as well, or, with `only_remote`, instead.
  std::optional<Endpoint> remote;
  bool only_remote = false;
  /// What could not be read, as diagnostics without the program's name.
  std::vector<std::string> warnings;
};

/// Reads a `config` file's text. A line that is empty, begins with `#`, or with a letter that has no meaning
/// is passed over; of several lines with the same meaning the last one counts. Source: svlogd(8) and the
/// behaviour of runit 2.1.2; addresses in brackets (IPv6) are our own.
[[nodiscard]] Config parse_config(std::string_view text);

/// `a.b.c.d`, `a.b.c.d:port`, `[v6]` or `[v6]:port`; the port is 514 unless given. On failure the address is
/// none, and `warning` says why.
[[nodiscard]] std::optional<Endpoint> parse_endpoint(std::string_view text, std::string& warning);

}  // namespace runvisor::log
