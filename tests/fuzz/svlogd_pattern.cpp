// Fuzzes the matching of patterns, against a second account of it. The input's first line is the pattern, the
// rest the text.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "log/pattern.hpp"
#include "require.hpp"

namespace runvisor::fuzz {
namespace {

bool expected(std::string_view pattern, std::string_view text) {
  if (pattern.empty() || pattern == "+") return text.empty();
  if (pattern == "*") return true;
  if (pattern.front() == '*') {
    const std::size_t at = text.find(pattern[1]);
    return at != std::string_view::npos && expected(pattern.substr(1), text.substr(at));
  }
  if (pattern.front() == '+') {
    const std::size_t run = std::min(text.find_first_not_of(pattern[1]), text.size());
    return run > 0 && (run == text.size() || expected(pattern.substr(2), text.substr(run)));
  }
  return !text.empty() && text.front() == pattern.front() && expected(pattern.substr(1), text.substr(1));
}

void match(std::string_view input) {
  const std::size_t end = std::min(input.find('\n'), input.size());
  const std::string_view pattern = input.substr(0, end);
  const std::string_view text = input.substr(std::min(end + 1, input.size()));
  const bool matches = log::matches(pattern, text);
  require(matches == expected(pattern, text), "both accounts agree");
  if (pattern.find_first_of("*+") == std::string_view::npos) {
    require(matches == (pattern == text), "a pattern without stars and pluses matches itself");
  }
}

}  // namespace
}  // namespace runvisor::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  runvisor::fuzz::match({reinterpret_cast<const char*>(data), size});
  return 0;
}
