#include "log/config.hpp"

#include <algorithm>
#include <charconv>
#include <span>

namespace runvisor::log {
namespace {

constexpr std::uint16_t kSyslogPort = 514;

/// The number at the beginning of `text`, which it is cut off from; 0 if there is none, the largest if it is
/// larger.
std::uint64_t take_number(std::string_view& text) noexcept {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc::result_out_of_range) value = UINT64_MAX;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

std::uint64_t times(std::uint64_t value, std::uint64_t unit) noexcept {
  return value > UINT64_MAX / unit ? UINT64_MAX : value * unit;
}

std::uint64_t parse_size(std::string_view text) noexcept {
  const std::uint64_t value = take_number(text);
  if (text.starts_with('k')) return times(value, 1024);
  if (text.starts_with('m')) return times(value, std::uint64_t{1024} * 1024);
  return value;
}

std::chrono::seconds parse_age(std::string_view text) noexcept {
  // A hundred years: far enough, and no sum of it with a time overflows.
  constexpr std::uint64_t kLongest = std::uint64_t{100} * 366 * 24 * 3600;
  std::uint64_t value = take_number(text);
  if (text.starts_with('m')) value = times(value, 60);
  if (text.starts_with('h')) value = times(value, 3600);
  return std::chrono::seconds{std::min(value, kLongest)};
}

/// Four decimal numbers with dots between them, and nothing else.
bool parse_ipv4(std::string_view text, std::span<std::uint8_t, 4> out) noexcept {
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (i > 0) {
      if (!text.starts_with('.')) return false;
      text.remove_prefix(1);
    }
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out[i]);
    if (error != std::errc{}) return false;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  }
  return text.empty();
}

/// Groups of hexadecimal digits with colons between them, appended to `out` from `at` on. The last one may be
/// an IPv4 address.
bool parse_groups(std::string_view text, std::array<std::uint8_t, 16>& out, std::size_t& at) noexcept {
  while (true) {
    const std::size_t colon = text.find(':');
    const std::string_view group = text.substr(0, colon);
    if (colon == std::string_view::npos && group.find('.') != std::string_view::npos) {
      if (at + 4 > out.size()) return false;
      if (!parse_ipv4(group, std::span<std::uint8_t, 4>{out.data() + at, 4})) return false;
      at += 4;
      return true;
    }
    std::uint16_t value = 0;
    const auto [end, error] = std::from_chars(group.data(), group.data() + group.size(), value, 16);
    if (error != std::errc{} || end != group.data() + group.size() || group.size() > 4) return false;
    if (at + 2 > out.size()) return false;
    out[at++] = static_cast<std::uint8_t>(value >> 8);
    out[at++] = static_cast<std::uint8_t>(value & 0xff);
    if (colon == std::string_view::npos) return true;
    text.remove_prefix(colon + 1);
  }
}

bool parse_ipv6(std::string_view text, std::array<std::uint8_t, 16>& out) noexcept {
  const std::size_t gap = text.find("::");
  std::size_t head = 0;
  if (gap == std::string_view::npos) return parse_groups(text, out, head) && head == out.size();
  if (gap > 0 && !parse_groups(text.substr(0, gap), out, head)) return false;
  // What follows the gap stands at the end.
  std::array<std::uint8_t, 16> tail{};
  std::size_t length = 0;
  const std::string_view rest = text.substr(gap + 2);
  if (!rest.empty() && !parse_groups(rest, tail, length)) return false;
  if (head + length > out.size() - 2) return false;
  std::copy_n(tail.begin(), length, out.end() - static_cast<std::ptrdiff_t>(length));
  return true;
}

void read_line(std::string_view line, Config& config) {
  if (line.empty()) return;
  std::string_view rest = line.substr(1);
  switch (line.front()) {
    case 's':
      config.size = parse_size(rest);
      break;
    case 'n':
      config.keep = take_number(rest);
      break;
    case 'N':
      config.keep_when_full = take_number(rest);
      break;
    case 't':
      config.max_age = parse_age(rest);
      break;
    case '!':
      config.processor = rest;
      break;
    case 'p':
      if (!rest.empty()) config.prefix = rest;
      break;
    case 'u':
    case 'U': {
      std::string warning;
      const auto endpoint = parse_endpoint(rest, warning);
      if (!endpoint) {
        config.warnings.push_back(std::move(warning));
        break;
      }
      config.remote = endpoint;
      config.only_remote = line.front() == 'U';
      break;
    }
    case '+':
    case '-':
      config.selection.add_log_rule({std::string{rest}, line.front() == '+'});
      break;
    case 'e':
    case 'E':
      config.selection.add_alert_rule({std::string{rest}, line.front() == 'e'});
      break;
    default:
      break;
  }
}

}  // namespace

std::optional<Endpoint> parse_endpoint(std::string_view text, std::string& warning) {
  Endpoint endpoint;
  std::string_view address = text;
  std::string_view rest;
  bool valid = false;
  if (text.starts_with('[')) {
    const std::size_t bracket = text.find(']');
    if (bracket != std::string_view::npos) {
      address = text.substr(1, bracket - 1);
      rest = text.substr(bracket + 1);
      endpoint.ipv6 = true;
      valid = parse_ipv6(address, endpoint.address) && (rest.empty() || rest.starts_with(':'));
    }
  } else {
    const std::size_t colon = text.find(':');
    address = text.substr(0, colon);
    if (colon != std::string_view::npos) rest = text.substr(colon);
    valid = parse_ipv4(address, std::span{endpoint.address}.first<4>());
  }
  if (!valid) {
    warning = "unable to scan ip address: ";
    warning += text;
    return std::nullopt;
  }
  endpoint.port = kSyslogPort;
  if (rest.empty()) return endpoint;
  rest.remove_prefix(1);
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), endpoint.port);
  if (error != std::errc{} || end != rest.data() + rest.size() || endpoint.port == 0) {
    warning = "unable to scan port number: ";
    warning += rest;
    return std::nullopt;
  }
  return endpoint;
}

Config parse_config(std::string_view text) {
  Config config;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    // As for runit, a line ends at a NUL.
    read_line(line.substr(0, line.find('\0')), config);
  }
  return config;
}

}  // namespace runvisor::log
