#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <variant>

namespace runvisor::cli {

/// What svlogd has been told to do.
struct SvlogdInvocation {
  /// What lines begin with: 0 nothing, 1 a TAI64N label, 2 date and time, 3 the same with `T` between them.
  int stamps = 0;
  bool verbose = false;
  /// Whether characters are replaced, by which, and which besides those that cannot be printed.
  bool replaces = false;
  char replace_by = '_';
  std::string_view replaced;
  /// How much of a line patterns look at.
  std::size_t line_size = 1000;
  /// The size asked for reads.
  std::size_t buffer_size = 1024;
  std::span<const char* const> directories;
};

/// A command line that svlogd does not take: what to print on stderr. It exits 111.
struct SvlogdUsageError {
  std::string text;
};

inline constexpr int kSvlogdFailure = 111;

/// Reads svlogd's command line, the program's name first. The result refers to the words given. Source:
/// svlogd(8) and the behaviour of runit 2.1.2.
[[nodiscard]] std::variant<SvlogdInvocation, SvlogdUsageError> parse_svlogd(
    std::span<const char* const> words);

}  // namespace runvisor::cli
