#include "core/capability.hpp"

#include <algorithm>

namespace runvisor::core {
namespace {

std::string lower_case(std::string_view text) {
  std::string lower{text};
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

std::optional<CapabilitySet> parse_one(std::string_view text) {
  const std::string lower = lower_case(text);
  std::string_view name = lower;
  if (name.starts_with("cap_")) name.remove_prefix(4);
  const auto* const found = std::find(kCapabilityNames.begin(), kCapabilityNames.end(), name);
  if (found == kCapabilityNames.end()) return std::nullopt;
  return CapabilitySet{1} << (found - kCapabilityNames.begin());
}

}  // namespace

std::optional<CapabilitySet> parse_capabilities(std::string_view names) {
  CapabilitySet set = 0;
  if (names.empty()) return set;
  for (std::size_t end = 0; end != std::string_view::npos; names.remove_prefix(end + 1)) {
    end = names.find(',');
    const auto one = parse_one(names.substr(0, end));
    if (!one) return std::nullopt;
    set |= *one;
    if (end == std::string_view::npos) break;
  }
  return set;
}

std::string capability_names(CapabilitySet set) {
  std::string names;
  for (unsigned number = 0; number < 64; ++number) {
    if ((set >> number & 1U) == 0) continue;
    if (!names.empty()) names += ',';
    if (number < kCapabilityNames.size()) {
      names += kCapabilityNames[number];
    } else {
      names += std::to_string(number);
    }
  }
  return names;
}

}  // namespace runvisor::core
