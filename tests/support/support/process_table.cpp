// Reads the process table from /proc. /proc/PID/task/TID/children would be shorter, but kernels may lack it.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string>

#include "support/process.hpp"

namespace runvisor::testing {

namespace {

struct Entry {
  pid_t pid = 0;
  pid_t parent = 0;
  char state = '?';
};

/// The file's content; empty when the process has gone, before or while it is read.
std::string slurp(const std::string& file) {
  std::string content;
  const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    return content;
  }
  std::array<char, 4096> buffer{};
  ssize_t got = 0;
  while ((got = ::read(fd, buffer.data(), buffer.size())) > 0) {
    content.append(buffer.data(), static_cast<std::size_t>(got));
  }
  ::close(fd);
  return content;
}

/// The fields after the command's name, which is in parentheses and may itself hold any byte.
std::optional<Entry> entry_of(pid_t pid) {
  const std::string line = slurp("/proc/" + std::to_string(pid) + "/stat");
  const auto after_name = line.rfind(')');
  if (after_name == std::string::npos || after_name + 4 >= line.size()) {
    return std::nullopt;
  }
  return Entry{.pid = pid,
               .parent = static_cast<pid_t>(std::stol(line.substr(after_name + 4))),
               .state = line[after_name + 2]};
}

std::vector<Entry> all_entries() {
  std::vector<Entry> entries;
  for (const auto& item : std::filesystem::directory_iterator("/proc")) {
    const std::string name = item.path().filename();
    pid_t pid = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (error != std::errc() || end != name.data() + name.size()) {
      continue;
    }
    if (const auto entry = entry_of(pid)) {
      entries.push_back(*entry);
    }
  }
  return entries;
}

}  // namespace

std::optional<char> process_state(pid_t pid) {
  const auto entry = entry_of(pid);
  return entry ? std::optional(entry->state) : std::nullopt;
}

bool alive(pid_t pid) {
  const auto state = process_state(pid);
  return state && *state != 'Z' && *state != 'X';
}

std::vector<pid_t> children_of(pid_t pid) {
  std::vector<pid_t> children;
  for (const Entry& entry : all_entries()) {
    if (entry.parent == pid) {
      children.push_back(entry.pid);
    }
  }
  return children;
}

std::vector<pid_t> descendants_of(pid_t pid) {
  const std::vector<Entry> entries = all_entries();
  std::vector<pid_t> found;
  std::vector<pid_t> parents{pid};
  while (!parents.empty()) {
    const pid_t parent = parents.back();
    parents.pop_back();
    for (const Entry& entry : entries) {
      if (entry.parent == parent) {
        parents.push_back(entry.pid);
        if (entry.state != 'Z' && entry.state != 'X') {
          found.push_back(entry.pid);
        }
      }
    }
  }
  return found;
}

std::vector<std::string> command_line(pid_t pid) {
  const std::string raw = slurp("/proc/" + std::to_string(pid) + "/cmdline");
  std::vector<std::string> arguments;
  for (std::size_t begin = 0; begin < raw.size();) {
    const std::size_t end = std::min(raw.find('\0', begin), raw.size());
    arguments.push_back(raw.substr(begin, end - begin));
    begin = end + 1;
  }
  return arguments;
}

}  // namespace runvisor::testing
