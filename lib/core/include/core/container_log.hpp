#pragma once

#include <cstdint>
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

/// The two programs that collect services' output talk about streams by numbers: one announces each with the
/// descriptor that it sends, the other one answers that it would take another, or that one has ended.
/// `about` is the stream, as the service's supervisor tells: `o` or `e`, and the service's name.
[[nodiscard]] std::string stream_announcement(std::uint32_t id, std::string_view about);
struct AnnouncedStream {
  std::uint32_t id;
  OutputStream stream;
  std::string name;
};
[[nodiscard]] std::optional<AnnouncedStream> parse_stream_announcement(std::string_view text);

struct CollectorAnswer {
  /// The stream that has ended; none if another one would be taken.
  std::optional<std::uint32_t> ended;
};
[[nodiscard]] std::string to_text(const CollectorAnswer& answer);
[[nodiscard]] std::optional<CollectorAnswer> parse_collector_answer(std::string_view text);

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
