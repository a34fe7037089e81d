#include "sys/process_tree.hpp"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "sys/directory_names.hpp"
#include "sys/whole_file.hpp"

namespace runvisor::sys {
namespace {

constexpr std::size_t kMostStat = 4096;

std::optional<pid_t> parse_pid(std::string_view text) noexcept {
  pid_t pid = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), pid);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return pid;
}

/// The parent of a process that is no zombie. Source: proc(5): `PID (NAME) STATE PARENT ...`; the name may
/// hold anything.
std::optional<pid_t> living_with_parent(const std::string& pid) {
  const auto stat = read_whole_file(("/proc/" + pid + "/stat").c_str(), kMostStat);
  if (!stat) return std::nullopt;
  const std::size_t name_end = stat->rfind(')');
  if (name_end == std::string::npos || stat->size() < name_end + 5 || (*stat)[name_end + 2] == 'Z') {
    return std::nullopt;
  }
  const std::string_view rest = std::string_view(*stat).substr(name_end + 4);
  return parse_pid(rest.substr(0, rest.find(' ')));
}

std::string link_target(const std::string& path) {
  std::array<char, 64> target{};
  const ssize_t size = ::readlink(path.c_str(), target.data(), target.size());
  return {target.data(), size > 0 ? static_cast<std::size_t>(size) : 0};
}

/// Whether a process has a file open for writing only. Source: proc(5): the entries of `fd` are links whose
/// permissions tell what a descriptor is open for.
bool only_writes(pid_t pid, const std::string& file) {
  const std::string folder = "/proc/" + std::to_string(pid) + "/fd";
  const auto descriptors = directory_names(folder.c_str());
  if (!descriptors) return false;
  mode_t open_for = 0;
  for (const std::string& name : *descriptors) {
    const std::string path = folder + '/' + name;
    struct stat link {};
    if (link_target(path) == file && ::lstat(path.c_str(), &link) == 0) open_for |= link.st_mode;
  }
  return (open_for & (S_IRUSR | S_IWUSR)) == S_IWUSR;
}

}  // namespace

Result<void> adopt_orphans() noexcept { return checked_void(::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)); }

bool has_children() noexcept {
  siginfo_t info{};
  return ::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 || errno != ECHILD;
}

Result<std::vector<pid_t>> descendants() {
  const auto names = directory_names("/proc");
  if (!names) return names.error();
  std::multimap<pid_t, pid_t> children;
  bool knows_itself = false;
  for (const std::string& name : *names) {
    const auto pid = parse_pid(name);
    if (!pid) continue;
    knows_itself = knows_itself || *pid == ::getpid();
    if (const auto parent = living_with_parent(name)) children.emplace(*parent, *pid);
  }
  // A /proc of another namespace has other numbers.
  if (!knows_itself) return Error{ESRCH};
  std::vector<pid_t> found{::getpid()};
  for (std::size_t at = 0; at < found.size(); ++at) {
    const auto [begin, end] = children.equal_range(found[at]);
    for (auto child = begin; child != end; ++child) found.push_back(child->second);
  }
  found.erase(found.begin());
  return found;
}

std::vector<pid_t> writers_to(pid_t reader) {
  const std::string pipe = link_target("/proc/" + std::to_string(reader) + "/fd/0");
  const auto all = descendants();
  if (!all || !pipe.starts_with("pipe:")) return {};
  std::vector<pid_t> writers;
  for (const pid_t pid : *all) {
    if (only_writes(pid, pipe)) writers.push_back(pid);
  }
  return writers;
}

Result<void> signal_everything(int signal) {
  if (::getpid() == 1) {
    // That there is nobody is no failure.
    (void)::kill(-1, signal);
    return {};
  }
  const auto all = descendants();
  if (!all) return all.error();
  for (const pid_t pid : *all) (void)::kill(pid, signal);
  return {};
}

}  // namespace runvisor::sys
