#include "sys/trust.hpp"

#include <unistd.h>

namespace runvisor::sys {
namespace {

bool is_trusted(uid_t user) noexcept { return user == 0 || user == ::geteuid(); }

}  // namespace

bool is_untrusted(const struct stat& directory) noexcept {
  return !is_trusted(directory.st_uid) || (directory.st_mode & (S_IWGRP | S_IWOTH)) != 0;
}

bool is_theirs(const struct stat& file, const struct stat& directory) noexcept {
  if (!S_ISREG(file.st_mode)) return false;
  if (!is_trusted(file.st_uid) || (file.st_mode & S_IROTH) != 0) return true;
  return file.st_gid == directory.st_gid && (file.st_mode & S_IRGRP) != 0;
}

bool is_own(const struct stat& file) noexcept {
  return S_ISREG(file.st_mode) && file.st_nlink == 1 && file.st_uid == ::geteuid();
}

}  // namespace runvisor::sys
