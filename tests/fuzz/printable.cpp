// Fuzzes the replacement of control characters in text for a terminal.

#include "core/printable.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "require.hpp"

namespace runvisor::fuzz {
namespace {

/// What UTF-8 text decodes to, by a decoder of the fuzzer's own that knows well-formed text only.
std::u32string decoded(std::string_view text) {
  std::u32string out;
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i++]);
    const int more = lead < 0x80 ? 0 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
    char32_t character = more == 0 ? lead : lead & (0x3fU >> more);
    for (int k = 0; k < more; ++k) {
      require(i < text.size() && (text[i] & 0xc0) == 0x80, "characters are whole");
      character = character << 6 | (static_cast<unsigned char>(text[i++]) & 0x3fU);
    }
    constexpr char32_t kLeast[] = {0, 0x80, 0x800, 0x10000};
    require(character >= kLeast[more] && character <= 0x10ffff, "no form is overlong, none too large");
    require(character < 0xd800 || character > 0xdfff, "surrogates are no characters");
    out += character;
  }
  return out;
}

void check(std::string_view input) {
  const std::string shown = core::printable(input);
  require(shown.size() == input.size(), "each byte is replaced by one");
  for (std::size_t i = 0; i < input.size(); ++i) {
    require(shown[i] == input[i] || shown[i] == '?', "a byte stays or becomes a question mark");
    const auto byte = static_cast<unsigned char>(input[i]);
    require(byte < 0x20 || byte > 0x7e || shown[i] == input[i], "ASCII stays as it is");
  }
  for (const char32_t character : decoded(shown)) {
    require(character >= 0x20 && (character < 0x7f || character > 0x9f), "no control character is left");
  }
  require(core::printable(shown) == shown, "what is printable stays as it is");
}

}  // namespace
}  // namespace runvisor::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  runvisor::fuzz::check({reinterpret_cast<const char*>(data), size});
  return 0;
}
