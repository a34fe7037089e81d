#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/scan_machine.hpp"
#include "sys/fd.hpp"
#include "sys/result.hpp"
#include "sys/system.hpp"

namespace runvisor::runsvdir {

/// Why a name in the scan directory is none to be supervised now, where that is worth a word.
struct Unusable {
  std::string name;
  sys::Error error;
};

/// Why the scan directory itself cannot be read: which step failed, in runit's words, and its cause.
struct Unreadable {
  std::string_view step;
  sys::Error error;
};

/// Reads a scan directory: which of its entries are service directories.
class ScanDirectory {
 public:
  struct Content {
    std::vector<core::FoundDirectory> found;
    std::vector<Unusable> unusable;
  };

  ScanDirectory(sys::System& system, std::string path) : system_(system), path_(std::move(path)) {}

  /// Opens the directory anew, so that a replaced one is seen, and lists it. After an error the one opened
  /// before stays open.
  [[nodiscard]] std::variant<Content, Unreadable> read();
  /// One entry, as read() would give it; none if it is no directory.
  [[nodiscard]] sys::Result<std::optional<core::FoundDirectory>> look(const std::string& name);

  /// The open directory, -1 before the first successful read().
  [[nodiscard]] int descriptor() const noexcept { return directory_.get(); }
  [[nodiscard]] const std::string& path() const noexcept { return path_; }

 private:
  sys::System& system_;
  std::string path_;
  sys::Fd directory_;
};

}  // namespace runvisor::runsvdir
