#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "log/config.hpp"

namespace runvisor::log {

/// Lines for standard error, of all logs.
class Alerts {
 public:
  /// A line that has been raised for the line of the input at `line`: all logs are given the same input.
  void add(const char* line, std::string_view alert);

  [[nodiscard]] bool empty() const noexcept { return entries_.empty(); }
  /// All of them, in the order of the input, and for one line of it in that of add().
  [[nodiscard]] std::string take();

 private:
  struct Entry {
    const char* line;
    std::size_t begin;
    std::size_t size;
  };
  std::string text_;
  std::vector<Entry> entries_;
};

/// Messages for the network: one after the other, and where each one ends.
struct Messages {
  std::string text;
  std::vector<std::size_t> ends;

  void clear() noexcept {
    text.clear();
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
  /// more at least. Alerts and messages are added to those
  /// given.
  [[nodiscard]] Progress format(std::string_view text, std::span<char> out, Alerts& alerts,
                                Messages& messages);

  /// Stamp and prefix.
  [[nodiscard]] std::string_view head() const noexcept { return head_; }

 private:
  [[nodiscard]] bool begin_line(std::string_view line, Alerts& alerts, Messages& messages);
  void cut(std::string& out, std::string_view line) const;

  const Config& config_;
  std::size_t match_size_;
  bool active_;
  /// Lines have to be looked at, not only to be stamped.
  bool examines_;
  std::string head_;
  /// An alert in the making.
  std::string alert_;
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
