#include "sys/login_records.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utmp.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace runvisor::sys {
namespace {

/// A login record as glibc lays it out, also where the programs are linked with another C library.
struct Record {
#ifdef __x86_64__
  using Number = std::int32_t;
#else
  using Number = std::int64_t;
#endif
  std::int16_t type;
  std::int32_t pid;
  char line[32];
  char id[4];
  char user[32];
  char host[256];
  std::int16_t exit[2];
  Number session;
  Number seconds;
  Number microseconds;
  std::int32_t address[4];
  char unused[20];
};
#ifdef __GLIBC__
static_assert(sizeof(Record) == sizeof(utmp) && offsetof(Record, host) == offsetof(utmp, ut_host) &&
              offsetof(Record, seconds) == offsetof(utmp, ut_tv));
#endif

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
  Record record{};
  for (off_t at = 0;; at += static_cast<off_t>(sizeof record)) {
    const ssize_t count = uninterrupted([&] { return ::pread(fd, &record, sizeof record, at); });
    if (count == -1) return last_error();
    if (count != static_cast<ssize_t>(sizeof record)) return false;
    if (record.user[0] == '\0' || text_of(record.line) != line) continue;
    record.type = DEAD_PROCESS;
    std::memset(record.user, 0, sizeof record.user);
    std::memset(record.host, 0, sizeof record.host);
    record.seconds = static_cast<Record::Number>(now.time_since_epoch().count());
    const ssize_t written = uninterrupted([&] { return ::pwrite(fd, &record, sizeof record, at); });
    if (written == -1) return last_error();
    if (written != static_cast<ssize_t>(sizeof record)) return Error{EIO};
    return true;
  }
}

Result<void> append_logout(int fd, std::string_view line, LoginTime now) noexcept {
  Record record{};
  record.type = DEAD_PROCESS;
  std::memcpy(record.line, line.data(), std::min(line.size(), sizeof record.line));
  record.seconds = static_cast<Record::Number>(now.time_since_epoch().count());
  struct stat before {};
  if (::fstat(fd, &before) == -1) return last_error();
  const ssize_t written = uninterrupted([&] { return ::write(fd, &record, sizeof record); });
  if (written == static_cast<ssize_t>(sizeof record)) return {};
  const Error error = written == -1 ? last_error() : Error{ENOSPC};
  if (written > 0 && ::ftruncate(fd, before.st_size) == -1) return last_error();
  return error;
}

}  // namespace runvisor::sys
