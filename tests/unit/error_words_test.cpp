#include "core/error_words.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <set>
#include <string>
#include <utility>

namespace runvisor::core {
namespace {

/// Printed by Debian's sv 2.1.2 after "unable to change to service directory: ", its chdir() having been made
/// to fail with each value in turn.
constexpr std::pair<int, const char*> kPrintedBySv[] = {
    {EPERM, "permission denied"},
    {ENOENT, "file does not exist"},
    {ESRCH, "no such process"},
    {EINTR, "interrupted system call"},
    {EIO, "input/output error"},
    {ENXIO, "device not configured"},
    {E2BIG, "argument list too long"},
    {ENOEXEC, "exec format error"},
    {EBADF, "file descriptor not open"},
    {ECHILD, "no child processes"},
    {EAGAIN, "temporary failure"},
    {ENOMEM, "out of memory"},
    {EACCES, "access denied"},
    {EFAULT, "bad address"},
    {ENOTBLK, "not a block device"},
    {EBUSY, "device busy"},
    {EEXIST, "file already exists"},
    {EXDEV, "cross-device link"},
    {ENODEV, "device does not support operation"},
    {ENOTDIR, "not a directory"},
    {EISDIR, "is a directory"},
    {EINVAL, "invalid argument"},
    {ENFILE, "system cannot open more files"},
    {EMFILE, "process cannot open more files"},
    {ENOTTY, "not a tty"},
    {ETXTBSY, "text busy"},
    {EFBIG, "file too big"},
    {ENOSPC, "out of disk space"},
    {ESPIPE, "unseekable descriptor"},
    {EROFS, "read-only file system"},
    {EMLINK, "too many links"},
    {EPIPE, "broken pipe"},
    {EDOM, "input out of range"},
    {ERANGE, "output out of range"},
    {EDEADLK, "operation would cause deadlock"},
    {ENAMETOOLONG, "file name too long"},
    {ENOLCK, "no locks available"},
    {ENOSYS, "system call not available"},
    {ENOTEMPTY, "directory not empty"},
    {ELOOP, "symbolic link loop"},
    {ENOMSG, "no message of desired type"},
    {EIDRM, "identifier removed"},
    {ENOSTR, "not a stream device"},
    {ETIME, "timer expired"},
    {ENOSR, "out of stream resources"},
    {ENONET, "machine not on network"},
    {EREMOTE, "too many levels of remote in path"},
    {ENOLINK, "link severed"},
    {EADV, "advertise error"},
    {ESRMNT, "srmount error"},
    {ECOMM, "communication error"},
    {EPROTO, "protocol error"},
    {EMULTIHOP, "multihop attempted"},
    {EBADMSG, "bad message type"},
    {EREMCHG, "remote address changed"},
    {EUSERS, "too many users"},
    {ENOTSOCK, "not a socket"},
    {EDESTADDRREQ, "destination address required"},
    {EMSGSIZE, "message too long"},
    {EPROTOTYPE, "incorrect protocol type"},
    {ENOPROTOOPT, "protocol not available"},
    {EPROTONOSUPPORT, "protocol not supported"},
    {ESOCKTNOSUPPORT, "socket type not supported"},
    {EOPNOTSUPP, "operation not supported"},
    {EPFNOSUPPORT, "protocol family not supported"},
    {EAFNOSUPPORT, "address family not supported"},
    {EADDRINUSE, "address already used"},
    {EADDRNOTAVAIL, "address not available"},
    {ENETDOWN, "network down"},
    {ENETUNREACH, "network unreachable"},
    {ENETRESET, "network reset"},
    {ECONNABORTED, "connection aborted"},
    {ECONNRESET, "connection reset"},
    {ENOBUFS, "out of buffer space"},
    {EISCONN, "already connected"},
    {ENOTCONN, "not connected"},
    {ESHUTDOWN, "socket shut down"},
    {ETOOMANYREFS, "too many references"},
    {ETIMEDOUT, "timed out"},
    {ECONNREFUSED, "connection refused"},
    {EHOSTDOWN, "host down"},
    {EHOSTUNREACH, "host unreachable"},
    {EALREADY, "operation already in progress"},
    {EINPROGRESS, "operation in progress"},
    {ESTALE, "stale NFS file handle"},
    {EDQUOT, "disk quota exceeded"},
};

TEST(ErrorWords, AreThoseThatRunitPrints) {
  for (const auto& [error_number, words] : kPrintedBySv) EXPECT_EQ(error_words(error_number), words);
}

TEST(ErrorWords, CallEveryOtherValueUnknown) {
  std::set<int> known;
  for (const auto& row : kPrintedBySv) known.insert(row.first);
  for (int error_number = 1; error_number < 4096; ++error_number) {
    if (known.contains(error_number)) continue;
    EXPECT_EQ(error_words(error_number), "unknown error") << error_number;
  }
  EXPECT_EQ(error_words(-1), "unknown error");
}

TEST(ErrorWords, TellDifferentErrorsApart) {
  std::set<std::string> seen;
  for (const auto& row : kPrintedBySv) EXPECT_TRUE(seen.emplace(error_words(row.first)).second) << row.second;
}

}  // namespace
}  // namespace runvisor::core
