#include "core/printable.hpp"

#include <cstddef>

namespace runvisor::core {
namespace {

constexpr char kReplacement = '?';

unsigned byte(char c) noexcept { return static_cast<unsigned char>(c); }

/// The number of bytes of the UTF-8 character that `text` begins with, 0 if it begins with none. Overlong
/// forms and surrogates are none.
std::size_t length_of_character(std::span<const char> text) noexcept {
  const unsigned lead = byte(text[0]);
  std::size_t length = 0;
  unsigned least = 0x80;
  unsigned most = 0xbf;
  if (lead >= 0xc2 && lead <= 0xdf) {
    length = 2;
    // The control characters from U+0080 to U+009F.
    if (lead == 0xc2) least = 0xa0;
  } else if (lead >= 0xe0 && lead <= 0xef) {
    length = 3;
    if (lead == 0xe0) least = 0xa0;
    if (lead == 0xed) most = 0x9f;
  } else if (lead >= 0xf0 && lead <= 0xf4) {
    length = 4;
    if (lead == 0xf0) least = 0x90;
    if (lead == 0xf4) most = 0x8f;
  }
  if (length == 0 || length > text.size()) return 0;
  if (byte(text[1]) < least || byte(text[1]) > most) return 0;
  for (const char c : text.first(length).subspan(2)) {
    if ((byte(c) & 0xc0) != 0x80) return 0;
  }
  return length;
}

}  // namespace

void make_printable(std::span<char> text) noexcept {
  while (!text.empty()) {
    std::size_t length = 1;
    if (byte(text[0]) >= 0x80) length = length_of_character(text);
    const bool harmless = length > 1 || (length == 1 && byte(text[0]) >= 0x20 && byte(text[0]) != 0x7f);
    if (!harmless) {
      text[0] = kReplacement;
      length = 1;
    }
    text = text.subspan(length);
  }
}

std::string printable(std::string_view text) {
  std::string copy{text};
  make_printable(copy);
  return copy;
}

}  // namespace runvisor::core
