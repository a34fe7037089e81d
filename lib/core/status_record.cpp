#include "core/status_record.hpp"

#include <fmt/compile.h>

#include <string_view>

namespace runvisor::core {
namespace {

/// TAI64 label of 1970-01-01 00:00:00 UTC, with the ten leap seconds that runit counts.
constexpr std::uint64_t kTaiOfUnixEpoch = (std::uint64_t{1} << 62) + 10;

constexpr std::size_t kSecondsAt = 0;
constexpr std::size_t kNanosecondsAt = 8;
constexpr std::size_t kPidAt = 12;
constexpr std::size_t kPausedAt = 16;
constexpr std::size_t kWantAt = 17;
constexpr std::size_t kTermAt = 18;
constexpr std::size_t kStateAt = 19;

void put_big_endian(std::span<std::byte> out, std::uint64_t value) noexcept {
  for (std::size_t i = out.size(); i-- > 0; value >>= 8) out[i] = static_cast<std::byte>(value & 0xff);
}

std::uint64_t get_big_endian(std::span<const std::byte> in) noexcept {
  std::uint64_t value = 0;
  for (const std::byte b : in) value = (value << 8) | std::to_integer<std::uint64_t>(b);
  return value;
}

}  // namespace

StatusBytes pack(const StatusRecord& record) noexcept {
  StatusBytes bytes{};
  const std::span<std::byte> out{bytes};
  const auto seconds = std::chrono::floor<std::chrono::seconds>(record.since);
  const auto nanoseconds = record.since - seconds;
  put_big_endian(out.subspan(kSecondsAt, 8),
                 kTaiOfUnixEpoch + static_cast<std::uint64_t>(seconds.time_since_epoch().count()));
  put_big_endian(out.subspan(kNanosecondsAt, 4), static_cast<std::uint64_t>(nanoseconds.count()));
  for (std::size_t i = 0; i < 4; ++i) {
    bytes.at(kPidAt + i) = static_cast<std::byte>((record.pid >> (8 * i)) & 0xff);
  }
  bytes[kPausedAt] = std::byte{record.paused};
  bytes[kWantAt] = static_cast<std::byte>(record.want == Want::up ? 'u' : 'd');
  bytes[kTermAt] = std::byte{record.got_term};
  bytes[kStateAt] = static_cast<std::byte>(record.state);
  return bytes;
}

std::optional<StatusRecord> unpack(std::span<const std::byte> bytes) noexcept {
  if (bytes.size() != kStatusSize) return std::nullopt;
  StatusRecord record;
  const std::uint64_t tai = get_big_endian(bytes.subspan(kSecondsAt, 8));
  const std::uint64_t nanoseconds = get_big_endian(bytes.subspan(kNanosecondsAt, 4));
  // Wraps for a label before 1970, as runit's own subtraction does; the cast keeps it defined.
  const auto seconds = static_cast<std::int64_t>(tai - kTaiOfUnixEpoch);
  // What WallTime can hold, less the four seconds that the nanoseconds' bytes can hold.
  constexpr std::int64_t kSecondsLimit = INT64_MAX / 1'000'000'000 - 5;
  if (seconds > kSecondsLimit || seconds < -kSecondsLimit) return std::nullopt;
  record.since = WallTime{std::chrono::seconds{seconds} + std::chrono::nanoseconds{nanoseconds}};
  for (std::size_t i = 4; i-- > 0;) {
    record.pid = (record.pid << 8) | std::to_integer<std::uint32_t>(bytes[kPidAt + i]);
  }
  record.paused = bytes[kPausedAt] != std::byte{0};
  record.got_term = bytes[kTermAt] != std::byte{0};
  switch (std::to_integer<char>(bytes[kWantAt])) {
    case 'u':
      record.want = Want::up;
      break;
    case 'd':
      record.want = Want::down;
      break;
    default:
      return std::nullopt;
  }
  if (std::to_integer<unsigned>(bytes[kStateAt]) > static_cast<unsigned>(State::finish)) return std::nullopt;
  record.state = static_cast<State>(bytes[kStateAt]);
  return record;
}

std::string stat_line(const StatusRecord& record) {
  std::string line;
  switch (record.state) {
    case State::down:
      line = "down";
      break;
    case State::run:
      line = "run";
      break;
    case State::finish:
      line = "finish";
      break;
  }
  if (record.paused) line += ", paused";
  if (record.got_term) line += ", got TERM";
  if (record.state != State::down) {
    switch (record.want) {
      case Want::up:
        break;
      case Want::down:
        line += ", want down";
        break;
      case Want::exit:
        line += ", want exit";
        break;
    }
  }
  line += '\n';
  return line;
}

std::string pid_line(const StatusRecord& record) {
  return record.pid == 0 ? std::string{} : fmt::format(FMT_COMPILE("{}\n"), record.pid);
}

}  // namespace runvisor::core
