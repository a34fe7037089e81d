#include "event/loop.hpp"

#include <algorithm>
#include <utility>

#include <boost/asio/executor_work_guard.hpp>

#include "loop_impl.hpp"

namespace runvisor::event {
namespace {

/// A turn ends after this many events even if more keep coming: what it changed is to be seen.
constexpr int kMostEventsOfATurn = 64;

}  // namespace

Loop::Loop(std::function<void(sys::Error)> unwatched) : impl_(std::make_unique<Impl>(std::move(unwatched))) {}
Loop::~Loop() = default;

void Loop::run() {
  const auto guard = boost::asio::make_work_guard(impl_->context);
  while (true) {
    // What start-up asked for counts as a turn as well.
    for (const auto work : std::exchange(turn_ends_, {})) work->end_turn();
    if (std::exchange(stopped_, false)) return;
    if (!turn_ends_.empty()) continue;
    impl_->context.run_one();
    for (int events = 1; events < kMostEventsOfATurn && impl_->context.poll_one() != 0; ++events) {
    }
  }
}

void Loop::at_turn_end(TurnEnd& work) {
  if (std::find(turn_ends_.begin(), turn_ends_.end(), &work) == turn_ends_.end()) turn_ends_.push_back(&work);
}

void Loop::forget(TurnEnd& work) noexcept { std::erase(turn_ends_, &work); }

}  // namespace runvisor::event
