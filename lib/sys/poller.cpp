#include "sys/poller.hpp"

#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <climits>

namespace runvisor::sys {

Result<Poller> Poller::create() noexcept {
  Fd epoll{::epoll_create1(EPOLL_CLOEXEC)};
  if (!epoll) return last_error();
  return Poller{std::move(epoll)};
}

Result<void> Poller::add(int fd, std::uint32_t events, Tag tag) noexcept {
  epoll_event event{};
  event.events = events;
  event.data.u64 = tag;
  return checked_void(::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event));
}

Result<void> Poller::add_readable(int fd, Tag tag) noexcept { return add(fd, EPOLLIN, tag); }

// Errors and hang-ups are told without being asked for.
Result<void> Poller::add_hangup(int fd, Tag tag) noexcept { return add(fd, 0, tag); }

void Poller::remove(int fd) noexcept { (void)::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr); }

std::vector<Poller::Tag> Poller::wait(std::chrono::nanoseconds timeout) {
  // Rounded up: waking before a deadline would mean turning in circles until it comes.
  const auto milliseconds =
      std::chrono::ceil<std::chrono::milliseconds>(std::max(timeout, decltype(timeout){0}));
  std::array<epoll_event, 64> events{};
  const int ready = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()),
                                 static_cast<int>(std::min<std::int64_t>(milliseconds.count(), INT_MAX)));
  std::vector<Tag> tags;
  tags.reserve(events.size());
  for (int i = 0; i < ready; ++i) tags.push_back(events.at(static_cast<std::size_t>(i)).data.u64);
  return tags;
}

}  // namespace runvisor::sys
