#include "sys/login_records.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utmp.h>

#include <algorithm>
#include <cstring>

namespace runvisor::sys {
namespace {

/// A field that is ended by a zero byte only if it is not full.
template <std::size_t N>
std::string_view text_of(const char (&field)[N]) noexcept {
  return {field, ::strnlen(field, N)};
}

template <typename Call>
auto uninterrupted(Call call) noexcept {
  auto returned = call();
  while (returned == -1 && errno == EINTR) returned = call();
  return returned;
}

}  // namespace

Result<void> lock_records(int fd) noexcept {
  if (uninterrupted([=] { return ::flock(fd, LOCK_EX); }) == -1) return last_error();
  // The C library's functions lock like this.
  struct flock whole {};
  whole.l_type = F_WRLCK;
  whole.l_whence = SEEK_SET;
  return checked_void(uninterrupted([&] { return ::fcntl(fd, F_SETLKW, &whole); }));
}

Result<bool> log_out(int fd, std::string_view line, LoginTime now) noexcept {
  utmp record{};
  for (off_t at = 0;; at += static_cast<off_t>(sizeof record)) {
    const ssize_t count = uninterrupted([&] { return ::pread(fd, &record, sizeof record, at); });
    if (count == -1) return last_error();
    if (count != static_cast<ssize_t>(sizeof record)) return false;
    if (record.ut_user[0] == '\0' || text_of(record.ut_line) != line) continue;
    record.ut_type = DEAD_PROCESS;
    std::memset(record.ut_user, 0, sizeof record.ut_user);
    std::memset(record.ut_host, 0, sizeof record.ut_host);
    record.ut_tv.tv_sec = static_cast<decltype(record.ut_tv.tv_sec)>(now.time_since_epoch().count());
    const ssize_t written = uninterrupted([&] { return ::pwrite(fd, &record, sizeof record, at); });
    if (written == -1) return last_error();
    if (written != static_cast<ssize_t>(sizeof record)) return Error{EIO};
    return true;
  }
}

Result<void> append_logout(int fd, std::string_view line, LoginTime now) noexcept {
  utmp record{};
  record.ut_type = DEAD_PROCESS;
  std::memcpy(record.ut_line, line.data(), std::min(line.size(), sizeof record.ut_line));
  record.ut_tv.tv_sec = static_cast<decltype(record.ut_tv.tv_sec)>(now.time_since_epoch().count());
  struct stat before {};
  if (::fstat(fd, &before) == -1) return last_error();
  const ssize_t written = uninterrupted([&] { return ::write(fd, &record, sizeof record); });
  if (written == static_cast<ssize_t>(sizeof record)) return {};
  const Error error = written == -1 ? last_error() : Error{ENOSPC};
  if (written > 0 && ::ftruncate(fd, before.st_size) == -1) return last_error();
  return error;
}

}  // namespace runvisor::sys
