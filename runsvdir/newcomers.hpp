#pragma once

#include <sys/stat.h>

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "core/time.hpp"
#include "event/loop.hpp"
#include "scan_directory.hpp"
#include "sys/system.hpp"

namespace runvisor::runsvdir {

/// Directories that have just been made in the scan directory, by `mkdir` or `cp -r`, and may not be filled
/// yet: a supervisor that started at once would find half a `run`, or miss `down`. One is ready when it holds
/// a `run` and nothing has changed for a moment, or when it has been there for as long as runit's
/// runsvdir, which looks every five seconds, might have left it alone.
class Newcomers {
 public:
  /// `ready` is called with each name once.
  Newcomers(sys::System& system, event::Loop& loop, const ScanDirectory& directory,
            std::function<void(const std::string& name)> ready);

  /// `name` was made in the scan directory.
  void add(const std::string& name);
  [[nodiscard]] bool contains(const std::string& name) const { return newcomers_.contains(name); }

 private:
  /// What is compared between two looks.
  struct Sight {
    timespec directory_changed{};
    timespec run_changed{};
    off_t run_size = 0;

    [[nodiscard]] bool operator==(const Sight& other) const noexcept;
  };
  struct Newcomer {
    core::SteadyTime since;
    /// What was seen last, and since when it has been so.
    std::optional<Sight> seen;
    core::SteadyTime unchanged_since;
  };

  /// None while there is no `run` yet.
  [[nodiscard]] std::optional<Sight> look(const std::string& name);
  void look_at_all();

  sys::System& system_;
  const ScanDirectory& directory_;
  std::function<void(const std::string&)> ready_;
  event::Timer timer_;
  std::map<std::string, Newcomer> newcomers_;
};

}  // namespace runvisor::runsvdir
