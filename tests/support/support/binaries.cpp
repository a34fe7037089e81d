#include "support/binaries.hpp"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <stdexcept>

#include "support/temp_dir.hpp"

namespace runvisor::testing {

namespace fs = std::filesystem;

namespace {

bool all_may_enter(const fs::path& folder) {
  for (fs::path part = folder; part != part.root_path(); part = part.parent_path()) {
    if ((fs::status(part).permissions() & fs::perms::others_exec) == fs::perms::none) return false;
  }
  return true;
}

}  // namespace

fs::path for_all_users(const fs::path& folder) {
  static std::map<fs::path, TempDir> copies;
  const fs::path place = fs::canonical(folder);
  if (!is_root() || all_may_enter(place)) return folder;
  const auto [copy, is_new] = copies.try_emplace(place);
  const fs::path copied = copy->second / "copy";
  if (is_new) fs::copy(place, copied, fs::copy_options::recursive | fs::copy_options::copy_symlinks);
  return copied;
}

std::string program(std::string_view name) {
  const char* folder = std::getenv("RUNVISOR_BIN");
  if (folder == nullptr || *folder == '\0') {
    throw std::runtime_error("set RUNVISOR_BIN to the folder of the programs under test");
  }
  // Kept as a symlink's own path: sv looks at the name it is called by.
  const fs::path path = fs::absolute(folder) / name;
  if (::access(path.c_str(), X_OK) == 0) {
    return for_all_users(path.parent_path()) / name;
  }
  if (running_as_original()) {
    // Debian's package spreads the programs over several folders.
    for (const char* other : {"../sbin", "../../sbin", "../../lib/runit", "../lib/runit"}) {
      const fs::path elsewhere = fs::absolute(folder) / other / name;
      if (::access(elsewhere.c_str(), X_OK) == 0) {
        return for_all_users(elsewhere.parent_path()) / name;
      }
    }
  }
  throw std::runtime_error(path.string() + " cannot be executed");
}

bool running_as_original() {
  const char* value = std::getenv("RUNVISOR_ORIGINAL");
  return value != nullptr && std::string_view(value) == "1";
}

bool running_sanitized() {
  static const bool sanitized = read_file(program("runsv")).find("__asan_init") != std::string::npos;
  return sanitized;
}

bool is_root() { return ::geteuid() == 0; }

}  // namespace runvisor::testing
