#include "sys/directory_watch.hpp"

#include <sys/inotify.h>
#include <unistd.h>

#include <cstring>

namespace runvisor::sys {

Result<DirectoryWatch> DirectoryWatch::create() noexcept {
  Fd inotify{::inotify_init1(IN_CLOEXEC | IN_NONBLOCK)};
  if (!inotify) return last_error();
  return DirectoryWatch{std::move(inotify)};
}

Result<int> DirectoryWatch::add(const char* path) noexcept {
  return checked(::inotify_add_watch(inotify_.get(), path, IN_MOVED_TO | IN_ONLYDIR));
}

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
  return Event{event.wd, {name, ::strnlen(name, event.len)}, (event.mask & IN_Q_OVERFLOW) != 0};
}

}  // namespace runvisor::sys
