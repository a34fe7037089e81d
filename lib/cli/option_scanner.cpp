#include "cli/option_scanner.hpp"

#include <algorithm>

namespace runvisor::cli {

std::optional<Option> OptionScanner::next() noexcept {
  if (ended_ || error_) return std::nullopt;
  if (!joined_.empty()) return next_letter();
  if (at_ == words_.size()) return std::nullopt;
  const std::string_view word = words_[at_];
  if (word.size() < 2 || word.front() != '-') return std::nullopt;
  ++at_;
  if (word[1] != '-') {
    joined_ = word.substr(1);
    return next_letter();
  }
  if (!long_options_.empty() && word.size() > 2) return next_long(word.substr(2));
  ended_ = true;
  return std::nullopt;
}

std::optional<Option> OptionScanner::fail(OptionError::Kind kind, std::string_view option) noexcept {
  error_ = OptionError{kind, option};
  return std::nullopt;
}

std::optional<Option> OptionScanner::next_letter() noexcept {
  const std::string_view letter = joined_.substr(0, 1);
  joined_.remove_prefix(1);
  const std::size_t found = letter == ":" ? std::string_view::npos : letters_.find(letter);
  if (found == std::string_view::npos) return fail(OptionError::Kind::unknown, letter);
  if (found + 1 == letters_.size() || letters_[found + 1] != ':') return Option{letter.front(), {}, {}};
  std::string_view argument = joined_;
  joined_ = {};
  if (argument.empty()) {
    if (at_ == words_.size()) return fail(OptionError::Kind::no_argument, letter);
    argument = words_[at_++];
  }
  return Option{letter.front(), argument, {}};
}

std::optional<Option> OptionScanner::next_long(std::string_view word) noexcept {
  const std::size_t equals = word.find('=');
  const std::string_view name = word.substr(0, equals);
  const auto known = std::find_if(long_options_.begin(), long_options_.end(),
                                  [name](const LongOption& option) { return option.name == name; });
  if (known == long_options_.end()) return fail(OptionError::Kind::unknown, name);
  if (!known->takes_argument) {
    if (equals != std::string_view::npos) return fail(OptionError::Kind::needless_argument, name);
    return Option{known->letter, {}, known->name};
  }
  if (equals != std::string_view::npos) return Option{known->letter, word.substr(equals + 1), known->name};
  if (at_ == words_.size()) return fail(OptionError::Kind::no_argument, name);
  return Option{known->letter, words_[at_++], known->name};
}

std::string message(std::string_view program, const OptionError& error) {
  std::string text{program};
  switch (error.kind) {
    case OptionError::Kind::unknown:
      text += ": illegal option -- ";
      break;
    case OptionError::Kind::no_argument:
      text += ": option requires an argument -- ";
      break;
    case OptionError::Kind::needless_argument:
      text += ": option takes no argument -- ";
      break;
  }
  text += error.option;
  text += '\n';
  return text;
}

}  // namespace runvisor::cli
