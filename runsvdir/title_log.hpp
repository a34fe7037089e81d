#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "event/loop.hpp"
#include "sys/result.hpp"
#include "sys/system.hpp"

namespace runvisor::runsvdir {

/// A log that scrolls through an argument of this process, where ps(1) shows it. Standard error becomes a
/// pipe to it, for this process and for every child. Source: runsvdir(8), daemontools' readproctitle.
class TitleLog {
 public:
  /// The least length of the argument; its first five characters stay as they are.
  static constexpr std::size_t kLeastLength = 7;

  /// `place` is the argument's memory without its terminating zero.
  TitleLog(sys::System& system, event::Loop& loop, std::span<char> place);

  [[nodiscard]] sys::Result<void> open();

 private:
  void scroll(std::string_view text) noexcept;
  void read();
  /// A dot now and every quarter of an hour, so that old messages expire.
  void tick();

  sys::System& system_;
  event::Loop& loop_;
  std::span<char> text_;
  std::optional<event::Readable> readable_;
  event::Timer dot_;
};

}  // namespace runvisor::runsvdir
