#include "services.hpp"

#include <fcntl.h>
#include <poll.h>

#include <cerrno>
#include <utility>

namespace runvisor::container_init {
namespace {

/// Whether the trouble with `supervise/ok` is that there is no runsv; anything else may pass.
bool is_gone(const core::Trouble& trouble) noexcept {
  switch (trouble.error_number) {
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case EINTR:
      return false;
    default:
      return true;
  }
}

void send(const std::string& path, std::string_view bytes) {
  // One that cannot be told has gone, or is killed later.
  (void)sys::SuperviseClient(AT_FDCWD, path).send(bytes);
}

}  // namespace

Services::Watched::Watched(Services& owner, std::string of, sys::Fd fd)
    : path(std::move(of)), ok(owner.loop_, std::move(fd), [this, &owner] { owner.look_at(*this); }) {}

Services::Services(sys::System& system, event::Loop& loop, std::string directory, std::function<void()> down)
    : system_(system), loop_(loop), directory_(std::move(directory)), down_(std::move(down)) {}

std::vector<std::string> Services::paths() {
  std::vector<std::string> paths;
  const auto folder = system_.open(AT_FDCWD, directory_.c_str(), O_RDONLY | O_DIRECTORY, 0);
  if (!folder) return paths;
  const auto names = system_.list_directories(folder->get());
  if (!names) return paths;
  for (const std::string& name : *names) paths.push_back(directory_ + '/' + name);
  return paths;
}

void Services::tell_to_leave() {
  for (const std::string& path : paths()) send(path, "x");
}

void Services::watch() {
  is_watching_ = true;
  for (std::string& path : paths()) {
    auto ok = sys::SuperviseClient(AT_FDCWD, path).open_ok();
    if (ok) {
      watched_.emplace_back(*this, std::move(path), std::move(*ok)).ok.wait();
    } else if (!is_gone(ok.error())) {
      unwatched_.push_back(std::move(path));
    }
  }
  report_if_down();
}

void Services::look_at(Watched& watched) {
  pollfd end{.fd = watched.ok.fd(), .events = 0, .revents = 0};
  if (::poll(&end, 1, 0) != 1 || (end.revents & POLLERR) == 0) {
    watched.ok.wait();
    return;
  }
  watched_.remove_if([&watched](const Watched& other) { return &other == &watched; });
  report_if_down();
}

void Services::look_again() {
  if (!is_watching_ || unwatched_.empty()) return;
  std::erase_if(unwatched_, [](const std::string& path) {
    const auto ok = sys::SuperviseClient(AT_FDCWD, path).open_ok();
    return !ok && is_gone(ok.error());
  });
  report_if_down();
}

void Services::kill() {
  for (const Watched& watched : watched_) send(watched.path, "k");
  for (const std::string& path : unwatched_) send(path, "k");
}

void Services::report_if_down() {
  if (!watched_.empty() || !unwatched_.empty() || !is_watching_) return;
  is_watching_ = false;
  down_();
}

}  // namespace runvisor::container_init
