#include <utility>

#include <boost/asio/steady_timer.hpp>

#include "event/loop.hpp"
#include "loop_impl.hpp"

namespace runvisor::event {

struct Timer::Impl {
  explicit Impl(Loop& loop) : timer(loop.impl().context) {}

  boost::asio::steady_timer timer;
  /// Counts arm() and disarm(): a call that was already under way when it was taken back is none.
  unsigned generation = 0;
};

Timer::Timer(Loop& loop, std::function<void()> expired) : loop_(loop), expired_(std::move(expired)) {}
Timer::~Timer() = default;

void Timer::arm(core::SteadyTime at) {
  // Most timers are never armed: the system's part is made when it is needed.
  if (!impl_) impl_ = std::make_shared<Impl>(loop_);
  impl_->timer.expires_at(at);
  impl_->timer.async_wait([this, weak = std::weak_ptr<Impl>(impl_),
                           generation = ++impl_->generation](const boost::system::error_code& error) {
    const auto impl = weak.lock();
    if (impl && !error && impl->generation == generation) expired_();
  });
}

void Timer::disarm() noexcept {
  if (!impl_) return;
  ++impl_->generation;
  impl_->timer.cancel();
}

}  // namespace runvisor::event
