#include "cli/svlogd_command_line.hpp"

#include <algorithm>
#include <array>

#include "cli/option_scanner.hpp"
#include "cli/sv_command_line.hpp"

namespace runvisor::cli {
namespace {

/// The largest size taken: a buffer of that size can be had, and sums of two do not overflow.
constexpr std::size_t kLargestSize = std::size_t{1} << 30;

/// The number at the beginning of `text`; `otherwise` if there is none, or it is 0.
std::size_t parse_size(std::string_view text, std::size_t otherwise) noexcept {
  std::size_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') break;
    value = std::min(value * 10 + static_cast<std::size_t>(c - '0'), kLargestSize);
  }
  return value == 0 ? otherwise : value;
}

SvlogdUsageError usage(std::string_view program, std::string text) {
  text += "usage: ";
  text += program;
  text += " [-ttv] [-r c] [-R abc] [-l len] [-b buflen] dir ...\n\n";
  return {std::move(text)};
}

}  // namespace

std::variant<SvlogdInvocation, SvlogdUsageError> parse_svlogd(std::span<const char* const> words) {
  static constexpr std::array<const char*, 1> kNameless{"svlogd"};
  if (words.empty()) words = kNameless;
  const char* const program = words.front();
  const SvlogdInvocation defaults;
  SvlogdInvocation invocation;

  OptionScanner options{words.subspan(1), "R:r:l:b:tvV"};
  while (const auto option = options.next()) {
    switch (option->letter) {
      case 'R':
        invocation.replaces = true;
        invocation.replaced = option->argument;
        break;
      case 'r':
        if (option->argument.size() != 1) return usage(program, {});
        invocation.replaces = true;
        invocation.replace_by = option->argument.front();
        break;
      case 'l':
        invocation.line_size = parse_size(option->argument, defaults.line_size);
        break;
      case 'b':
        invocation.buffer_size = parse_size(option->argument, defaults.buffer_size);
        break;
      case 't':
        invocation.stamps = std::min(invocation.stamps + 1, 3);
        break;
      case 'v':
        invocation.verbose = true;
        break;
      default:
        return usage(program, "runvisor " RUNVISOR_VERSION "\n");
    }
  }
  if (options.error()) return usage(program, message(base_name(program), *options.error()));
  invocation.directories = options.rest();
  if (invocation.directories.empty() || invocation.buffer_size <= invocation.line_size) {
    return usage(program, {});
  }
  return invocation;
}

}  // namespace runvisor::cli
