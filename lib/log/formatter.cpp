#include "log/formatter.hpp"

#include <algorithm>
#include <cstring>
#include <functional>

namespace runvisor::log {

Formatter::Formatter(const Config& config, bool stamped, std::size_t match_size)
    : config_(config),
      match_size_(match_size),
      active_(stamped || !config.prefix.empty() || config.selection.may_drop() ||
              config.selection.may_alert() || config.remote.has_value()),
      examines_(config.selection.may_drop() || config.selection.may_alert() || config.remote.has_value()),
      head_(config.prefix) {}

void Formatter::set_stamp(std::string_view stamp) {
  head_.replace(0, stamp_size_, stamp);
  stamp_size_ = stamp.size();
}

void Alerts::add(const char* line, std::string_view alert) {
  entries_.push_back({line, text_.size(), alert.size()});
  text_ += alert;
}

std::string Alerts::take() {
  const auto earlier = [](const Entry& a, const Entry& b) { return std::less<>{}(a.line, b.line); };
  std::string all;
  if (std::is_sorted(entries_.begin(), entries_.end(), earlier)) {
    all = std::move(text_);
  } else {
    std::stable_sort(entries_.begin(), entries_.end(), earlier);
    for (const Entry& entry : entries_) all.append(text_, entry.begin, entry.size);
  }
  text_.clear();
  entries_.clear();
  return all;
}

/// Adds the line as it appears elsewhere than in the log.
void Formatter::cut(std::string& out, std::string_view line) const {
  out += head_;
  out += line.substr(0, match_size_);
  if (line.size() >= match_size_) out += "...";
  out += '\n';
}

bool Formatter::begin_line(std::string_view line, Alerts& alerts, Messages& messages) {
  const std::string_view matched = line.substr(0, match_size_);
  if (config_.selection.may_alert() && config_.selection.alerts(matched)) {
    alert_.clear();
    cut(alert_, line);
    alerts.add(line.data(), alert_);
  }
  if (config_.selection.may_drop() && !config_.selection.logs(matched)) return false;
  if (!config_.remote) return true;
  cut(messages.text, line);
  messages.ends.push_back(messages.text.size());
  return !config_.only_remote;
}

Formatter::Progress Formatter::format(std::string_view text, std::span<char> out, Alerts& alerts,
                                      Messages& messages) {
  const char* at = text.data();
  const char* const end = at + text.size();
  char* to = out.data();
  char* const limit = to + out.size();
  while (at != end) {
    const auto left = static_cast<std::size_t>(end - at);
    const void* const newline = std::memchr(at, '\n', left);
    const std::size_t length =
        newline == nullptr ? left : static_cast<std::size_t>(static_cast<const char*>(newline) - at) + 1;
    const bool opens = !within_line_;
    if (opens) {
      // Without room for the head and some of the line, nothing of it is looked at yet.
      if (static_cast<std::size_t>(limit - to) <= head_.size()) break;
      wanted_ = !examines_ || begin_line({at, newline == nullptr ? length : length - 1}, alerts, messages);
    }
    std::size_t taken = length;
    if (wanted_) {
      if (opens) {
        std::memcpy(to, head_.data(), head_.size());
        to += head_.size();
      }
      taken = std::min(length, static_cast<std::size_t>(limit - to));
      std::memcpy(to, at, taken);
      to += taken;
    }
    at += taken;
    within_line_ = newline == nullptr || taken < length;
    if (taken < length) break;
  }
  return {static_cast<std::size_t>(at - text.data()), static_cast<std::size_t>(to - out.data())};
}

Replacement::Replacement(char by, std::string_view others) noexcept {
  for (int c = 0; c < 256; ++c) {
    const char as_is = static_cast<char>(c);
    const bool printable = c >= 32 && c < 127;
    const bool kept = as_is == '\n' || (printable && others.find(as_is) == std::string_view::npos);
    table_[c] = kept ? as_is : by;
  }
}

}  // namespace runvisor::log
