#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/process_machine.hpp"
#include "event/loop.hpp"
#include "sys/lock_holder.hpp"

namespace runvisor::runsvdir {

/// The runsv's of the scan directory that are no children of this runsvdir: those of one that was killed, or
/// of another one beside this.
class OtherSupervisors final : private event::TurnEnd {
 public:
  /// `ended` is called from the loop when one of them has ended.
  OtherSupervisors(event::Loop& loop, std::function<void(pid_t pid, bool told_to)> ended)
      : loop_(loop), ended_(std::move(ended)) {}
  ~OtherSupervisors() { loop_.forget(*this); }
  OtherSupervisors(const OtherSupervisors&) = delete;
  OtherSupervisors& operator=(const OtherSupervisors&) = delete;

  /// Watches the runsv that holds the service directory `name` below the directory `scan`; its pid, none if
  /// there is none.
  [[nodiscard]] std::optional<pid_t> watch(int scan, const std::string& name);
  [[nodiscard]] bool contains(pid_t pid) const { return watched_.contains(pid); }
  /// Sends TERM to one that is watched, unless whoever has started it still lives.
  void terminate(pid_t pid);

 private:
  struct Watched {
    sys::LockHolder holder;
    std::unique_ptr<event::Readable> process;
  };

  void has_ended(pid_t pid);
  void end_turn() override { gone_.clear(); }

  event::Loop& loop_;
  std::function<void(pid_t, bool)> ended_;
  std::map<pid_t, Watched> watched_;
  /// Those that have ended in this turn, still calling back.
  std::vector<Watched> gone_;
};

}  // namespace runvisor::runsvdir
