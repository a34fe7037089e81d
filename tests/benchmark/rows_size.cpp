#include <glob.h>

#include <cstdint>

#include "rows.hpp"

namespace runvisor::benchmark {
namespace {

/// What a family's programs and their own libraries are called, as patterns and relative to the programs'
/// folder.
std::vector<const char*> installed_files(Family family) {
  switch (family) {
    case Family::Runvisor:
    case Family::Runit:
      return {"chpst",   "runsv", "runsvchdir", "runsvdir", "sv",      "svlogd",
              "utmpset", "runit", "runit-init", "my_init",  "setuser", "../libexec/runvisor/log/*"};
    case Family::Busybox:
      return {};
    case Family::S6:
      return {"s6-*", "../lib/*/libs6*.so.*.*", "../lib/*/libskarnet.so.*.*", "../lib/*/libexecline.so.*.*"};
    case Family::S6Ready:
      return {};
    case Family::Daemontools:
      return {"envdir",  "envuidgid",  "fghack",    "multilog",  "pgrphack", "readproctitle",
              "setlock", "setuidgid",  "softlimit", "supervise", "svc",      "svok",
              "svscan",  "svscanboot", "svstat",    "tai64n*"};
    case Family::Supervisord:
      return {"supervisord", "supervisorctl", "../lib/python3/dist-packages/supervisor/*.py"};
  }
  return {};
}

/// The sum of the sizes of those files, without links to others.
std::uintmax_t size_of(const std::filesystem::path& pattern) {
  std::uintmax_t size = 0;
  glob_t found{};
  if (glob(pattern.c_str(), 0, nullptr, &found) == 0) {
    for (std::size_t index = 0; index < found.gl_pathc; ++index) {
      const std::filesystem::path path = found.gl_pathv[index];
      if (!std::filesystem::is_symlink(path) && std::filesystem::is_regular_file(path)) {
        size += std::filesystem::file_size(path);
      }
    }
  }
  globfree(&found);
  return size;
}

}  // namespace

std::vector<Row> measure_size(const Context& context) {
  Row row{.name = "programs and their own libraries", .unit = "KiB", .targets = {{"", 6000}}};
  for (const Peer& peer : context.peers) {
    std::uintmax_t size = 0;
    for (const char* pattern : installed_files(peer.family)) {
      size += size_of(peer.programs / pattern);
    }
    if (size > 0) {
      row.of(peer.name, context.role_of(peer)).push_back(static_cast<double>(size) / 1024);
    }
  }
  return {row};
}

}  // namespace runvisor::benchmark
