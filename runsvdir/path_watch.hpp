#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "sys/directory_watch.hpp"
#include "sys/system.hpp"

namespace runvisor::runsvdir {

/// Watches a directory, and for paths that lead through symlinks each hop of theirs: `/etc/service` may be a
/// link to `runit/runsvdir/current`, itself a link to `default`, and any of them may be replaced.
class PathWatch {
 public:
  /// What the events since the last look were about.
  struct Changes {
    /// The way to the directory or to one of its entries may have changed: look at everything.
    bool everything = false;
    /// Names that have gone from the directory.
    std::vector<std::string> gone;
    /// Names that have come into the directory, complete as they are: links, or moved there.
    std::vector<std::string> arrived;
    /// Directories made there, which somebody may still be filling.
    std::vector<std::string> made;
  };

  explicit PathWatch(sys::System& system) : system_(system) {}

  /// Opens the watch. An error leaves it closed: nothing will be told.
  [[nodiscard]] sys::Result<sys::Fd> open();

  /// Starts over with watching `directory`'s content and the hops of its path.
  void begin(const std::string& directory);
  /// Watches the hops of an entry of that directory as well, if it is a symlink.
  void add_entry(const std::string& name);
  /// Stops watching what was watched before begin() and has not been asked for since.
  void end();

  /// Whether every change will be told; otherwise somebody has to look from time to time.
  [[nodiscard]] bool complete() const noexcept { return complete_; }

  /// Set if that is so because there may be no more watches.
  [[nodiscard]] std::optional<sys::Error> refused() const noexcept { return refused_; }

  [[nodiscard]] Changes read();

 private:
  /// What matters in a watched directory.
  struct Watched {
    std::set<std::string, std::less<>> names;
  };

  void follow(std::string path, int links);
  void follow_ancestors(const std::string& directory, int links);
  Watched* watch(const std::string& directory);

  sys::System& system_;
  std::optional<sys::DirectoryWatch> watch_;
  std::string directory_;
  int content_id_ = -1;
  /// By inotify's id, and the ids of the paths asked for since begin().
  std::map<int, Watched> watched_;
  std::map<int, Watched> previous_;
  std::map<std::string, int, std::less<>> ids_;
  std::set<std::string, std::less<>> followed_;
  bool complete_ = false;
  std::optional<sys::Error> refused_;
};

}  // namespace runvisor::runsvdir
