// Fuzzes what becomes of an environment through a directory of variables. The input's first two bytes tell
// how many of the following strings, each ended by the byte 0xff, are old variables and how many are files: a
// name, then a content.

#include "core/environment.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "require.hpp"

namespace runvisor::fuzz {
namespace {

constexpr char kEnd = '\xff';

/// Takes strings from an input.
class Strings {
 public:
  explicit Strings(std::string_view input) : input_(input) {}

  [[nodiscard]] std::string next() {
    const std::size_t end = input_.find(kEnd);
    const std::string text{input_.substr(0, end)};
    input_.remove_prefix(end == std::string_view::npos ? input_.size() : end + 1);
    return text;
  }
  /// The same without what cannot be in a name or a variable.
  [[nodiscard]] std::string next_without_nulls() { return std::string{next().c_str()}; }

 private:
  std::string_view input_;
};

std::string_view name_of(std::string_view variable) { return variable.substr(0, variable.find('=')); }

void check_change(const std::string& name, const std::string& content, const core::VariableChange& change) {
  require(change.starts_with(name), "a change begins with the file's name");
  if (content.empty()) {
    require(change == name, "an empty file removes the variable");
    return;
  }
  require(change.size() > name.size() && change[name.size()] == '=', "a file that is not empty sets it");
  const std::string_view value = std::string_view{change}.substr(name.size() + 1);
  require(value.size() <= content.find('\n'), "a value is at most the first line");
  require(value.find('\0') == std::string_view::npos, "a value has no null bytes");
  require(value.empty() || (value.back() != ' ' && value.back() != '\t'), "a value has no blanks at its end");
}

void read(std::string_view input) {
  if (input.size() < 2) return;
  Strings strings{input.substr(2)};
  std::vector<std::string> old(static_cast<unsigned char>(input[0]) % 8);
  for (std::string& variable : old) variable = strings.next_without_nulls();
  std::vector<core::VariableChange> changes;
  for (int files = static_cast<unsigned char>(input[1]) % 8; files > 0; --files) {
    const std::string name = strings.next_without_nulls();
    const std::string content = strings.next();
    changes.push_back(core::variable_change(name, content));
    check_change(name, content, changes.back());
  }
  std::vector<char*> pointers;
  for (std::string& variable : old) pointers.push_back(variable.data());
  pointers.push_back(nullptr);

  std::vector<core::VariableChange> kept = changes;
  const std::vector<char*> result = core::changed_environment(pointers.data(), kept);
  require(!result.empty() && result.back() == nullptr, "an environment ends with a null pointer");
  for (auto change = changes.rbegin(); change != changes.rend(); ++change) {
    const std::string_view name = name_of(*change);
    // A later word on the same variable counts.
    if (std::any_of(changes.rbegin(), change, [name](const auto& later) { return name_of(later) == name; })) {
      continue;
    }
    const auto count = std::count_if(result.begin(), result.end() - 1,
                                     [name](const char* variable) { return name_of(variable) == name; });
    const bool sets = name.size() < change->size();
    require(count == (sets ? 1 : 0), "a variable is there once if it is set, and not if it is removed");
    require(!sets || std::any_of(result.begin(), result.end() - 1,
                                 [&](const char* variable) { return *change == variable; }),
            "a variable has the value of its last file");
  }
  for (const char* variable : pointers) {
    if (variable == nullptr) continue;
    const std::string_view name = name_of(variable);
    if (std::any_of(changes.begin(), changes.end(),
                    [name](const auto& change) { return name_of(change) == name; })) {
      continue;
    }
    require(std::find(result.begin(), result.end(), variable) != result.end(), "other variables stay");
  }
}

}  // namespace
}  // namespace runvisor::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string input{data, data + size};
  runvisor::fuzz::read(input);
  return 0;
}
