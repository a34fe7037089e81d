#pragma once

#include <optional>
#include <string_view>

#include "sys/fd.hpp"
#include "sys/result.hpp"

namespace runvisor::sys {

/// One inotify instance that watches any number of directories for files moved into them.
class DirectoryWatch {
 public:
  /// Fails with EMFILE when the user has no instance left.
  [[nodiscard]] static Result<DirectoryWatch> create() noexcept;

  /// Watches the directory `path`, a symbolic link being followed. The same directory gets the same id again.
  [[nodiscard]] Result<int> add(const char* path) noexcept;

  /// Readable when there is something to read.
  [[nodiscard]] int descriptor() const noexcept { return inotify_.get(); }

  /// Calls `moved(id, name)` for every file moved into a watched directory since the last call. False if
  /// events have been lost, so that any directory may have changed.
  template <typename Moved>
  bool read(Moved&& moved) {
    Batch batch;
    bool complete = true;
    while (fill(batch)) {
      while (const auto event = take(batch)) {
        if (event->lost) {
          complete = false;
        } else {
          moved(event->id, event->name);
        }
      }
    }
    return complete;
  }

 private:
  struct Batch {
    alignas(8) char bytes[4096];
    std::size_t size = 0;
    std::size_t at = 0;
  };
  struct Event {
    int id;
    std::string_view name;
    bool lost;
  };

  explicit DirectoryWatch(Fd inotify) noexcept : inotify_(std::move(inotify)) {}
  [[nodiscard]] bool fill(Batch& batch) noexcept;
  [[nodiscard]] static std::optional<Event> take(Batch& batch) noexcept;

  Fd inotify_;
};

}  // namespace runvisor::sys
