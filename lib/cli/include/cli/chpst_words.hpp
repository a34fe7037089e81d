#pragma once

#include <optional>
#include <string_view>

#include "core/limit.hpp"

namespace runvisor::cli {

/// The kernel's classes of input and output, and the level within one: 0, the first to be served, to 7.
/// Source: ioprio_set(2).
struct IoPriority {
  enum class Class : unsigned char { realtime = 1, best_effort = 2, idle = 3 };
  Class io_class = Class::best_effort;
  int level = 4;

  friend bool operator==(const IoPriority&, const IoPriority&) = default;
};

/// How the kernel schedules a process; `fifo` and `round_robin` have a priority from 1 to 99, the others 0.
/// Source: sched(7).
struct Scheduling {
  enum class Policy : unsigned char { other, batch, idle, fifo, round_robin };
  Policy policy = Policy::other;
  int priority = 0;

  friend bool operator==(const Scheduling&, const Scheduling&) = default;
};

/// `rt`, `best-effort` or `idle`, and `:LEVEL` behind it if wanted.
[[nodiscard]] std::optional<IoPriority> parse_io_priority(std::string_view text) noexcept;

/// `other`, `batch`, `idle`, `fifo:PRIORITY` or `rr:PRIORITY`.
[[nodiscard]] std::optional<Scheduling> parse_scheduling(std::string_view text) noexcept;

/// An octal number up to 777.
[[nodiscard]] std::optional<unsigned> parse_file_mode_mask(std::string_view text) noexcept;

/// A number from -1000 to 1000.
[[nodiscard]] std::optional<int> parse_oom_score(std::string_view text) noexcept;

/// A limit as chpst takes it: `SOFT`, `SOFT:`, `SOFT:HARD`, `:HARD` or `+BOTH`, where `unlimited`, `infinity`
/// and `=` are no limit. Without a colon or a plus sign, an empty text is 0 as in runit.
[[nodiscard]] std::optional<core::Limit> parse_limit(std::string_view text) noexcept;

/// A soft limit as softlimit takes it: a number, or `=` for the hard limit.
[[nodiscard]] std::optional<core::Limit> parse_soft_limit(std::string_view text) noexcept;

}  // namespace runvisor::cli
