#pragma once

#include <functional>
#include <optional>
#include <utility>

#include <boost/asio/io_context.hpp>

#include "event/loop.hpp"

namespace runvisor::event {

struct Loop::Impl {
  explicit Impl(std::function<void(sys::Error)> callback) : unwatched(std::move(callback)) {}

  /// A descriptor was refused, or one is watched again. Tells the first refusal in a row.
  void report(std::optional<sys::Error> refused) {
    const bool is_first = refused && !reported;
    reported = refused.has_value();
    if (is_first && unwatched) unwatched(*refused);
  }

  boost::asio::io_context context{BOOST_ASIO_CONCURRENCY_HINT_UNSAFE};
  std::function<void(sys::Error)> unwatched;
  bool reported = false;
};

}  // namespace runvisor::event
