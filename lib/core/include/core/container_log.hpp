#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/time.hpp"

namespace runvisor::core {

/// Which of a service's two outputs a line came from.
enum class OutputStream : bool { output, errors };

/// How lines of several services are told apart where they come together.
enum class LineStyle : bool { text, json };

/// Appends one line, given without its newline: `NAME: LINE`, or an object with time (UTC, RFC 3339),
/// service, stream and message. In JSON, bytes that are no UTF-8 become replacement characters.
void append_line(std::string& out, LineStyle style, WallTime time, std::string_view name, OutputStream stream,
                 std::string_view line);

/// Cuts a stream into lines. One that is longer than kMostLine is passed on in parts, so that nothing grows
/// without bound.
class LineCutter {
 public:
  static constexpr std::size_t kMostLine = 16384;

  void add(std::string_view bytes) { held_ += bytes; }
  /// The next complete line or part of one; none if there is none yet. Valid until the next call.
  [[nodiscard]] std::optional<std::string_view> take();
  /// At the stream's end, the line that has no newline.
  [[nodiscard]] std::optional<std::string_view> take_last();

 private:
  std::string held_;
  /// What has been handed out already.
  std::size_t taken_ = 0;
};

}  // namespace runvisor::core
