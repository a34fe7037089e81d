#include "log/pattern.hpp"

namespace runvisor::log {

bool matches(std::string_view pattern, std::string_view text) noexcept {
  while (!pattern.empty()) {
    char wanted = pattern.front();
    pattern.remove_prefix(1);
    if (wanted == '*') {
      if (pattern.empty()) return true;
      const std::size_t found = text.find(pattern.front());
      if (found == std::string_view::npos) return false;
      text.remove_prefix(found);
      continue;
    }
    const bool run = wanted == '+';
    if (run) {
      if (pattern.empty()) return text.empty();
      wanted = pattern.front();
      pattern.remove_prefix(1);
    }
    if (text.empty() || text.front() != wanted) return false;
    text.remove_prefix(1);
    if (!run) continue;
    while (!text.empty() && text.front() == wanted) text.remove_prefix(1);
    if (text.empty()) return true;
  }
  return text.empty();
}

bool Selection::decide(const std::vector<Rule>& rules, std::string_view line, bool otherwise) noexcept {
  for (auto rule = rules.rbegin(); rule != rules.rend(); ++rule) {
    if (matches(rule->pattern, line)) return rule->selects;
  }
  return otherwise;
}

}  // namespace runvisor::log
