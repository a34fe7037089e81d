#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>

#include <chrono>
#include <utility>

#include <boost/asio/posix/stream_descriptor.hpp>

#include "event/loop.hpp"
#include "loop_impl.hpp"

namespace runvisor::event {
namespace {

using Descriptor = boost::asio::posix::stream_descriptor;

/// How often a descriptor is looked at that the system cannot watch.
constexpr std::chrono::seconds kBetweenLooks{1};

/// Whether the system would watch a descriptor now. Asio forgets what it has allocated for one that it was
/// refused, so it is not asked again for nothing.
bool watchable(int fd) noexcept {
  const sys::Fd epoll{::epoll_create1(EPOLL_CLOEXEC)};
  epoll_event event{};
  return epoll && ::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, fd, &event) == 0;
}

}  // namespace

struct Readable::Impl : std::enable_shared_from_this<Impl> {
  Impl(Loop& with_loop, sys::Fd owned, std::function<void()> callback, Of of)
      : loop(with_loop),
        fd(std::move(owned)),
        descriptor(loop.impl().context),
        ready(std::move(callback)),
        awaited(of),
        next_look(loop, [this] { look(); }) {
    // Asio would do so at the first wait.
    if (!watch()) ::fcntl(fd.get(), F_SETFL, ::fcntl(fd.get(), F_GETFL) | O_NONBLOCK);
  }

  bool watch() {
    boost::system::error_code error;
    descriptor.assign(fd.get(), error);
    refused.reset();
    if (error) refused = sys::Error{error.value()};
    return !refused;
  }

  /// In place of an event, while there are none.
  void look() {
    if (watchable(fd.get()) && watch()) {
      loop.impl().report(std::nullopt);
      async_wait();
      return;
    }
    pollfd looked{.fd = fd.get(), .events = POLLPRI, .revents = 0};
    if (awaited == Of::input) looked.events = POLLIN;
    found = ::poll(&looked, 1, 0) > 0;
    if (found) {
      ready();
    } else {
      next_look.arm(std::chrono::steady_clock::now() + kBetweenLooks);
    }
  }

  void async_wait();

  Loop& loop;
  sys::Fd fd;
  Descriptor descriptor;
  std::function<void()> ready;
  Of awaited;
  /// Why the system does not watch it.
  std::optional<sys::Error> refused;
  Timer next_look;
  /// The last look found something: there may be more.
  bool found = false;
};

void Readable::Impl::async_wait() {
  descriptor.async_wait(awaited == Of::input ? Descriptor::wait_read : Descriptor::wait_error,
                        [weak = weak_from_this()](const boost::system::error_code& error) {
                          const auto impl = weak.lock();
                          if (impl && !error) impl->ready();
                        });
}

Readable::Readable(Loop& loop, sys::Fd fd, std::function<void()> ready, Of of)
    : impl_(std::make_shared<Impl>(loop, std::move(fd), std::move(ready), of)) {}

Readable::~Readable() {
  if (!impl_->refused) impl_->descriptor.release();
}

void Readable::wait() {
  Impl& that = *impl_;
  if (!that.refused) {
    that.async_wait();
    return;
  }
  that.loop.impl().report(that.refused);
  const auto now = std::chrono::steady_clock::now();
  that.next_look.arm(std::exchange(that.found, false) ? now : now + kBetweenLooks);
}

std::optional<sys::Error> Readable::refused() const noexcept { return impl_->refused; }

int Readable::fd() const noexcept { return impl_->fd.get(); }

}  // namespace runvisor::event
