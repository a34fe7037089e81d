#pragma once

#include <sys/types.h>

#include <chrono>
#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/time.hpp"

namespace runvisor::core {

/// What makes a service directory the same one, whatever its name: device and inode.
struct DirectoryIdentity {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;

  // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy 14 finds a 0 inside of the comparison.
  friend auto operator<=>(const DirectoryIdentity&, const DirectoryIdentity&) = default;
};

/// A service directory seen in the scan directory.
struct FoundDirectory {
  std::string name;
  DirectoryIdentity identity;
};

/// A supervisor that has ended is started again this long after its last start at the earliest.
/// One that was told to exit stays away for as long after its end, so that whoever told it can see that it
/// has gone. Source: runsvdir, which looks at most once a second.
inline constexpr std::chrono::seconds kSupervisorPause{1};

/// Which supervisors run for a scan directory, as a state machine: what was seen goes in, what to start and
/// to end comes out. It makes no system call and reads no clock.
///
/// One directory that comes, one child that ends or one timer that expires costs the same among five thousand
/// services as among five; only scanned() and supervisors() look at all of them.
class ScanMachine {
 public:
  ScanMachine() = default;
  // `named_` refers to the names in `entries_`.
  ScanMachine(const ScanMachine&) = delete;
  ScanMachine& operator=(const ScanMachine&) = delete;

  struct Action {
    enum class Kind : std::uint8_t {
      start,      ///< start a supervisor for `directory`; answer with started() or start_failed()
      terminate,  ///< send TERM to `pid`: its directory has gone
      arm_timer,  ///< call timer_expired() at `at`; replaces an earlier one
    };
    Kind kind;
    FoundDirectory directory;
    pid_t pid = 0;
    SteadyTime at{};
  };
  using Actions = std::vector<Action>;

  /// The whole content of the scan directory. What is not in it any more has gone.
  [[nodiscard]] Actions scanned(const std::vector<FoundDirectory>& found, Now now);
  /// One directory that has come; nothing is said of the others.
  [[nodiscard]] Actions appeared(const FoundDirectory& found, Now now);
  /// A child has ended, with the exit code 0 if `told_to` exit.
  [[nodiscard]] Actions child_ended(pid_t pid, bool told_to, Now now);
  [[nodiscard]] Actions timer_expired(Now now);

  void started(const DirectoryIdentity& identity, pid_t pid, Now now);
  void start_failed(const DirectoryIdentity& identity, Now now);

  /// Whether this directory was there when it was last looked for.
  [[nodiscard]] bool supervises(const DirectoryIdentity& identity) const;
  /// Whether a directory that was there is known by this name: it may have been replaced.
  [[nodiscard]] bool knows(std::string_view name) const;
  /// The directory that this supervisor was started for, if it is still there.
  [[nodiscard]] std::optional<FoundDirectory> directory_of(pid_t pid) const;
  /// Every supervisor whose directory is there.
  [[nodiscard]] std::vector<pid_t> supervisors() const;

 private:
  struct Entry {
    std::string name;
    /// 0 when no supervisor runs.
    pid_t pid = 0;
    /// No supervisor is started before this.
    SteadyTime not_before{};
    /// False once the directory has gone; the entry stays until its supervisor has ended, so that a directory
    /// that comes back meanwhile does not get a second one.
    bool present = true;
  };
  using Entries = std::map<DirectoryIdentity, Entry>;

  void see(const FoundDirectory& found, bool keep_name, Now now);
  void advance(Actions& out, Now now) const;
  template <typename Change>
  void change(Entries::iterator position, Change&& edit);
  Entries::iterator forget(Entries::iterator position);
  void leave_indexes(const Entries::value_type& known);

  Entries entries_;
  /// The entries with a supervisor, by its pid.
  std::unordered_map<pid_t, DirectoryIdentity> supervised_;
  /// Those that are there without one, by the time when it is to be started.
  std::set<std::pair<SteadyTime, DirectoryIdentity>> waiting_;
  /// Those that are there, by their names.
  std::set<std::pair<std::string_view, DirectoryIdentity>> named_;
};

}  // namespace runvisor::core
