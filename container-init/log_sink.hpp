#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "core/container_log.hpp"
#include "sys/fd.hpp"
#include "sys/poller.hpp"
#include "sys/result.hpp"

namespace runvisor::container_init {

/// Takes pipes from a socket, and shows on standard output what comes from them, line by line.
class LogSink {
 public:
  LogSink(sys::Fd socket, core::LineStyle style) : socket_(std::move(socket)), style_(style) {}

  /// Runs until no pipe is left and nobody can send another.
  [[nodiscard]] sys::Result<void> run();

 private:
  struct Source {
    sys::Fd pipe;
    std::string name;
    core::OutputStream stream = core::OutputStream::output;
    core::LineCutter lines;
  };

  void accept(sys::Poller& poller);
  void answer(const core::CollectorAnswer& answer) const;
  /// Whether there may be more.
  [[nodiscard]] bool read(Source& source);
  void show(Source& source, std::string_view line);

  sys::Fd socket_;
  core::LineStyle style_;
  /// Somebody at the other end of the socket may send another.
  bool may_get_more_ = true;
  std::map<std::uint64_t, Source> sources_;
  std::string shown_;
};

}  // namespace runvisor::container_init
