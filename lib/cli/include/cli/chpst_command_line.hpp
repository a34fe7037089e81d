#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "cli/chpst_words.hpp"
#include "core/capability.hpp"
#include "core/limit.hpp"

namespace runvisor::cli {

/// An account to be looked up: as chpst names it, with groups or in numbers, or a user's name and no more, as
/// envuidgid and setuidgid take it.
struct AccountArgument {
  std::string_view text;
  bool is_plain_user = false;
};

/// A lock to hold while the program runs.
struct LockArgument {
  const char* file = nullptr;
  /// Wait for it, or give up when another process holds it.
  bool waits = true;
  /// Without the lock, or the program, exit 0 and say nothing.
  bool fails_silently = false;
};

/// A set of capabilities to keep, or to drop.
struct CapabilityArgument {
  core::CapabilitySet set = 0;
  bool keeps = true;
};

/// All that chpst changes before it runs a program, under whichever name it was called. Null, none and false
/// leave as it is. The texts are words of the command line.
struct ChpstInvocation {
  bool verbose = false;
  bool new_session = false;
  /// The directory of variables, and whether a directory in it is an error.
  const char* variables = nullptr;
  bool variables_are_strict = false;
  const char* root = nullptr;
  const char* directory = nullptr;
  std::optional<int> nice;
  std::optional<AccountArgument> environment_account;
  std::optional<AccountArgument> account;
  /// Supplementary groups from the group database, too.
  bool all_groups = false;
  std::optional<LockArgument> lock;
  /// Standard descriptors to close.
  std::array<bool, 3> closes{};
  core::Limits limits;
  const char* argv0 = nullptr;

  std::optional<unsigned> file_mode_mask;
  std::optional<int> oom_score;
  std::optional<IoPriority> io_priority;
  std::optional<Scheduling> scheduling;
  std::optional<CapabilityArgument> capabilities;
  std::optional<CapabilityArgument> bounding_set;
  bool no_new_privileges = false;

  /// The program and its arguments; never empty.
  std::span<const char* const> program;
};

/// A command line that chpst does not take: what to print on stderr before exit status kChpstUsage.
struct ChpstUsageError {
  std::string text;
};

inline constexpr int kChpstUsage = 100;
inline constexpr int kChpstFailure = 111;

/// Reads the command line of chpst, the program's name first. One of the names envdir, envuidgid, pgrphack,
/// setlock, setuidgid and softlimit, also with a `d` in front, has the syntax of its own. The result refers
/// to the words. Source: chpst(8) and the behaviour of runit 2.1.2.
[[nodiscard]] std::variant<ChpstInvocation, ChpstUsageError> parse_chpst(std::span<const char* const> words);

}  // namespace runvisor::cli
