#pragma once

#include <functional>
#include <list>
#include <optional>
#include <string>
#include <vector>

#include "core/end_record.hpp"
#include "core/status_record.hpp"
#include "event/loop.hpp"
#include "sys/directory_watch.hpp"
#include "sys/result.hpp"

namespace runvisor::container_init {

/// Watches services without which a container is not to run, by what their runsv publishes. A service that
/// was told to end, by `sv` say, has not ended in this sense.
class CriticalServices {
 public:
  /// `ended` is called with a service's name and exit status, once: 128 and the number for a signal, 1 where
  /// the runsv does not tell.
  CriticalServices(event::Loop& loop, const std::string& directory, std::vector<std::string> names,
                   std::function<void(const std::string& name, int status)> ended);

  /// Begins to watch; `refused` is told of each service that cannot be watched.
  [[nodiscard]] sys::Result<void> open(
      const std::function<void(const std::string& name, sys::Error error)>& refused);

 private:
  struct Service {
    std::string name;
    std::string path;
    /// inotify's id of the directory's `supervise/`, once it is there.
    std::optional<int> supervise;
    /// The last end that its runsv has told of, and the last status.
    std::optional<core::EndRecord> end_before;
    std::optional<core::StatusRecord> seen;
    /// Its runsv tells how it ends: one of ours.
    bool tells_ends = false;
    bool has_ended = false;
  };

  void follow(Service& service);
  void watched();
  void look_at(Service& service);

  event::Loop& loop_;
  std::list<Service> services_;
  std::function<void(const std::string&, int)> ended_;
  std::optional<sys::DirectoryWatch> watch_;
  std::optional<event::Readable> readable_;
};

}  // namespace runvisor::container_init
