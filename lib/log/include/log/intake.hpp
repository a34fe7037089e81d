#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

namespace runvisor::log {

/// The input on its way from reading to writing: cuts what has been read where lines end. A line that is not
/// complete is held back until it is, or until it is longer than the part of a line that patterns look at;
/// from there on it is passed on as it comes.
class Intake {
 public:
  /// `read_size`: how many bytes can be read at once, at least. `held_size`: how many bytes of an incomplete
  /// line are held back.
  Intake(std::size_t read_size, std::size_t held_size)
      : capacity_(read_size + held_size), held_size_(held_size), buffer_(new char[capacity_]) {}

  /// Where to read to. Only when the last batch has been done with.
  [[nodiscard]] std::span<char> space() noexcept;

  /// The last `count` bytes of what has been read, which have just been put at the beginning of space().
  [[nodiscard]] std::span<char> received(std::size_t count) noexcept;

  /// What can be passed on now; valid until space() is asked for.
  [[nodiscard]] std::string_view take() noexcept;

  /// What is held back; the next batch begins after it.
  [[nodiscard]] std::string_view take_held() noexcept;

  /// How many bytes of an incomplete line are held back.
  [[nodiscard]] std::size_t held() const noexcept { return end_ - begin_; }

  /// The line that the last batch ended in is over.
  void end_line() noexcept { within_line_ = false; }

  /// Whether the last batch ended within a line.
  [[nodiscard]] bool within_line() const noexcept { return within_line_; }

 private:
  std::size_t capacity_;
  std::size_t held_size_;
  std::unique_ptr<char[]> buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  bool within_line_ = false;
};

}  // namespace runvisor::log
