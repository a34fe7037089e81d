#pragma once

#include <fcntl.h>

#include <cstdint>
#include <optional>
#include <string_view>

#include "sys/fd.hpp"
#include "sys/result.hpp"

namespace runvisor::sys {

/// One inotify instance that watches any number of directories.
class DirectoryWatch {
 public:
  /// Something that happened in a watched directory.
  struct Event {
    int id;
    /// inotify(7)'s bits; IN_Q_OVERFLOW when events have been lost, so that any directory may have changed.
    std::uint32_t mask;
    /// The entry it happened to, empty for the directory itself. Valid during the call only.
    std::string_view name;
  };

  /// `events`, inotify(7)'s, are what add() watches for. Fails with EMFILE when the user has no instance
  /// left.
  [[nodiscard]] static Result<DirectoryWatch> create(std::uint32_t events) noexcept;

  /// Watches the directory `path`, a symbolic link being followed. The same directory gets the same id again.
  [[nodiscard]] Result<int> add(const char* path) noexcept { return add(path, events_); }
  /// The same for other events than usual, or for these as well if it is watched already.
  [[nodiscard]] Result<int> add(const char* path, std::uint32_t events) noexcept;
  void remove(int id) noexcept;

  /// Readable when there is something to read.
  [[nodiscard]] int descriptor() const noexcept { return inotify_.get(); }

  /// Gives the descriptor away, to be watched by an event loop; whoever holds it reads from it.
  [[nodiscard]] Fd share() const noexcept { return Fd{::fcntl(inotify_.get(), F_DUPFD_CLOEXEC, 0)}; }

  /// Calls `happened(event)` for every event since the last call.
  template <typename Happened>
  void read(Happened&& happened) {
    Batch batch;
    while (fill(batch)) {
      while (const auto event = take(batch)) happened(*event);
    }
  }

 private:
  struct Batch {
    alignas(8) char bytes[4096];
    std::size_t size = 0;
    std::size_t at = 0;
  };

  DirectoryWatch(Fd inotify, std::uint32_t events) noexcept : inotify_(std::move(inotify)), events_(events) {}
  [[nodiscard]] bool fill(Batch& batch) noexcept;
  [[nodiscard]] static std::optional<Event> take(Batch& batch) noexcept;

  Fd inotify_;
  std::uint32_t events_;
};

/// Whether changes below the directory `path` are sure to be told: not on file systems that others change
/// behind this kernel's back, nor where that cannot be found out.
[[nodiscard]] bool tells_changes(const char* path) noexcept;

}  // namespace runvisor::sys
