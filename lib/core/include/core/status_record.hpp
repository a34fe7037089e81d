#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "core/time.hpp"

namespace runvisor::core {

/// Which of its programs a service is running, as published.
enum class State : std::uint8_t { down = 0, run = 1, finish = 2 };

/// What runsv has been told to make of a service.
enum class Want : std::uint8_t { up, down, exit };

/// What runsv publishes about one supervised process.
struct StatusRecord {
  /// Start of the current state: `run` was started, or the service went down. `finish` does not change it.
  WallTime since{};
  /// Process id of `run` or `finish`, 0 for none.
  std::uint32_t pid = 0;
  /// STOP was sent, and neither CONT nor the process's end came after it.
  bool paused = false;
  /// TERM was sent and the process has not ended.
  bool got_term = false;
  Want want = Want::up;
  State state = State::down;

  friend bool operator==(const StatusRecord&, const StatusRecord&) = default;
};

inline constexpr std::size_t kStatusSize = 20;
using StatusBytes = std::array<std::byte, kStatusSize>;

/// Packs a record into runit's 20-byte `supervise/status` layout.
/// Layout: 8 bytes TAI64 seconds (2^62 + 10 + Unix seconds), big-endian; 4 bytes nanoseconds, big-endian;
/// pid, 4 bytes, little-endian; paused 0 or 1; want `u` or `d` (want exit also reads `d`); got-TERM 0 or 1;
/// state 0 down, 1 run, 2 finish. Source: status files written by runit 2.1.2.
[[nodiscard]] StatusBytes pack(const StatusRecord& record) noexcept;

/// Reads a `supervise/status` file's content. None unless there are exactly 20 bytes and the state and want
/// bytes hold values that runsv writes. Want exit cannot be told from want down: it reads as `Want::down`.
[[nodiscard]] std::optional<StatusRecord> unpack(std::span<const std::byte> bytes) noexcept;

/// The line of `supervise/stat`, newline included: `down`, `run` or `finish`, then `, paused`, `, got TERM`
/// and, when not down, `, want down` or `, want exit`. Source: stat files written by runit 2.1.2.
[[nodiscard]] std::string stat_line(const StatusRecord& record);

/// The content of `supervise/pid`: the pid and a newline, empty when there is none.
[[nodiscard]] std::string pid_line(const StatusRecord& record);

}  // namespace runvisor::core
