#include "core/environment.hpp"

#include <algorithm>

namespace runvisor::core {
namespace {

std::string_view name_of(std::string_view variable) noexcept {
  return variable.substr(0, variable.find('='));
}

}  // namespace

VariableChange variable_change(std::string_view file_name, std::string_view content) {
  VariableChange change{file_name};
  if (content.empty()) return change;
  std::string_view value = content.substr(0, content.find('\n'));
  const std::size_t last = value.find_last_not_of(" \t");
  value = value.substr(0, last == std::string_view::npos ? 0 : last + 1);
  change.reserve(file_name.size() + 1 + value.size());
  change += '=';
  for (const char c : value) change += c == '\0' ? '\n' : c;
  return change;
}

std::vector<char*> changed_environment(char* const* environment, std::vector<VariableChange>& changes) {
  std::vector<char*> variables;
  std::size_t size = 0;
  while (environment[size] != nullptr) ++size;
  variables.reserve(size + changes.size() + 1);
  variables.assign(environment, environment + size);
  for (VariableChange& change : changes) {
    const std::string_view name = name_of(change);
    const auto has_name = [name](const char* variable) { return name_of(variable) == name; };
    variables.erase(std::remove_if(variables.begin(), variables.end(), has_name), variables.end());
    if (name.size() < change.size()) variables.push_back(change.data());
  }
  variables.push_back(nullptr);
  return variables;
}

}  // namespace runvisor::core
