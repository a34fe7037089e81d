#include "sys/variable_directory.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "sys/fd.hpp"
#include "sys/trust.hpp"

namespace runvisor::sys {
namespace {

using Step = VariableFailure::Step;

/// The kernel takes no string of 32 pages or more. Source: execve(2).
constexpr std::size_t kMostValue = std::size_t{1} << 20;

/// A directory of variables, and in it only what those who may write there could have read themselves.
struct Folder {
  explicit Folder(const char* path) : fd(::open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
    untrusted = !fd || ::fstat(fd.get(), &status) == -1 || is_untrusted(status);
  }

  [[nodiscard]] Result<Fd> open(const char* name) const {
    const int flags = O_RDONLY | O_NONBLOCK | O_CLOEXEC | (untrusted ? O_NOFOLLOW : 0);
    Fd file{::openat(fd.get(), name, flags)};
    if (!file) return last_error();
    if (!untrusted) return file;
    struct stat found {};
    if (::fstat(file.get(), &found) == -1) return last_error();
    if (S_ISDIR(found.st_mode)) return Error{EISDIR};
    if (!is_theirs(found, status)) return Error{EACCES};
    return file;
  }

  Fd fd;
  struct stat status {};
  bool untrusted = true;
};

/// The beginning of a file, with its first line in it.
Result<std::string> read_first_line(const Folder& folder, const char* name) {
  const auto file = folder.open(name);
  if (!file) return file.error();
  std::string text;
  char buffer[2048];
  for (;;) {
    const ssize_t got = ::read(file->get(), buffer, sizeof buffer);
    if (got == -1 && errno == EINTR) continue;
    if (got == -1) return last_error();
    if (got == 0) return text;
    const auto size = static_cast<std::size_t>(got);
    text.append(buffer, size);
    if (std::memchr(buffer, '\n', size) != nullptr) return text;
    if (text.size() > kMostValue) return Error{E2BIG};
  }
}

/// The error of a file that could not be read, told of the directory if that is the cause.
VariableFailure file_failure(int directory, const char* name, Error error) {
  if (number(error) == EACCES && ::faccessat(directory, ".", X_OK, AT_EACCESS) == -1) {
    return {Step::enter, {}, error};
  }
  return {Step::read, name, error};
}

}  // namespace

boost::system::result<VariableDirectory, VariableFailure> read_variables(const char* directory) {
  const Folder folder{directory};
  if (!folder.fd) {
    const Error error = last_error();
    // Without the permission to read, it could still be entered.
    const bool may_enter = number(error) == EACCES && ::access(directory, X_OK) == 0;
    return VariableFailure{may_enter ? Step::open : Step::enter, {}, error};
  }
  VariableDirectory found;
  alignas(dirent64) char buffer[8192];
  for (;;) {
    const ssize_t size = ::getdents64(folder.fd.get(), reinterpret_cast<dirent64*>(buffer), sizeof buffer);
    if (size == -1) return VariableFailure{Step::list, {}, last_error()};
    if (size == 0) return found;
    for (ssize_t at = 0; at < size;) {
      const char* const entry = buffer + at;
      unsigned short length = 0;
      std::memcpy(&length, entry + offsetof(dirent64, d_reclen), sizeof length);
      at += length;
      const char* const name = entry + offsetof(dirent64, d_name);
      if (name[0] == '.') continue;
      const auto text = read_first_line(folder, name);
      if (text) {
        found.changes.push_back(core::variable_change(name, *text));
      } else if (number(text.error()) == EISDIR) {
        found.directories.emplace_back(name);
      } else if (number(text.error()) != ENOENT) {
        return file_failure(folder.fd.get(), name, text.error());
      }
    }
  }
}

void throw_exception_from_error(const VariableFailure& /*failure*/, const boost::source_location& /*where*/) {
  std::abort();
}

}  // namespace runvisor::sys
