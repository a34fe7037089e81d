#include "support/binaries.hpp"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <stdexcept>

namespace runvisor::testing {

std::string program(std::string_view name) {
  const char* folder = std::getenv("RUNVISOR_BIN");
  if (folder == nullptr || *folder == '\0') {
    throw std::runtime_error("set RUNVISOR_BIN to the folder of the programs under test");
  }
  // Kept as a symlink's own path: sv looks at the name it is called by.
  const std::filesystem::path path = std::filesystem::absolute(folder) / name;
  if (::access(path.c_str(), X_OK) == 0) {
    return path;
  }
  if (running_as_original()) {
    // Debian's package spreads the programs over several folders.
    for (const char* other : {"../sbin", "../../sbin", "../../lib/runit", "../lib/runit"}) {
      const std::filesystem::path elsewhere = std::filesystem::absolute(folder) / other / name;
      if (::access(elsewhere.c_str(), X_OK) == 0) {
        return elsewhere;
      }
    }
  }
  throw std::runtime_error(path.string() + " cannot be executed");
}

bool running_as_original() {
  const char* value = std::getenv("RUNVISOR_ORIGINAL");
  return value != nullptr && std::string_view(value) == "1";
}

bool is_root() { return ::geteuid() == 0; }

}  // namespace runvisor::testing
