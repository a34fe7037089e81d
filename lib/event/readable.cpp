#include <utility>

#include <boost/asio/posix/stream_descriptor.hpp>

#include "event/loop.hpp"
#include "loop_impl.hpp"

namespace runvisor::event {

struct Readable::Impl {
  Impl(Loop& loop, int fd, std::function<void()> callback, Of of)
      : descriptor(loop.impl().context, fd),
        ready(std::move(callback)),
        awaited(of == Of::input ? boost::asio::posix::descriptor_base::wait_read
                                : boost::asio::posix::descriptor_base::wait_error) {}

  boost::asio::posix::stream_descriptor descriptor;
  std::function<void()> ready;
  boost::asio::posix::descriptor_base::wait_type awaited;
};

Readable::Readable(Loop& loop, sys::Fd fd, std::function<void()> ready, Of of)
    : impl_(std::make_shared<Impl>(loop, fd.release(), std::move(ready), of)) {}

Readable::~Readable() {
  boost::system::error_code ignored;
  impl_->descriptor.close(ignored);
}

void Readable::wait() {
  impl_->descriptor.async_wait(impl_->awaited,
                               [weak = std::weak_ptr<Impl>(impl_)](const boost::system::error_code& error) {
                                 const auto impl = weak.lock();
                                 if (impl && !error) impl->ready();
                               });
}

int Readable::fd() const noexcept { return impl_->descriptor.native_handle(); }

}  // namespace runvisor::event
