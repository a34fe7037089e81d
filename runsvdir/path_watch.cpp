#include "path_watch.hpp"

#include <sys/inotify.h>

#include <cerrno>
#include <utility>

namespace runvisor::runsvdir {
namespace {

constexpr std::uint32_t kOwnEvents = IN_DELETE_SELF | IN_MOVE_SELF;
constexpr std::uint32_t kEvents = IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | kOwnEvents;

/// A chain of symlinks longer than this is a loop.
constexpr int kMostLinks = 40;

std::string join(const std::string& directory, std::string_view name) {
  std::string path = directory;
  if (!path.ends_with('/')) path += '/';
  path += name;
  return path;
}

}  // namespace

sys::Result<sys::Fd> PathWatch::open() {
  auto watch = sys::DirectoryWatch::create(kEvents);
  if (!watch) return watch.error();
  watch_ = std::move(*watch);
  auto descriptor = watch_->share();
  if (!descriptor) return sys::last_error();
  return descriptor;
}

void PathWatch::begin(const std::string& directory) {
  complete_ = watch_.has_value();
  refused_.reset();
  if (!watch_) return;
  directory_ = directory;
  previous_ = std::exchange(watched_, {});
  ids_.clear();
  followed_.clear();
  follow(directory, 0);
  content_id_ = watch(directory) != nullptr ? ids_.at(directory) : -1;
}

void PathWatch::add_entry(const std::string& name) {
  if (!watch_) return;
  const auto target = system_.read_link(AT_FDCWD, join(directory_, name).c_str());
  if (target) follow(target->starts_with('/') ? *target : join(directory_, *target), 1);
}

void PathWatch::end() {
  for (const auto& [id, watched] : previous_) {
    if (!watched_.contains(id)) watch_->remove(id);
  }
  previous_.clear();
}

/// Walks `path` part by part and watches, for the last part and for each part that is a symlink, the
/// directory it stands in; of other parts only whether they are moved away.
void PathWatch::follow(std::string path, int links) {
  if (links > kMostLinks) return;
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  const std::size_t slash = path.rfind('/');
  std::string parent = ".";
  if (slash != std::string::npos) parent = slash == 0 ? "/" : path.substr(0, slash);
  const std::string name = slash == std::string::npos ? path : path.substr(slash + 1);
  if (name.empty() || name == "." || name == "..") return;

  if (slash != std::string::npos && slash != 0 && followed_.insert(parent).second) {
    follow_ancestors(parent, links);
  }
  if (Watched* const watched = watch(parent)) watched->names.insert(name);
  if (const auto target = system_.read_link(AT_FDCWD, path.c_str())) {
    follow(target->starts_with('/') ? *target : join(parent, *target), links + 1);
  }
}

void PathWatch::follow_ancestors(const std::string& directory, int links) {
  for (std::size_t end = directory.find('/', 1);; end = directory.find('/', end + 1)) {
    const std::string part = directory.substr(0, end);
    if (system_.read_link(AT_FDCWD, part.c_str())) {
      follow(part, links + 1);
    } else if (const auto id = watch_->add(part.c_str(), kOwnEvents)) {
      // Where it may not be watched, it can hardly be moved either: that alone is no reason to look again.
      watched_.try_emplace(*id);
    }
    if (end == std::string::npos) return;
  }
}

PathWatch::Watched* PathWatch::watch(const std::string& directory) {
  const auto known = ids_.find(directory);
  if (known != ids_.end()) return known->second == -1 ? nullptr : &watched_[known->second];
  const auto id = watch_->add(directory.c_str());
  ids_.emplace(directory, id ? *id : -1);
  if (!id || !sys::tells_changes(directory.c_str())) complete_ = false;
  if (!id && id.error() == sys::Error{ENOSPC}) refused_ = id.error();
  return id ? &watched_[*id] : nullptr;
}

PathWatch::Changes PathWatch::read() {
  Changes changes;
  watch_->read([&](const sys::DirectoryWatch::Event& event) {
    if ((event.mask & IN_Q_OVERFLOW) != 0) {
      changes.everything = true;
      return;
    }
    const auto found = watched_.find(event.id);
    if (found == watched_.end()) return;
    const Watched& watched = found->second;
    const bool hop = event.name.empty() ? (event.mask & IN_IGNORED) == 0 : watched.names.contains(event.name);
    if (hop) changes.everything = true;
    if (event.id != content_id_ || event.name.empty() || event.name.starts_with('.')) return;
    if ((event.mask & (IN_DELETE | IN_MOVED_FROM)) != 0) changes.gone.emplace_back(event.name);
    if ((event.mask & IN_MOVED_TO) != 0) changes.arrived.emplace_back(event.name);
    if ((event.mask & IN_CREATE) != 0) {
      ((event.mask & IN_ISDIR) != 0 ? changes.made : changes.arrived).emplace_back(event.name);
    }
  });
  return changes;
}

}  // namespace runvisor::runsvdir
