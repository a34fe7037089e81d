#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>

namespace runvisor::core {

/// What of a process can be limited, in the order in which chpst sets the limits.
enum class Resource : unsigned char {
  data,
  stack,
  locked_memory,
  address_space,
  open_files,
  processes,
  file_size,
  core_size,
  resident_memory,
  cpu_time,
};

inline constexpr std::array<Resource, 10> kResources{
    Resource::data,          Resource::stack,      Resource::locked_memory,
    Resource::address_space, Resource::open_files, Resource::processes,
    Resource::file_size,     Resource::core_size,  Resource::resident_memory,
    Resource::cpu_time};

/// No limit; the same number as the kernel's.
inline constexpr std::uint64_t kUnlimited = std::numeric_limits<std::uint64_t>::max();

/// A limit to be set: bytes, seconds of CPU time, or a number of things. None leaves as it is.
struct Limit {
  std::optional<std::uint64_t> soft;
  std::optional<std::uint64_t> hard;
};

/// One for each resource.
class Limits {
 public:
  [[nodiscard]] Limit& operator[](Resource resource) noexcept {
    return limits_[static_cast<std::size_t>(resource)];
  }
  [[nodiscard]] const Limit& operator[](Resource resource) const noexcept {
    return limits_[static_cast<std::size_t>(resource)];
  }

 private:
  std::array<Limit, kResources.size()> limits_{};
};

}  // namespace runvisor::core
