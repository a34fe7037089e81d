#include "cli/option_scanner.hpp"

namespace runvisor::cli {

std::optional<Option> OptionScanner::next() noexcept {
  if (ended_ || error_) return std::nullopt;
  if (joined_.empty()) {
    if (at_ == words_.size()) return std::nullopt;
    const std::string_view word = words_[at_];
    if (word.size() < 2 || word.front() != '-') return std::nullopt;
    ++at_;
    if (word[1] == '-') {
      ended_ = true;
      return std::nullopt;
    }
    joined_ = word.substr(1);
  }
  const char letter = joined_.front();
  joined_.remove_prefix(1);
  const std::size_t found = letter == ':' ? std::string_view::npos : letters_.find(letter);
  if (found == std::string_view::npos) {
    error_ = OptionError{OptionError::Kind::unknown, letter};
    return std::nullopt;
  }
  if (found + 1 == letters_.size() || letters_[found + 1] != ':') return Option{letter, {}};
  std::string_view argument = joined_;
  joined_ = {};
  if (argument.empty()) {
    if (at_ == words_.size()) {
      error_ = OptionError{OptionError::Kind::no_argument, letter};
      return std::nullopt;
    }
    argument = words_[at_++];
  }
  return Option{letter, argument};
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
  }
  text += error.letter;
  text += '\n';
  return text;
}

}  // namespace runvisor::cli
