#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace runvisor::core {

/// Variables by name. Names and values are bytes, whatever they mean to others.
using Variables = std::map<std::string, std::string, std::less<>>;

/// The most bytes of `NAME=value` that a program can be given. Source: execve(2), 32 pages less the zero.
inline constexpr std::size_t kMostVariableBytes = 32 * 4096 - 1;

/// Whether a variable belongs to one user (HOME, SHELL, ...), so that it is not for all processes of a
/// container. Source: phusion's README, and the behaviour of its my_init.
[[nodiscard]] bool is_personal(std::string_view name) noexcept;

/// Whether a variable can be a file of a directory, and such a file a variable. Names with a dot in front are
/// left to editors and to the files' own replacement.
[[nodiscard]] bool can_be_file(std::string_view name) noexcept;

/// What a file says of its variable: the content less one newline at its end; none if a program cannot be
/// given it, for a null byte or for its size.
[[nodiscard]] std::optional<std::string> value_in_file(std::string_view name, std::string content);

/// `text` as one word of a shell: as it is if that means nothing else, in single quotes otherwise.
[[nodiscard]] std::string shell_word(std::string_view text);

/// The lines `export NAME=value` for a shell to read, without personal variables. What no shell takes in a
/// name becomes `_`.
[[nodiscard]] std::string shell_exports(const Variables& variables);

/// What stands for bytes that are no UTF-8: the surrogate U+DC80 to U+DCFF, from which Python gets the byte
/// back, or the replacement character, which every reader takes.
enum class BadBytes : bool { surrogates, replaced };

/// Appends `text` as a JSON string in ASCII, with its quotes.
void append_json(std::string& out, std::string_view text, BadBytes bad_bytes);

/// All variables as one JSON object.
[[nodiscard]] std::string json_object(const Variables& variables);

}  // namespace runvisor::core
