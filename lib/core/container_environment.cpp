#include "core/container_environment.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace runvisor::core {
namespace {

constexpr std::array<std::string_view, 6> kPersonal{"HOME", "USER", "GROUP", "UID", "GID", "SHELL"};

bool is_alphanumeric(char c) noexcept {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

std::string shell_name(std::string_view name) {
  std::string word;
  // A name with a digit in front would be none, and end the shell that reads it.
  if (name.front() >= '0' && name.front() <= '9') word += '_';
  for (const char c : name) word += is_alphanumeric(c) ? c : '_';
  return word;
}

struct Character {
  std::uint32_t code;
  std::size_t size;
};

/// The UTF-8 character at the beginning of `text`; none if there is no valid one.
std::optional<Character> first_character(std::string_view text) noexcept {
  constexpr std::uint32_t kSurrogates = 0xd800;
  constexpr std::uint32_t kAfterSurrogates = 0xe000;
  constexpr std::uint32_t kLast = 0x10ffff;
  // The least code of each length: a longer form of it is not valid.
  constexpr std::array<std::uint32_t, 5> kLeast{0, 0, 0x80, 0x800, 0x10000};
  const auto first = static_cast<unsigned char>(text.front());
  if (first < 0x80) return Character{first, 1};
  const std::size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc0 || first >= 0xf8 || text.size() < size) return std::nullopt;
  std::uint32_t code = first & (0x7fU >> size);
  for (const char c : text.substr(1, size - 1)) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte & 0xc0) != 0x80) return std::nullopt;
    code = code << 6 | (byte & 0x3fU);
  }
  if (code < kLeast.at(size) || code > kLast) return std::nullopt;
  if (code >= kSurrogates && code < kAfterSurrogates) return std::nullopt;
  return Character{code, size};
}

void append_escape(std::string& out, std::uint32_t unit) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  out += "\\u";
  for (int shift = 12; shift >= 0; shift -= 4) out += kDigits[unit >> shift & 0xf];
}

void append_character(std::string& out, std::uint32_t code) {
  switch (code) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\t':
      out += "\\t";
      return;
    case '\r':
      out += "\\r";
      return;
    default:
      break;
  }
  if (code >= 0x20 && code < 0x7f) {
    out += static_cast<char>(code);
  } else if (code < 0x10000) {
    append_escape(out, code);
  } else {
    append_escape(out, 0xd800 + ((code - 0x10000) >> 10));
    append_escape(out, 0xdc00 + ((code - 0x10000) & 0x3ff));
  }
}

}  // namespace

bool is_personal(std::string_view name) noexcept {
  return std::find(kPersonal.begin(), kPersonal.end(), name) != kPersonal.end();
}

bool can_be_file(std::string_view name) noexcept {
  constexpr std::size_t kMostName = 255;
  return !name.empty() && name.front() != '.' && name.size() <= kMostName &&
         name.find_first_of("/=") == std::string_view::npos;
}

std::optional<std::string> value_in_file(std::string_view name, std::string content) {
  if (content.ends_with('\n')) content.pop_back();
  if (content.find('\0') != std::string::npos) return std::nullopt;
  if (name.size() + 1 + content.size() > kMostVariableBytes) return std::nullopt;
  return content;
}

std::string shell_word(std::string_view text) {
  static constexpr std::string_view kPlain = "@%_+:,./-";
  const bool is_plain = !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return is_alphanumeric(c) || kPlain.find(c) != std::string_view::npos;
  });
  if (is_plain) return std::string(text);
  std::string word = "'";
  for (const char c : text) {
    if (c == '\'') {
      word += "'\\''";
    } else {
      word += c;
    }
  }
  word += '\'';
  return word;
}

std::string shell_exports(const Variables& variables) {
  std::string text;
  for (const auto& [name, value] : variables) {
    if (name.empty() || is_personal(name)) continue;
    text += "export ";
    text += shell_name(name);
    text += '=';
    text += shell_word(value);
    text += '\n';
  }
  return text;
}

void append_json(std::string& out, std::string_view text, BadBytes bad_bytes) {
  constexpr std::uint32_t kByteSurrogates = 0xdc00;
  constexpr std::uint32_t kReplacement = 0xfffd;
  out += '"';
  while (!text.empty()) {
    if (const auto character = first_character(text)) {
      append_character(out, character->code);
      text.remove_prefix(character->size);
    } else {
      const auto byte = static_cast<unsigned char>(text.front());
      append_escape(out, bad_bytes == BadBytes::surrogates ? kByteSurrogates + byte : kReplacement);
      text.remove_prefix(1);
    }
  }
  out += '"';
}

std::string json_object(const Variables& variables) {
  std::string text = "{";
  for (const auto& [name, value] : variables) {
    if (text.size() > 1) text += ", ";
    append_json(text, name, BadBytes::surrogates);
    text += ": ";
    append_json(text, value, BadBytes::surrogates);
  }
  text += '}';
  return text;
}

}  // namespace runvisor::core
