#include "sys/limits.hpp"

#include <sys/resource.h>

#include <algorithm>

namespace runvisor::sys {
namespace {

static_assert(core::kUnlimited == RLIM_INFINITY);

/// An enumeration of glibc's, an int elsewhere.
using KernelName = decltype(RLIMIT_DATA);

KernelName kernel_name(core::Resource resource) noexcept {
  switch (resource) {
    case core::Resource::data:
      return RLIMIT_DATA;
    case core::Resource::stack:
      return RLIMIT_STACK;
    case core::Resource::locked_memory:
      return RLIMIT_MEMLOCK;
    case core::Resource::address_space:
      return RLIMIT_AS;
    case core::Resource::open_files:
      return RLIMIT_NOFILE;
    case core::Resource::processes:
      return RLIMIT_NPROC;
    case core::Resource::file_size:
      return RLIMIT_FSIZE;
    case core::Resource::core_size:
      return RLIMIT_CORE;
    case core::Resource::resident_memory:
      return RLIMIT_RSS;
    case core::Resource::cpu_time:
      return RLIMIT_CPU;
  }
  return RLIMIT_DATA;
}

}  // namespace

Outcome raise_hard_limit(core::Resource resource, std::uint64_t hard) noexcept {
  const KernelName name = kernel_name(resource);
  rlimit now{};
  if (auto failure = outcome("getrlimit()", ::getrlimit(name, &now))) return failure;
  if (hard <= now.rlim_max) return std::nullopt;
  now.rlim_max = hard;
  return outcome("setrlimit()", ::setrlimit(name, &now));
}

Outcome set_limit(core::Resource resource, const core::Limit& limit) noexcept {
  const KernelName name = kernel_name(resource);
  rlimit now{};
  if (auto failure = outcome("getrlimit()", ::getrlimit(name, &now))) return failure;
  if (limit.hard) now.rlim_max = *limit.hard;
  if (limit.soft) now.rlim_cur = *limit.soft;
  now.rlim_cur = std::min(now.rlim_cur, now.rlim_max);
  return outcome("setrlimit()", ::setrlimit(name, &now));
}

}  // namespace runvisor::sys
