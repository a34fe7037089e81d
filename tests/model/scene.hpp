#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "core/service_machine.hpp"

namespace runvisor::model {

/// A service machine in a world without surprises, for examples: what it asks for is done at once, and
/// `done()` tells it in few words. The clock stands still until `pass`.
class Scene {
 public:
  struct Setup {
    core::Want service = core::Want::up;
    std::optional<core::Want> log = std::nullopt;
    /// There is a `finish`.
    bool finish = false;
    /// The control hooks that there are, by their commands' bytes.
    std::string_view hooks = "";
    /// The log service ends before it has read all.
    bool input_left = false;
  };

  explicit Scene(Setup setup);
  Scene() : Scene(Setup{}) {}

  /// Writes bytes into the control FIFO of the service or of its log service.
  void tell(std::string_view bytes, core::Role role = core::Role::service);
  /// The live `run` or `finish` ends.
  void ends(int exit_code, int status, core::Role role = core::Role::service);
  void killed(int signal, core::Role role = core::Role::service) { ends(-1, signal, role); }
  /// The hook that is being run ends.
  void hook_ends(int exit_code, int status = 0);
  /// Time passes; the timer expires when it is due.
  void pass(std::chrono::milliseconds time);
  void attach_log(core::Want want);
  /// From now on, forks fail.
  void fail_forks(bool fail) { forks_fail_ = fail; }

  /// What has been done since the last time this was asked: "run", "finish 0 0", "hook t", "TERM", "fork
  /// fails", "close pipe", "leave"; the log service's with "log " before it. Separated by commas.
  [[nodiscard]] std::string done();
  /// `supervise/stat` without its newline.
  [[nodiscard]] std::string stat(core::Role role = core::Role::service) const;
  [[nodiscard]] const core::StatusRecord& record(core::Role role = core::Role::service) const;
  [[nodiscard]] std::chrono::milliseconds time() const;
  [[nodiscard]] const core::ServiceMachine& machine() const { return machine_; }

 private:
  [[nodiscard]] core::Now now() const;
  void perform(core::Role role, core::ActionList actions);
  /// The answer to an action that needs one; none for the others.
  [[nodiscard]] std::optional<core::ActionList> carry_out(core::Role role, const core::Action& action);
  void end_turn();
  void note(core::Role role, std::string_view what);

  core::ServiceMachine machine_;
  Setup setup_;
  std::chrono::milliseconds time_{0};
  bool forks_fail_ = false;
  pid_t next_pid_ = 100;
  std::string done_;
};

}  // namespace runvisor::model
