#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "log/config.hpp"

namespace runvisor::log {

/// Lines that go elsewhere than into the log file.
struct Extras {
  /// For standard error.
  std::string alerts;
  /// For the network: the messages one after the other, and where each one ends.
  std::string messages;
  std::vector<std::size_t> ends;

  void clear() noexcept {
    alerts.clear();
    messages.clear();
    ends.clear();
  }
};

/// Turns input into the lines of one log: chooses them, and puts stamp and prefix before each.
class Formatter {
 public:
  /// `config` must outlive this. `match_size`: how much of a line patterns, alerts and messages look at.
  Formatter(const Config& config, bool stamped, std::size_t match_size);

  /// Goes on where another one has stopped.
  void continue_after(const Formatter& other) noexcept {
    within_line_ = other.within_line_;
    wanted_ = other.wanted_;
  }

  /// Whether output equals input, so that format() need not be used.
  [[nodiscard]] bool transparent() const noexcept { return !active_; }

  /// Takes note of input that needs no formatting.
  void pass(std::string_view text) noexcept {
    within_line_ = text.back() != '\n';
    wanted_ = true;
  }

  /// Sets the stamp that the following lines get.
  void set_stamp(std::string_view stamp);

  struct Progress {
    std::size_t consumed = 0;
    std::size_t produced = 0;
  };

  /// Formats as much of `text` as there is room for in `out`, which must hold a stamp, a prefix and one byte
  /// more at least. Alerts and messages are added to `extras`.
  [[nodiscard]] Progress format(std::string_view text, std::span<char> out, Extras& extras);

  /// Stamp and prefix.
  [[nodiscard]] std::string_view head() const noexcept { return head_; }

 private:
  [[nodiscard]] bool begin_line(std::string_view line, Extras& extras);
  void add_cut(std::string& out, std::string_view line) const;

  const Config& config_;
  std::size_t match_size_;
  bool active_;
  /// Lines have to be looked at, not only to be stamped.
  bool examines_;
  std::string head_;
  std::size_t stamp_size_ = 0;
  /// The next byte continues a line, which is wanted or not.
  bool within_line_ = false;
  bool wanted_ = true;
};

/// Replaces characters: `table` holds what each one becomes. Line ends stay.
class Replacement {
 public:
  /// Replaces what is not printable ASCII, and what is in `others`, by `by`. Source: svlogd(8).
  Replacement(char by, std::string_view others) noexcept;

  void apply(std::span<char> text) const noexcept {
    for (char& c : text) c = table_[static_cast<unsigned char>(c)];
  }

 private:
  char table_[256];
};

}  // namespace runvisor::log
