#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace runvisor::cli {

/// One option met on a command line.
struct Option {
  char letter = 0;
  /// The option's argument, if it takes one.
  std::string_view argument;
};

/// What is wrong with an option.
struct OptionError {
  enum class Kind : unsigned char { unknown, no_argument };
  Kind kind = Kind::unknown;
  char letter = 0;
};

/// Reads a command line's options one by one. Letters may be joined (`-vw3`); an argument follows its letter
/// or is the next word; the options end at a word that does not begin with `-`, at `-`, and after a word that
/// begins with `--`. Source: the behaviour of runit 2.1.2's programs.
class OptionScanner {
 public:
  /// `words` without the program's name; `letters` as for getopt: a `:` after those that take an argument.
  OptionScanner(std::span<const char* const> words, std::string_view letters) noexcept
      : words_(words), letters_(letters) {}

  /// The next option; none at their end and after an error.
  [[nodiscard]] std::optional<Option> next() noexcept;

  /// What stopped the scan, if it was not the options' end.
  [[nodiscard]] const std::optional<OptionError>& error() const noexcept { return error_; }

  /// The words that are no options.
  [[nodiscard]] std::span<const char* const> rest() const noexcept { return words_.subspan(at_); }

 private:
  std::span<const char* const> words_;
  std::string_view letters_;
  std::size_t at_ = 0;
  /// Letters of the current word that are still to be read.
  std::string_view joined_;
  /// A word beginning with `--` has ended the options.
  bool ended_ = false;
  std::optional<OptionError> error_;
};

/// The line told about a bad option, newline included: `PROGRAM: illegal option -- x` or
/// `PROGRAM: option requires an argument -- w`.
[[nodiscard]] std::string message(std::string_view program, const OptionError& error);

}  // namespace runvisor::cli
