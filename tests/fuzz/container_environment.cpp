// Fuzzes what my_init makes of variables: the value in a file, and the dumps for shells and for JSON readers.
// The input is a name, the byte 0xff, and a value.

#include "core/container_environment.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "require.hpp"

namespace runvisor::fuzz {
namespace {

/// The one word that a shell makes of `text`, by a reader of the fuzzer's own that knows plain characters,
/// single quotes and backslashes.
std::string read_word(std::string_view text) {
  std::string word;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\'') {
      quoted = !quoted;
    } else if (c == '\\' && !quoted) {
      require(++i < text.size(), "something follows a backslash");
      word += text[i];
    } else {
      require(quoted || std::string_view(" \t\n\"$`;&|<>()*?[]#~!{}").find(c) == std::string_view::npos,
              "what means something is quoted");
      word += c;
    }
  }
  require(!quoted, "quotes are closed");
  return word;
}

void check(std::string_view input) {
  const std::size_t end = input.find('\xff');
  const std::string name{input.substr(0, end)};
  const std::string content{end == std::string_view::npos ? std::string_view{} : input.substr(end + 1)};

  const auto value = core::value_in_file(name, content);
  if (!value) return;
  require(value->find('\0') == std::string::npos, "a program can be given the value");
  require(content == *value || content == *value + '\n', "one newline is cut, and nothing else");
  require(read_word(core::shell_word(*value)) == *value, "a shell reads the value that was meant");
  if (name.empty() || name.find('\0') != std::string::npos || name.find('=') != std::string::npos) return;

  const core::Variables variables{{name, *value}};
  const std::string exports = core::shell_exports(variables);
  if (core::is_personal(name)) {
    require(exports.empty(), "what is personal is not exported");
  } else {
    constexpr std::string_view kExport = "export ";
    require(exports.starts_with(kExport) && exports.ends_with('\n'), "there is one line");
    const std::size_t equals = exports.find('=');
    for (const char c : exports.substr(kExport.size(), equals - kExport.size())) {
      const bool known =
          (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
      require(known, "the name is one for a shell");
    }
    const std::string word = exports.substr(equals + 1, exports.size() - equals - 2);
    require(read_word(word) == *value, "the line has the value");
  }
  for (const char c : core::json_object(variables)) require(c >= ' ' && c < 0x7f, "JSON is printable ASCII");
}

}  // namespace
}  // namespace runvisor::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  runvisor::fuzz::check({reinterpret_cast<const char*>(data), size});
  return 0;
}
