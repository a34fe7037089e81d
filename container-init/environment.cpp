#include "environment.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <utility>

#include "sys/directory_names.hpp"
#include "sys/replace_file.hpp"
#include "sys/whole_file.hpp"

namespace runvisor::container_init {
namespace {

/// Files take the rights of the directory they are in, less the right to execute.
sys::FileRights rights_below(const struct stat& directory) noexcept {
  return {directory.st_mode & 0666, directory.st_uid, directory.st_gid};
}

/// Whether `path` is a plain file with this content. Anything else is not opened: that might wait.
bool holds(const std::string& path, std::string_view content) {
  struct stat status {};
  if (::stat(path.c_str(), &status) == -1 || !S_ISREG(status.st_mode)) return false;
  const auto old = sys::read_whole_file(path.c_str(), content.size());
  return old && *old == content;
}

}  // namespace

Environment::Environment(std::string directory,
                         std::function<void(const std::string&, std::string_view)> warn)
    : directory_(std::move(directory)), warn_(std::move(warn)) {
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos) continue;
    variables_.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
}

const std::string* Environment::find(std::string_view name) const {
  const auto found = variables_.find(name);
  return found == variables_.end() ? nullptr : &found->second;
}

void Environment::warn(const std::string& what, std::string_view why) {
  if (warned_.insert(what).second) warn_(what, why);
}

Environment::Found Environment::read() {
  Found found;
  const auto names = sys::directory_names(directory_.c_str());
  if (!names) {
    if (sys::number(names.error()) != ENOENT) warn(directory_, sys::words(names.error()));
    return found;
  }
  found.is_there = true;
  for (const std::string& name : *names) {
    if (core::can_be_file(name)) read_file(name, found.variables);
  }
  return found;
}

void Environment::read_file(const std::string& name, core::Variables& found) {
  const std::string path = directory_ + '/' + name;
  struct stat status {};
  // Looked at before it is opened: opening a FIFO would wait, and a device might do something.
  if (::stat(path.c_str(), &status) == -1) {
    warn(path, sys::words(sys::last_error()));
  } else if (S_ISDIR(status.st_mode)) {
    warn(path, "is a directory");
  } else if (!S_ISREG(status.st_mode)) {
    warn(path, "not a file");
  } else if (auto content = sys::read_whole_file(path.c_str(), core::kMostVariableBytes); !content) {
    warn(path, sys::words(content.error()));
  } else if (auto value = core::value_in_file(name, std::move(*content))) {
    found.insert_or_assign(name, std::move(*value));
  } else {
    warn(path, "no value that a program could be given");
  }
}

void Environment::import_missing() {
  // What the environment has stays: merging inserts only what is not there.
  variables_.merge(read().variables);
  install();
}

void Environment::export_all() {
  struct stat directory {};
  if (::stat(directory_.c_str(), &directory) == -1 || !S_ISDIR(directory.st_mode)) return;
  std::string first_name;
  sys::Error first_error{};
  for (const auto& [name, value] : variables_) {
    if (core::is_personal(name)) continue;
    if (!core::can_be_file(name)) {
      unwritten_.insert(name);
      continue;
    }
    const std::string path = directory_ + '/' + name;
    // With a newline at its end the value needs one more, which the reader cuts.
    const std::string content = value.ends_with('\n') ? value + '\n' : value;
    if (holds(path, content) || holds(path, value + '\n')) continue;
    if (const auto written = sys::replace_file(path, content, rights_below(directory)); !written) {
      if (first_name.empty()) {
        first_name = path;
        first_error = written.error();
      }
      unwritten_.insert(name);
    }
  }
  // One line for all: on a read-only root directory it is the same for each.
  if (!first_name.empty()) warn(first_name, sys::words(first_error));
  write_dumps();
}

void Environment::replace() {
  Found found = read();
  if (!found.is_there) return;
  for (const std::string& name : unwritten_) {
    const auto kept = variables_.find(name);
    if (kept != variables_.end()) found.variables.insert(*kept);
  }
  variables_ = std::move(found.variables);
  install();
  write_dumps();
}

void Environment::write_dumps() {
  write(directory_ + ".sh", core::shell_exports(variables_));
  write(directory_ + ".json", core::json_object(variables_));
}

void Environment::write(const std::string& path, std::string_view content) {
  struct stat directory {};
  if (::stat(directory_.c_str(), &directory) == -1) return;
  if (holds(path, content)) return;
  if (const auto written = sys::replace_file(path, content, rights_below(directory)); !written) {
    warn(path, sys::words(written.error()));
  }
}

void Environment::install() {
  std::vector<std::string> entries;
  std::vector<char*> pointers;
  entries.reserve(variables_.size());
  pointers.reserve(variables_.size() + 1);
  for (const auto& [name, value] : variables_) {
    std::string& entry = entries.emplace_back(name);
    entry += '=';
    entry += value;
    pointers.push_back(entry.data());
  }
  pointers.push_back(nullptr);
  environ = pointers.data();
  // What was installed before goes only now, with nobody looking at it.
  entries_ = std::move(entries);
  pointers_ = std::move(pointers);
}

}  // namespace runvisor::container_init
