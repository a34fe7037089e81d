#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "core/time.hpp"
#include "sys/fd.hpp"
#include "sys/result.hpp"

namespace runvisor::event {

/// Work that is done once at the end of a turn, however many events asked for it.
class TurnEnd {
 public:
  virtual void end_turn() = 0;

 protected:
  ~TurnEnd() = default;
};

/// The event loop of a single-threaded program. A turn is everything that was ready at one time.
/// Nothing thrown passes through it: an exception out of a callback ends the program.
class Loop {
 public:
  /// `unwatched` is told why, once, when the system refuses to watch a descriptor (see Readable).
  explicit Loop(std::function<void(sys::Error)> unwatched = {});
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  /// Handles events until stop().
  void run();
  /// Lets run() return after the current turn.
  void stop() noexcept { stopped_ = true; }
  /// Calls `work.end_turn()` at the end of this turn. Asking again before then changes nothing.
  void at_turn_end(TurnEnd& work);
  /// Takes the request back, for one that goes away.
  void forget(TurnEnd& work) noexcept;

  struct Impl;
  [[nodiscard]] Impl& impl() noexcept { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
  std::vector<TurnEnd*> turn_ends_;
  bool stopped_ = false;
};

/// Calls back when a descriptor of the program's own can be read. Sets O_NONBLOCK on it: never give it
/// standard input or anything else that is shared.
///
/// Where the system refuses to watch it (out of memory, or of what a user may watch), it is looked at once a
/// second instead, until the system does.
class Readable {
 public:
  /// What poll(2) calls POLLIN, or POLLPRI: something out of the ordinary, where that is how a file tells it.
  enum class Of : bool { input, exceptions };

  Readable(Loop& loop, sys::Fd fd, std::function<void()> ready, Of of = Of::input);
  ~Readable();
  Readable(const Readable&) = delete;
  Readable& operator=(const Readable&) = delete;

  /// Asks for one call. To be asked again after it.
  void wait();
  /// Why the system does not watch it, if it does not.
  [[nodiscard]] std::optional<sys::Error> refused() const noexcept;
  [[nodiscard]] int fd() const noexcept;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

/// Calls back at a time of the steady clock. Needs nothing of the system once Signals has been opened.
class Timer {
 public:
  Timer(Loop& loop, std::function<void()> expired);
  ~Timer();
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  /// Asks for one call at `at`, in place of one that was asked for before.
  void arm(core::SteadyTime at);
  void disarm() noexcept;

 private:
  struct Impl;
  Loop& loop_;
  std::function<void()> expired_;
  std::shared_ptr<Impl> impl_;
};

}  // namespace runvisor::event
