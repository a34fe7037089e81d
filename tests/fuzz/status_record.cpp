// Fuzzes the reading of status files, whatever they hold.

#include "core/status_record.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "require.hpp"

namespace runvisor::fuzz {
namespace {

constexpr std::size_t kNanosecondsAt = 8;
constexpr std::size_t kPausedAt = 16;
constexpr std::size_t kTermAt = 18;

/// Whether runsv could have written it: flags of 0 or 1, and less than a second of nanoseconds.
bool is_canonical(std::span<const std::byte> bytes) {
  std::uint32_t nanoseconds = 0;
  for (const std::byte byte : bytes.subspan(kNanosecondsAt, 4)) {
    nanoseconds = nanoseconds << 8 | std::to_integer<std::uint32_t>(byte);
  }
  return nanoseconds < 1'000'000'000 && bytes[kPausedAt] <= std::byte{1} && bytes[kTermAt] <= std::byte{1};
}

void read(std::span<const std::byte> bytes) {
  const auto record = core::unpack(bytes);
  require(!record || bytes.size() == core::kStatusSize, "only a file of the right size is read");
  if (!record) return;
  const core::StatusBytes packed = core::pack(*record);
  require(core::unpack(packed) == record, "what has been packed reads as the same record");
  require(!is_canonical(bytes) || std::equal(bytes.begin(), bytes.end(), packed.begin()),
          "what runsv could have written is packed into the same bytes");
  require(core::stat_line(*record).ends_with('\n'), "stat is one line");
  require(core::pid_line(*record).empty() == (record->pid == 0), "pid is empty without a process");
}

}  // namespace
}  // namespace runvisor::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  runvisor::fuzz::read(std::as_bytes(std::span{data, size}));
  return 0;
}
