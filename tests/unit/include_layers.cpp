#include "include_layers.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <optional>
#include <string_view>

namespace runvisor::test {
namespace {

namespace fs = std::filesystem;

/// What the files of one folder may include besides their neighbours and the standard library.
struct Folder {
  std::string_view path;
  std::vector<std::string_view> layers;
  /// Libraries: an include that begins so is allowed.
  std::vector<std::string_view> libraries;
  /// The headers of the C library and the kernel, those that end in `.h`.
  bool system_headers;
};

const std::vector<Folder>& folders() {
  static const std::vector<Folder> all{
      {"lib/core", {"core"}, {"fmt/"}, false},
      {"lib/log", {"core", "log"}, {"fmt/"}, false},
      {"lib/sys", {"core", "sys"}, {"fmt/", "boost/system/result.hpp"}, true},
      {"lib/event", {"core", "sys", "event"}, {"fmt/", "boost/asio/", "boost/system/"}, true},
      {"lib/cli", {"core", "cli"}, {"fmt/"}, false},
      {"lib/service", {"core", "sys", "event", "service"}, {"fmt/"}, true},
      {"chpst", {"core", "sys", "cli"}, {"fmt/"}, true},
      {"container-init", {"core", "sys", "event", "cli"}, {"fmt/"}, true},
      {"machine-init", {"core", "sys"}, {"fmt/"}, true},
      {"runsvchdir", {"core", "sys"}, {"fmt/"}, true},
      {"upgrade", {"core", "sys"}, {"fmt/"}, true},
      {"utmpset", {"core", "sys", "cli"}, {"fmt/"}, true},
      {"runsv", {"core", "sys", "event", "cli", "service"}, {"fmt/"}, true},
      {"runsvdir", {"core", "sys", "event", "cli", "service"}, {"fmt/"}, true},
      {"sv", {"core", "sys", "cli"}, {"fmt/"}, true},
      {"svlogd", {"core", "log", "sys", "cli"}, {"fmt/"}, true},
  };
  return all;
}

/// These bring static initialisers and locales into the static programs.
constexpr std::array<std::string_view, 6> kStreams{"iostream", "istream", "ostream",
                                                   "fstream",  "sstream", "iomanip"};

/// A system header that only declares types.
constexpr std::string_view kTypesOnly = "sys/types.h";

template <typename Range>
bool holds(const Range& range, std::string_view value) {
  return std::find(std::begin(range), std::end(range), value) != std::end(range);
}

bool begins_with_any(std::string_view header, const std::vector<std::string_view>& prefixes) {
  return std::any_of(prefixes.begin(), prefixes.end(),
                     [header](std::string_view prefix) { return header.starts_with(prefix); });
}

/// Why a file of `folder` may not write `#include "header"`.
std::optional<std::string> refuse_quoted(const Folder& folder, const fs::path& file,
                                         const std::string& header) {
  if (fs::exists(file.parent_path() / header)) {
    if (header.find("..") == std::string::npos) return std::nullopt;
    return "reaches out of its folder";
  }
  const std::string layer = header.substr(0, header.find('/'));
  if (holds(folder.layers, layer)) return std::nullopt;
  return std::string(folder.path) + " may not use " + layer;
}

/// Why a file of `folder` may not write `#include <header>`.
std::optional<std::string> refuse_angled(const Folder& folder, const std::string& header) {
  if (holds(kStreams, header)) return "no streams in libraries and programs";
  if (header.ends_with(".h") && !begins_with_any(header, folder.libraries)) {
    if (folder.system_headers || header == kTypesOnly) return std::nullopt;
    return std::string(folder.path) + " makes no system calls";
  }
  const bool standard = header.find('/') == std::string::npos && header.find('.') == std::string::npos;
  if (standard || begins_with_any(header, folder.libraries)) return std::nullopt;
  return std::string(folder.path) + " may not use this library";
}

/// The header in an #include line, with its quotes or angle brackets; nothing for any other line.
std::string_view included(std::string_view line) {
  const auto skip_blanks = [&line] {
    line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
  };
  skip_blanks();
  for (const std::string_view word : {"#", "include"}) {
    if (!line.starts_with(word)) return {};
    line.remove_prefix(word.size());
    skip_blanks();
  }
  const std::size_t end = line.starts_with('<') ? line.find('>') : line.find('"', 1);
  return line.substr(0, end == std::string_view::npos ? 0 : end + 1);
}

void read_file(const Folder& folder, const fs::path& root, const fs::path& file,
               std::vector<Violation>& out) {
  std::ifstream in(file);
  std::string line;
  for (std::size_t number = 1; std::getline(in, line); ++number) {
    const std::string_view quoted = included(line);
    if (quoted.empty()) continue;
    const std::string header(quoted.substr(1, quoted.size() - 2));
    const auto why =
        quoted.starts_with('"') ? refuse_quoted(folder, file, header) : refuse_angled(folder, header);
    if (why) out.push_back({fs::relative(file, root).string(), number, header, *why});
  }
}

}  // namespace

std::vector<Violation> violations(const fs::path& root) {
  std::vector<Violation> out;
  for (const Folder& folder : folders()) {
    if (!fs::exists(root / folder.path)) continue;
    std::vector<fs::path> files;
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(root / folder.path)) {
      const fs::path extension = entry.path().extension();
      if (extension == ".hpp" || extension == ".cpp") files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    for (const fs::path& file : files) read_file(folder, root, file, out);
  }
  for (const fs::directory_entry& entry : fs::directory_iterator(root / "lib")) {
    const std::string path = "lib/" + entry.path().filename().string();
    const auto has_rule = [&path](const Folder& folder) { return folder.path == path; };
    if (entry.is_directory() && std::none_of(folders().begin(), folders().end(), has_rule)) {
      out.push_back({path, 0, "", "has no rule"});
    }
  }
  return out;
}

}  // namespace runvisor::test
