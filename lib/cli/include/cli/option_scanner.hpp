#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace runvisor::cli {

/// An option that is a whole word behind `--`.
struct LongOption {
  std::string_view name;
  bool takes_argument = false;
  /// What tells it apart in Option::letter; no letter that can be typed, unless it means the same.
  char letter = 0;
};

/// One option met on a command line.
struct Option {
  char letter = 0;
  /// The option's argument, if it takes one.
  std::string_view argument;
  /// Its name, if it is a long option.
  std::string_view name;
};

/// What is wrong with an option.
struct OptionError {
  enum class Kind : unsigned char { unknown, no_argument, needless_argument };
  Kind kind = Kind::unknown;
  /// The letter, or the name, that is at fault.
  std::string_view option;
};

/// Reads a command line's options one by one. Letters may be joined (`-vw3`); an argument follows its letter
/// or is the next word; the options end at a word that does not begin with `-`, at `-`, and after a word that
/// begins with `--`. Source: the behaviour of runit 2.1.2's programs.
///
/// With `long_options`, only `--` itself ends the options; other such words are long options, whose argument
/// follows a `=` or is the next word. They are not abbreviated.
class OptionScanner {
 public:
  /// `words` without the program's name; `letters` as for getopt: a `:` after those that take an argument.
  OptionScanner(std::span<const char* const> words, std::string_view letters,
                std::span<const LongOption> long_options = {}) noexcept
      : words_(words), letters_(letters), long_options_(long_options) {}

  /// The next option; none at their end and after an error.
  [[nodiscard]] std::optional<Option> next() noexcept;

  /// What stopped the scan, if it was not the options' end.
  [[nodiscard]] const std::optional<OptionError>& error() const noexcept { return error_; }

  /// The words that are no options.
  [[nodiscard]] std::span<const char* const> rest() const noexcept { return words_.subspan(at_); }

 private:
  [[nodiscard]] std::optional<Option> fail(OptionError::Kind kind, std::string_view option) noexcept;
  [[nodiscard]] std::optional<Option> next_letter() noexcept;
  /// Reads a word less its `--`.
  [[nodiscard]] std::optional<Option> next_long(std::string_view word) noexcept;

  std::span<const char* const> words_;
  std::string_view letters_;
  std::span<const LongOption> long_options_;
  std::size_t at_ = 0;
  /// Letters of the current word that are still to be read.
  std::string_view joined_;
  /// A word beginning with `--` has ended the options.
  bool ended_ = false;
  std::optional<OptionError> error_;
};

/// The line told about a bad option, newline included: `PROGRAM: illegal option -- x`,
/// `PROGRAM: option requires an argument -- w` or `PROGRAM: option takes no argument -- word`.
[[nodiscard]] std::string message(std::string_view program, const OptionError& error);

}  // namespace runvisor::cli
