#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace runvisor::log {

/// Whether the whole of `text` matches `pattern`. `*` skips to the next occurrence of the character that
/// follows it, and at the end of the pattern matches the rest; `+c` matches one c or more; every other
/// character matches itself. There is no way back: `*pid` does not match "tpid: pid", since the first p
/// decides. A text that ends within a run of
/// `+c` matches whatever is left of the pattern. Source: the behaviour of runit 2.1.2 on all short patterns
/// and texts.
[[nodiscard]] bool matches(std::string_view pattern, std::string_view text) noexcept;

/// One pattern, and what becomes of a line that matches it.
struct Rule {
  std::string pattern;
  bool selects = false;
};

/// Which lines go to a log directory, and which to standard error.
class Selection {
 public:
  void add_log_rule(Rule rule) { log_.push_back(std::move(rule)); }
  void add_alert_rule(Rule rule) { alert_.push_back(std::move(rule)); }

  /// Of the rules that match, the last one decides; without one a line is logged, and raises no alert.
  [[nodiscard]] bool logs(std::string_view line) const noexcept { return decide(log_, line, true); }
  [[nodiscard]] bool alerts(std::string_view line) const noexcept { return decide(alert_, line, false); }

  /// Whether there is anything to decide.
  [[nodiscard]] bool may_drop() const noexcept { return !log_.empty(); }
  [[nodiscard]] bool may_alert() const noexcept { return !alert_.empty(); }

 private:
  [[nodiscard]] static bool decide(const std::vector<Rule>& rules, std::string_view line,
                                   bool otherwise) noexcept;

  std::vector<Rule> log_;
  std::vector<Rule> alert_;
};

}  // namespace runvisor::log
