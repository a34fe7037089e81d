#include "supervisor.hpp"

#include <fmt/compile.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <utility>

namespace runvisor::runsvdir {
namespace {

constexpr int kHangup = 111;
constexpr int kFatal = 100;

/// What a runsv exits with that cannot have its directory. Source: runsv(8).
constexpr int kCannotSupervise = 111;

/// How often to look where changes are not told. Source: runsvdir(8).
constexpr std::chrono::seconds kRescan{5};
/// How soon to try again to read a scan directory that cannot be read.
constexpr std::chrono::seconds kReadAgain{1};

}  // namespace

Supervisor::Supervisor(sys::System& system, Options options)
    : system_(system),
      options_(std::move(options)),
      loop_([this](sys::Error error) { warn("unable to watch descriptors, looking every second", error); }),
      reaper_(system),
      signals_(loop_, [this](int signal) { receive(signal); }),
      directory_(system, options_.directory),
      watch_(system),
      newcomers_(system, loop_, directory_, [this](const std::string& name) { arrived(name); }),
      others_(loop_, [this](pid_t pid,
                            bool told_to) { perform(machine_.child_ended(pid, told_to, system_.now())); }),
      restart_(loop_, [this] { perform(machine_.timer_expired(system_.now())); }),
      rescan_(loop_, [this] { loop_.at_turn_end(*this), scan_due_ = true; }) {}

int Supervisor::run() {
  if (const auto opened = signals_.open({SIGCHLD, SIGTERM, SIGHUP, SIGALRM}); !opened) {
    system_.complain(fmt::format(FMT_COMPILE("runsvdir {}: fatal: unable to receive signals: {}\n"),
                                 options_.directory, sys::words(opened.error())));
    return kFatal;
  }
  open_log();
  open_mounts();
  loop_.at_turn_end(*this);
  loop_.run();
  return exit_status_.value_or(EXIT_SUCCESS);
}

void Supervisor::warn(const std::string& what, std::optional<sys::Error> error) {
  const std::string cause = error ? fmt::format(FMT_COMPILE(": {}"), sys::words(*error)) : std::string();
  system_.complain(fmt::format(FMT_COMPILE("runsvdir {}: warning: {}{}\n"), options_.directory, what, cause));
}

void Supervisor::open_log() {
  if (options_.log.data() == nullptr) return;
  if (options_.log.size() < TitleLog::kLeastLength) {
    warn("log must have at least seven characters.", std::nullopt);
    warn("log service disabled.", std::nullopt);
    return;
  }
  log_.emplace(system_, loop_, options_.log);
  if (const auto opened = log_->open(); !opened) {
    warn("unable to create pipe for log.", opened.error());
    warn("log service disabled.", std::nullopt);
    log_.reset();
  }
}

void Supervisor::open_watch() {
  auto descriptor = watch_.open();
  if (!descriptor) {
    warn_of_watch(descriptor.error());
    return;
  }
  watch_readable_.emplace(loop_, std::move(*descriptor), [this] { watched(); });
  watch_readable_->wait();
}

void Supervisor::warn_of_watch(std::optional<sys::Error> error) {
  if (std::exchange(watch_fails_, error.has_value()) || !error) return;
  warn("unable to watch for changes, looking every five seconds", error);
}

void Supervisor::open_mounts() {
  auto mounts = system_.open(AT_FDCWD, "/proc/self/mountinfo", O_RDONLY, 0);
  if (!mounts) return;
  mounts_.emplace(
      loop_, std::move(*mounts),
      [this] {
        scan_due_ = true;
        loop_.at_turn_end(*this);
        mounts_->wait();
      },
      event::Readable::Of::exceptions);
  mounts_->wait();
}

void Supervisor::receive(int signal) {
  switch (signal) {
    case SIGCHLD:
      reaper_.reap();
      return;
    case SIGTERM:
      leave(EXIT_SUCCESS);
      return;
    case SIGHUP:
      for (const pid_t pid : machine_.supervisors()) terminate(pid);
      leave(kHangup);
      return;
    case SIGALRM:
      scan_due_ = true;
      loop_.at_turn_end(*this);
      return;
    default:
      return;
  }
}

void Supervisor::leave(int status) {
  if (exit_status_) return;
  exit_status_ = status;
  loop_.stop();
}

void Supervisor::watched() {
  const PathWatch::Changes changes = watch_.read();
  // Files that come and go are nobody's business.
  const bool any_gone = std::any_of(
      changes.gone.begin(), changes.gone.end(),
      [this](const std::string& name) { return machine_.knows(name) || unusable_.contains(name); });
  if (changes.everything || any_gone) {
    scan_due_ = true;
    loop_.at_turn_end(*this);
  }
  for (const std::string& name : changes.made) {
    const auto found = directory_.look(name);
    if (!found || !*found || !machine_.supervises((*found)->identity)) newcomers_.add(name);
  }
  for (const std::string& name : changes.arrived) arrived(name);
  watch_readable_->wait();
}

/// A name that has come in one piece. A full scan that is due anyway finds it as well; one is needed when the
/// name leads nowhere yet, or has taken the place of another.
void Supervisor::arrived(const std::string& name) {
  if (scan_due_ || directory_.descriptor() == -1) return;
  const auto found = directory_.look(name);
  if (!found || machine_.knows(name)) {
    scan_due_ = true;
    loop_.at_turn_end(*this);
    return;
  }
  if (!*found) return;
  watch_.add_entry(name);
  perform(machine_.appeared(**found, system_.now()));
}

void Supervisor::end_turn() {
  if (std::exchange(scan_due_, false)) scan();
}

void Supervisor::scan() {
  if (!watch_readable_) open_watch();
  // Watching before reading: what changes in between is told.
  watch_.begin(options_.directory);
  auto read = directory_.read();
  if (const auto* const failed = std::get_if<Unreadable>(&read)) {
    const auto& [step, error] = *failed;
    const int number = sys::number(error);
    if (std::exchange(directory_error_, number) != number) {
      warn(fmt::format(FMT_COMPILE("{} {}"), step, options_.directory), error);
    }
    watch_.end();
    rescan_.arm(system_.now().steady + kReadAgain);
    return;
  }
  directory_error_ = 0;
  auto& content = std::get<ScanDirectory::Content>(read);
  complain_about(content.unusable);
  watch_entries(content.found);
  if (watch_readable_) warn_of_watch(watch_.refused());
  std::erase_if(content.found, [this](const auto& found) { return newcomers_.contains(found.name); });
  perform(machine_.scanned(content.found, system_.now()));
  if (watch_.complete() && !some_unknown_) {
    rescan_.disarm();
  } else {
    rescan_.arm(system_.now().steady + kRescan);
  }
}

void Supervisor::watch_entries(const std::vector<core::FoundDirectory>& found) {
  for (const auto& directory : found) watch_.add_entry(directory.name);
  for (const std::string& name : unusable_) watch_.add_entry(name);
  watch_.end();
}

/// Says once of each name what is wrong with it. Where a link leads nowhere, its target's coming will be
/// told; what else is wrong may pass without a sign.
void Supervisor::complain_about(const std::vector<Unusable>& unusable) {
  std::set<std::string> names;
  some_unknown_ = false;
  for (const auto& [name, error] : unusable) {
    if (!unusable_.contains(name)) warn("unable to stat " + name, error);
    names.insert(name);
    const int number = sys::number(error);
    if (number != ENOENT && number != ELOOP) some_unknown_ = true;
  }
  unusable_ = std::move(names);
}

void Supervisor::perform(const core::ScanMachine::Actions& actions) {
  bool failed = false;
  for (const auto& action : actions) {
    // Once a signal that ends this has come, nothing is started any more.
    if (exit_status_ || signals_.is_due(SIGHUP) || signals_.is_due(SIGTERM)) return;
    switch (action.kind) {
      case core::ScanMachine::Action::Kind::terminate:
        terminate(action.pid);
        break;
      case core::ScanMachine::Action::Kind::arm_timer:
        restart_.arm(action.at);
        break;
      case core::ScanMachine::Action::Kind::start:
        if (const auto pid = start(action.directory.name)) {
          reaper_.watch(*pid, *this);
          machine_.started(action.directory.identity, *pid, system_.now());
        } else {
          if (!fork_fails_) warn("unable to fork for " + action.directory.name, pid.error());
          machine_.start_failed(action.directory.identity, system_.now());
          failed = true;
        }
        fork_fails_ = failed;
        break;
    }
  }
  if (failed) perform(machine_.timer_expired(system_.now()));
}

sys::Result<pid_t> Supervisor::start(const std::string& name) {
  const std::string who = "runsvdir " + options_.directory + ": fatal: ";
  const std::string failure = "unable to start runsv " + name;
  const char* const argv[] = {"runsv", name.c_str(), nullptr};
  return system_.spawn({.who = who.c_str(),
                        .failure = failure.c_str(),
                        .path = argv[0],
                        .argv = argv,
                        .directory = directory_.descriptor(),
                        .signal_mask = &signals_.child_mask(),
                        .new_session = options_.new_session,
                        .search_path = true});
}

void Supervisor::terminate(pid_t pid) {
  if (others_.contains(pid)) {
    others_.terminate(pid);
  } else {
    (void)system_.send_signal(pid, SIGTERM);
  }
}

/// Whether the directory for which `child` was started is held by somebody else's runsv, which then takes the
/// child's place until it ends.
bool Supervisor::is_held(pid_t child) {
  const auto directory = machine_.directory_of(child);
  if (!directory) return false;
  const auto holder = others_.watch(directory_.descriptor(), directory->name);
  if (holder) machine_.started(directory->identity, *holder, system_.now());
  return holder.has_value();
}

void Supervisor::child_ended(const core::ChildEnd& end) {
  if (end.exit_code == kCannotSupervise && is_held(end.pid)) return;
  perform(machine_.child_ended(end.pid, end.exit_code == EXIT_SUCCESS, system_.now()));
}

}  // namespace runvisor::runsvdir
