#pragma once

#include <boost/asio/io_context.hpp>

#include "event/loop.hpp"

namespace runvisor::event {

struct Loop::Impl {
  boost::asio::io_context context{BOOST_ASIO_CONCURRENCY_HINT_UNSAFE};
};

}  // namespace runvisor::event
