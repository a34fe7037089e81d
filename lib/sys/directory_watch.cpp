#include "sys/directory_watch.hpp"

#include <sys/inotify.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <iterator>

namespace runvisor::sys {
namespace {

/// Magic numbers of file systems whose files change on another machine or in a user's program. Source:
/// statfs(2), linux/magic.h and the kernel's file systems.
constexpr std::uint32_t kRemoteFileSystems[] = {
    0x00006969,  // nfs
    0x0000517b,  // smb
    0xff534d42,  // cifs
    0xfe534d42,  // smb2
    0x01021997,  // 9p
    0x65735546,  // fuse
    0x00c36400,  // ceph
    0x5346414f,  // afs
    0x0bd00bd0,  // lustre
    0x01161970,  // gfs2
    0x7461636f,  // ocfs2
    0x786f4256,  // vboxsf
    0xbacbacbc,  // vmhgfs
};

}  // namespace

Result<DirectoryWatch> DirectoryWatch::create(std::uint32_t events) noexcept {
  Fd inotify{::inotify_init1(IN_CLOEXEC | IN_NONBLOCK)};
  if (!inotify) return last_error();
  return DirectoryWatch{std::move(inotify), events};
}

Result<int> DirectoryWatch::add(const char* path, std::uint32_t events) noexcept {
  return checked(::inotify_add_watch(inotify_.get(), path, events | IN_ONLYDIR | IN_MASK_ADD));
}

void DirectoryWatch::remove(int id) noexcept { ::inotify_rm_watch(inotify_.get(), id); }

bool DirectoryWatch::fill(Batch& batch) noexcept {
  const ssize_t size = ::read(inotify_.get(), batch.bytes, sizeof batch.bytes);
  batch.at = 0;
  batch.size = size > 0 ? static_cast<std::size_t>(size) : 0;
  return size > 0;
}

std::optional<DirectoryWatch::Event> DirectoryWatch::take(Batch& batch) noexcept {
  if (batch.size - batch.at < sizeof(inotify_event)) return std::nullopt;
  inotify_event event{};
  std::memcpy(&event, batch.bytes + batch.at, sizeof event);
  const char* const name = batch.bytes + batch.at + sizeof event;
  batch.at += sizeof event + event.len;
  return Event{event.wd, event.mask, {name, ::strnlen(name, event.len)}};
}

bool tells_changes(const char* path) noexcept {
  struct statfs found {};
  if (::statfs(path, &found) == -1) return false;
  const auto magic = static_cast<std::uint32_t>(found.f_type);
  return std::find(std::begin(kRemoteFileSystems), std::end(kRemoteFileSystems), magic) ==
         std::end(kRemoteFileSystems);
}

}  // namespace runvisor::sys
