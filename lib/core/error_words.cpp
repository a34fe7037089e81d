#include "core/error_words.hpp"

#include <cerrno>
#include <iterator>

namespace runvisor::core {
namespace {

struct Words {
  int error_number;
  std::string_view words;
};

constexpr Words kWords[] = {
    {ENOENT, "file does not exist"},
    {EACCES, "access denied"},
    {EPERM, "permission denied"},
    {ENXIO, "device not configured"},
    {EEXIST, "file already exists"},
    {ENOTDIR, "not a directory"},
    {EISDIR, "is a directory"},
    {EAGAIN, "temporary failure"},
    {EINTR, "interrupted system call"},
    {ENOMEM, "out of memory"},
    {EIO, "input/output error"},
    {ENOSPC, "out of disk space"},
    {EROFS, "read-only file system"},
    {ENOEXEC, "exec format error"},
    {ETXTBSY, "text busy"},
    {EBADF, "file descriptor not open"},
    {EPIPE, "broken pipe"},
    {ESRCH, "no such process"},
    {E2BIG, "argument list too long"},
    {ECHILD, "no child processes"},
    {EBUSY, "device busy"},
    {EINVAL, "invalid argument"},
    {ENFILE, "system cannot open more files"},
    {EMFILE, "process cannot open more files"},
    {EFBIG, "file too big"},
    {EMLINK, "too many links"},
    {ELOOP, "symbolic link loop"},
    {ENAMETOOLONG, "file name too long"},
    {ENOTEMPTY, "directory not empty"},
    {EDQUOT, "disk quota exceeded"},
    {ENOSYS, "system call not available"},
};

}  // namespace

std::string_view error_words(int error_number) noexcept {
  for (const Words& entry : kWords) {
    if (entry.error_number == error_number) return entry.words;
  }
  return "unknown system error";
}

}  // namespace runvisor::core
