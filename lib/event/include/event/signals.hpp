#pragma once

#include <signal.h>

#include <functional>
#include <initializer_list>
#include <optional>
#include <unordered_map>

#include "core/process_machine.hpp"
#include "event/loop.hpp"
#include "sys/result.hpp"
#include "sys/system.hpp"

namespace runvisor::event {

/// Receives signals as events. They are blocked for as long as this lives, so that no handler ever runs.
class Signals {
 public:
  /// Nothing is received before open().
  Signals(Loop& loop, std::function<void(int signal)> received);
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  /// Blocks `signals`, sets them to their defaults, and receives them from now on. SIGPIPE and SIGXFSZ are
  /// blocked as well: a supervisor does not die of a write. To be called before anything else is given to the
  /// loop: it makes what the loop needs of the system, and an error tells that it could not.
  [[nodiscard]] sys::Result<void> open(std::initializer_list<int> signals);
  /// The same for a set.
  [[nodiscard]] sys::Result<void> open(const sigset_t& signals);

  /// Whether one of the signals received here has come and is still to be told: the next turn does.
  [[nodiscard]] bool is_due(int signal) const noexcept;

  /// The mask for children: what was blocked before, but for the signals received here.
  [[nodiscard]] const sigset_t& child_mask() const noexcept { return child_mask_; }

 private:
  void receive();

  Loop& loop_;
  std::function<void(int)> received_;
  std::optional<Readable> readable_;
  sigset_t previous_mask_{};
  sigset_t child_mask_{};
};

/// Somebody who wants to know when a child ends.
class ChildObserver {
 public:
  virtual void child_ended(const core::ChildEnd& end) = 0;

 protected:
  ~ChildObserver() = default;
};

/// Collects every child that ends and tells who started it. Children nobody asked for are collected silently.
class Reaper {
 public:
  explicit Reaper(sys::System& system) : system_(system) {}

  void watch(pid_t pid, ChildObserver& observer) { observers_[pid] = &observer; }
  /// `observer` goes away: its children are collected silently from now on.
  void forget(const ChildObserver& observer) noexcept;
  /// To be called when SIGCHLD was received.
  void reap();

 private:
  sys::System& system_;
  std::unordered_map<pid_t, ChildObserver*> observers_;
};

}  // namespace runvisor::event
