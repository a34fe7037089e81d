#include "sys/replace_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>

#include "sys/fd.hpp"
#include "sys/output.hpp"

namespace runvisor::sys {
namespace {

constexpr mode_t kPermissions = 0777;

Result<void> overwrite(const std::string& path, std::string_view content) {
  const Fd file{::open(path.c_str(), O_WRONLY | O_TRUNC | O_NONBLOCK | O_CLOEXEC)};
  if (!file) return last_error();
  return write_all(file.get(), content);
}

/// Beside the file, and with a dot in front: nobody takes it for a file of its own.
std::string temporary_for(const std::string& path) {
  const std::size_t name = path.rfind('/') + 1;
  std::string temporary = path.substr(0, name);
  temporary += '.';
  // The name must not become too long for the file system.
  temporary += path.substr(name, 200);
  return temporary += ".new";
}

Result<void> write_new(const std::string& temporary, std::string_view content, const FileRights& rights) {
  (void)::unlink(temporary.c_str());
  const Fd file{::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600)};
  if (!file) return last_error();
  // An owner that cannot be given is not: then the mode may open it to the wrong group.
  const bool is_given = ::fchown(file.get(), rights.owner, rights.group) == 0;
  const mode_t mode = is_given ? rights.mode : rights.mode & ~mode_t{070};
  if (::fchmod(file.get(), mode & kPermissions) == -1) return last_error();
  return write_all(file.get(), content);
}

}  // namespace

Result<void> replace_file(const std::string& path, std::string_view content, const FileRights& rights) {
  struct stat old {};
  const bool exists = ::lstat(path.c_str(), &old) == 0;
  // What a symlink leads to stays where it is.
  if (exists && !S_ISREG(old.st_mode)) return overwrite(path, content);
  const std::string temporary = temporary_for(path);
  const FileRights kept = exists ? FileRights{old.st_mode, old.st_uid, old.st_gid} : rights;
  auto written = write_new(temporary, content, kept);
  if (written) written = checked_void(::rename(temporary.c_str(), path.c_str()));
  if (written) return {};
  (void)::unlink(temporary.c_str());
  if (!exists) return written;
  return overwrite(path, content);
}

}  // namespace runvisor::sys
