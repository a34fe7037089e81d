#pragma once

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include <catch2/catch.hpp>

#include "support/temp_dir.hpp"

namespace runvisor::testing {

/// A user without privileges, to whom root gives a directory or a FIFO, and a file of root's that is none of
/// that user's business.
class Neighbour {
 public:
  explicit Neighbour(const TempDir& scratch) : secret_(scratch / "secret") {
    write_file(secret_, kSecret, 0600);
  }

  static constexpr const char* kSecret = "peter:a secret of root's\n";
  [[nodiscard]] static uid_t id() { return 200'000 + static_cast<uid_t>(::getpid()); }

  /// Gives a file or directory to the user.
  static void give(const std::filesystem::path& path, unsigned mode) {
    REQUIRE(::lchown(path.c_str(), id(), id()) == 0);
    REQUIRE(::chmod(path.c_str(), mode) == 0);
  }
  static void give_directory(const std::filesystem::path& path, unsigned mode = 0755) {
    std::filesystem::create_directories(path);
    give(path, mode);
  }

  [[nodiscard]] const std::filesystem::path& secret() const { return secret_; }
  /// Whether the file is as it was: content, mode and owner.
  [[nodiscard]] bool secret_is_untouched() const {
    struct stat found {};
    return ::stat(secret_.c_str(), &found) == 0 && (found.st_mode & 07777) == 0600 && found.st_uid == 0 &&
           read_file(secret_) == kSecret;
  }

 private:
  std::filesystem::path secret_;
};

}  // namespace runvisor::testing
