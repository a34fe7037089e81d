#include "log/old_files.hpp"

#include <algorithm>

#include "log/stamp.hpp"

namespace runvisor::log {

std::string_view suffix(OldFileKind kind) noexcept {
  switch (kind) {
    case OldFileKind::finished:
      return ".s";
    case OldFileKind::unprocessed:
      return ".u";
    case OldFileKind::temporary:
      return ".t";
  }
  return {};
}

std::string file_name(std::string_view label, OldFileKind kind) {
  std::string name{label};
  name += suffix(kind);
  return name;
}

std::string OldFiles::oldest() const {
  const bool is_unprocessed =
      finished.empty() || (!unprocessed.empty() && unprocessed.front() < finished.front());
  return is_unprocessed ? file_name(unprocessed.front(), OldFileKind::unprocessed)
                        : file_name(finished.front(), OldFileKind::finished);
}

std::optional<OldFileName> parse_name(std::string_view name) noexcept {
  if (name.size() != kLabelSize + 2) return std::nullopt;
  const std::string_view label = name.substr(0, kLabelSize);
  const bool digits = label.substr(1).find_first_not_of("0123456789abcdef") == std::string_view::npos;
  if (label.front() != '@' || !digits) return std::nullopt;
  for (const OldFileKind kind : {OldFileKind::finished, OldFileKind::unprocessed, OldFileKind::temporary}) {
    if (name.substr(kLabelSize) == suffix(kind)) return OldFileName{label, kind};
  }
  return std::nullopt;
}

OldFiles sort_out(const std::vector<std::string>& names) {
  OldFiles files;
  for (const std::string& name : names) {
    const auto parsed = parse_name(name);
    if (!parsed) continue;
    switch (parsed->kind) {
      case OldFileKind::finished:
        files.finished.emplace_back(parsed->label);
        break;
      case OldFileKind::unprocessed:
        files.unprocessed.emplace_back(parsed->label);
        break;
      case OldFileKind::temporary:
        files.temporary.emplace_back(parsed->label);
        break;
    }
  }
  for (auto* list : {&files.finished, &files.unprocessed, &files.temporary}) {
    std::sort(list->begin(), list->end());
  }
  return files;
}

}  // namespace runvisor::log
