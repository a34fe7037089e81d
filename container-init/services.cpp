#include "services.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/inotify.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <utility>

#include "sys/process_tree.hpp"

namespace runvisor::container_init {
namespace {

/// How long a log service may take to read what is in its pipe before somebody else is looked for who holds
/// it up.
constexpr std::chrono::milliseconds kLogGrace{50};

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

/// A runsv that has no FIFOs open yet holds its lock at least. Source: runsv(8).
bool is_coming_up(const std::string& path) noexcept {
  const sys::Fd lock{
      ::open((path + "/supervise/lock").c_str(), O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC)};
  return lock && ::flock(lock.get(), LOCK_SH | LOCK_NB) == -1 && errno == EWOULDBLOCK;
}

void send(const std::string& path, std::string_view bytes) {
  // One that cannot be told has gone, or is killed later.
  (void)sys::SuperviseClient(AT_FDCWD, path).send(bytes);
}

}  // namespace

Services::Watched::Watched(Services& owner, std::string of, sys::Fd fd)
    : path(std::move(of)), ok(owner.loop_, std::move(fd), [this, &owner] { owner.look_at(*this); }) {}

Services::Services(sys::System& system, event::Loop& loop, std::string directory, std::function<void()> down)
    : system_(system),
      loop_(loop),
      directory_(std::move(directory)),
      down_(std::move(down)),
      log_grace_(loop, [this] { signal_left_over(SIGTERM); }) {}

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
    } else if (!is_gone(ok.error()) || is_coming_up(path)) {
      unwatched_.push_back(std::move(path));
    }
  }
  watch_logs();
  report_if_down();
}

void Services::watch_logs() {
  auto status = sys::DirectoryWatch::create(IN_MOVED_TO);
  if (!status) return;
  bool has_log = false;
  for (Watched& watched : watched_) {
    sys::SuperviseClient client(AT_FDCWD, watched.path);
    has_log = (client.has("log") && status->add((watched.path + "/supervise").c_str())) || has_log;
  }
  if (!has_log) return;
  status_watch_.emplace(std::move(*status));
  status_.emplace(loop_, status_watch_->share(), [this] {
    status_watch_->read([](const sys::DirectoryWatch::Event&) {});
    look_at_logs();
    status_->wait();
  });
  status_->wait();
  look_at_logs();
}

void Services::look_at_logs() {
  for (Watched& watched : watched_) {
    sys::SuperviseClient client(AT_FDCWD, watched.path);
    if (watched.waits_for_log || !client.has("log")) continue;
    const auto record = client.read_record();
    if (!record || record->state != core::State::down) continue;
    watched.waits_for_log = true;
    log_grace_.arm(system_.now().steady + kLogGrace);
  }
}

void Services::signal_left_over(int signal) {
  for (const Watched& watched : watched_) {
    if (!watched.waits_for_log) continue;
    const auto log = sys::SuperviseClient(AT_FDCWD, watched.path).log().read_record();
    if (!log || log->pid == 0) continue;
    for (const pid_t pid : sys::writers_to(static_cast<pid_t>(log->pid))) {
      (void)system_.send_signal(pid, signal);
      (void)system_.send_signal(pid, SIGCONT);
    }
  }
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
    return !ok && is_gone(ok.error()) && !is_coming_up(path);
  });
  report_if_down();
}

void Services::kill() {
  for (const Watched& watched : watched_) send(watched.path, "k");
  for (const std::string& path : unwatched_) send(path, "k");
  signal_left_over(SIGKILL);
}

void Services::report_if_down() {
  if (!watched_.empty() || !unwatched_.empty() || !is_watching_) return;
  is_watching_ = false;
  status_.reset();
  log_grace_.disarm();
  down_();
}

}  // namespace runvisor::container_init
