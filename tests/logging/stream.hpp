#pragma once

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace runvisor::testing {

/// A stream of lines, of which each is known by its number alone: twelve digits, then up to 400 letters, now
/// and then up to 6,000, so that some exceed svlogd's len.
class Stream {
 public:
  explicit Stream(std::uint64_t seed) : seed_(seed) {}

  /// Appends line `number`, with its newline.
  void append(std::uint64_t number, std::string& text) const {
    std::uint64_t random = mix(seed_ ^ mix(number));
    char digits[kDigits];
    std::uint64_t rest = number;
    for (std::size_t i = kDigits; i-- > 0; rest /= 10) digits[i] = static_cast<char>('0' + rest % 10);
    text.append(digits, kDigits);
    const std::size_t length = random % 500 == 0 ? random / 500 % 6'000 : random / 500 % 400;
    const std::size_t begin = random / 7 % (kLetters.size() / 2);
    for (std::size_t left = length; left > 0;) {
      const std::size_t part = std::min(left, kLetters.size() - begin);
      text.append(kLetters.substr(begin, part));
      left -= part;
    }
    text += '\n';
  }
  [[nodiscard]] std::string line(std::uint64_t number) const {
    std::string text;
    append(number, text);
    return text;
  }
  /// The number that a line claims to have.
  [[nodiscard]] static std::optional<std::uint64_t> number_of(std::string_view line) {
    std::uint64_t number = 0;
    if (line.size() < kDigits) return std::nullopt;
    const auto [end, error] = std::from_chars(line.data(), line.data() + kDigits, number);
    if (error != std::errc() || end != line.data() + kDigits) return std::nullopt;
    return number;
  }

 private:
  static constexpr std::size_t kDigits = 12;
  static constexpr std::string_view kLetters =
      "the quick brown fox jumps over the lazy dog and back again, through the hedge and the winter garden; "
      "sphinx of black quartz, judge my vow: five boxing wizards jump quickly over my liquor jugs";

  static std::uint64_t mix(std::uint64_t value) {
    value += 0x9e3779b97f4a7c15U;
    value = (value ^ value >> 30U) * 0xbf58476d1ce4e5b9U;
    value = (value ^ value >> 27U) * 0x94d049bb133111ebU;
    return value ^ value >> 31U;
  }

  std::uint64_t seed_;
};

/// A processor for a config, and what it does to a text: done once it shows, done twice it does not.
inline constexpr const char* kRotating = "!tr a-z n-za-m\n";
inline void rotate_letters(std::string& text) {
  for (char& letter : text) {
    if (letter >= 'a' && letter <= 'z') letter = static_cast<char>(letter < 'n' ? letter + 13 : letter - 13);
  }
}

}  // namespace runvisor::testing
