#include "init.hpp"

#include <fmt/compile.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <span>
#include <utility>

#include "sys/directory_names.hpp"
#include "sys/process_tree.hpp"

namespace runvisor::container_init {
namespace {

using core::ContainerJob;
using core::ContainerNotice;
using core::ScriptFolder;

constexpr const char* kEnvironmentDirectory = "/etc/container_environment";
constexpr const char* kServices = "/etc/service";
constexpr const char* kSupervisor = "/usr/bin/runsvdir";
constexpr const char* kEnableInsecureKey = "/usr/sbin/enable_insecure_key";
constexpr const char* kLocalScript = "/etc/rc.local";
/// The exit code of a child whose program cannot be started. Source: sh(1).
constexpr int kNotExecutable = 127;

/// All signals but those that tell of a fault of this process's own, or are for the terminal.
sigset_t received_signals() noexcept {
  sigset_t signals;
  ::sigfillset(&signals);
  for (const int other : {SIGKILL, SIGSTOP, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS,
                          SIGPIPE, SIGXFSZ, SIGTSTP, SIGTTIN, SIGTTOU}) {
    ::sigdelset(&signals, other);
  }
  return signals;
}

bool is_executable_file(const char* path) noexcept {
  struct stat status {};
  return ::stat(path, &status) == 0 && S_ISREG(status.st_mode) && ::access(path, X_OK) == 0;
}

/// Who asks for the key is told if that is not possible; all else is passed over.
bool must_run(const std::string& script) noexcept {
  return script == kEnableInsecureKey || is_executable_file(script.c_str());
}

std::string joined(std::span<const char* const> words) {
  std::string text;
  for (const char* const word : words) {
    if (!text.empty()) text += ' ';
    text += word;
  }
  return text;
}

}  // namespace

Init::Init(sys::System& system, const cli::MyInitInvocation& invocation)
    : system_(system),
      invocation_(invocation),
      loop_([this](sys::Error error) {
        warn(fmt::format(FMT_COMPILE("Unable to watch descriptors, looking every second: {}"),
                         sys::words(error)));
      }),
      reaper_(system),
      signals_(loop_, [this](int signal) { receive(signal); }),
      environment_(kEnvironmentDirectory,
                   [this](const std::string& what, std::string_view why) {
                     warn(fmt::format(FMT_COMPILE("Skipping {}: {}"), what, why));
                   }),
      services_(system, loop_, kServices, [this] { perform(machine_->services_down()); }),
      timer_(loop_, [this] { perform(machine_->timer_expired()); }),
      deadline_(loop_, [this] { perform(machine_->deadline_expired()); }) {
  ::sigemptyset(&child_mask_);
}

void Init::block_signals() noexcept {
  const sigset_t signals = received_signals();
  ::sigprocmask(SIG_BLOCK, &signals, nullptr);
}

int Init::run() {
  if (::getpid() != 1) {
    if (const auto adopted = sys::adopt_orphans(); !adopted) {
      warn(fmt::format(FMT_COMPILE("Unable to adopt orphans: {}"), sys::words(adopted.error())));
    }
  }
  if (const auto opened = signals_.open(received_signals()); !opened) {
    warn(fmt::format(FMT_COMPILE("Unable to receive signals: {}"), sys::words(opened.error())));
    return core::kContainerAborted;
  }
  // Whoever has become this process may have left children behind.
  reaper_.reap();
  environment_.import_missing();
  machine_.emplace(options());
  environment_.export_all();
  if (!invocation_.skip_services) {
    open_log();
    open_critical();
  }
  perform(machine_->begin());
  loop_.run();
  return status_;
}

std::optional<std::chrono::milliseconds> Init::seconds_in(const char* variable) {
  const std::string* const value = environment_.find(variable);
  if (value == nullptr || value->empty()) return std::nullopt;
  const auto seconds = cli::parse_seconds(*value);
  if (!seconds) warn(fmt::format(FMT_COMPILE("Skipping {}: not a number of seconds: {}"), variable, *value));
  return seconds;
}

core::ContainerOptions Init::options() {
  core::ContainerOptions options;
  options.has_startup = !invocation_.skip_startup_files || invocation_.enable_insecure_key;
  options.has_services = !invocation_.skip_services;
  options.has_command = !invocation_.command.empty();
  options.kills_everything = !invocation_.no_kill_all_on_exit;
  const auto process = seconds_in("KILL_PROCESS_TIMEOUT");
  const auto everything = seconds_in("KILL_ALL_PROCESSES_TIMEOUT");
  options.process_grace = process.value_or(options.process_grace);
  options.everything_grace = everything.value_or(options.everything_grace);
  // Who sets one of them has told the engine to wait: then each part of the stop gets its time.
  if (process || everything) {
    constexpr int kParts = 4;
    options.total_grace =
        std::max(options.total_grace, kParts * options.process_grace + options.everything_grace +
                                          core::kFinishGrace + core::kKillGrace);
  }
  const auto total = invocation_.stop_timeout ? invocation_.stop_timeout : seconds_in("MY_INIT_STOP_TIMEOUT");
  options.total_grace = total.value_or(options.total_grace);
  const auto delay = invocation_.stop_delay ? invocation_.stop_delay : seconds_in("MY_INIT_STOP_DELAY");
  options.stop_delay = delay.value_or(options.stop_delay);
  return options;
}

void Init::open_critical() {
  std::vector<std::string> names(invocation_.critical.begin(), invocation_.critical.end());
  if (const std::string* const value = environment_.find("MY_INIT_CRITICAL")) {
    std::string_view rest = *value;
    while (!rest.empty()) {
      const std::string_view name = rest.substr(0, rest.find(' '));
      rest.remove_prefix(std::min(name.size() + 1, rest.size()));
      if (!name.empty() && name.find('/') == std::string_view::npos) names.emplace_back(name);
    }
  }
  if (names.empty()) return;
  critical_.emplace(loop_, kServices, std::move(names), [this](const std::string& name, int status) {
    warn(fmt::format(FMT_COMPILE("Critical service {} exited with status {}."), name, status));
    perform(machine_->critical_ended(status));
  });
  const auto opened = critical_->open([this](const std::string& name, sys::Error error) {
    warn(fmt::format(FMT_COMPILE("Unable to watch critical service {}: {}"), name, sys::words(error)));
  });
  if (!opened) {
    warn(fmt::format(FMT_COMPILE("Unable to watch critical services: {}"), sys::words(opened.error())));
  }
}

void Init::open_log() {
  auto format = invocation_.log_format;
  const std::string* const value = environment_.find("MY_INIT_LOG");
  if (!format && value != nullptr && !value->empty()) {
    format = cli::parse_log_format(*value);
    if (!format) warn(fmt::format(FMT_COMPILE("Skipping MY_INIT_LOG: no format: {}"), *value));
  }
  if (!format || *format == cli::LogFormat::none) return;
  const auto complain = [this](const std::string& what, sys::Error error) {
    warn(fmt::format(FMT_COMPILE("{}: {}"), what, sys::words(error)));
  };
  log_.emplace(system_, loop_, reaper_, complain);
  const char* const word = *format == cli::LogFormat::json ? "json" : "text";
  if (const auto opened = log_->open(word, child_mask_); !opened) {
    complain("Unable to collect the services' output", opened.error());
    log_.reset();
  }
}

void Init::receive(int signal) {
  if (signal != SIGCHLD) {
    perform(machine_->received(signal));
    return;
  }
  reaper_.reap();
  services_.look_again();
  look_for_everything();
}

void Init::child_ended(const core::ChildEnd& end) {
  if (end.pid == script_pid_) {
    script_pid_ = 0;
    environment_.replace();
  }
  perform(machine_->child_ended(end));
}

void Init::perform(const Machine::Actions& actions) {
  using Kind = Machine::Action::Kind;
  for (const Machine::Action& action : actions) {
    switch (action.kind) {
      case Kind::say:
        say(action);
        break;
      case Kind::run_script:
        perform(run_script(action.folder));
        break;
      case Kind::start:
        perform(start(action.job));
        break;
      case Kind::signal:
        (void)system_.send_signal(action.pid, action.number);
        break;
      case Kind::tell_services:
        services_.tell_to_leave();
        break;
      case Kind::watch_services:
        services_.watch();
        break;
      case Kind::kill_services:
        services_.kill();
        break;
      case Kind::signal_everything:
        signal_everything(action.number);
        break;
      case Kind::arm_timer:
        timer_.arm(system_.now().steady + action.delay);
        break;
      case Kind::disarm_timer:
        timer_.disarm();
        break;
      case Kind::arm_deadline:
        deadline_.arm(system_.now().steady + action.delay);
        break;
      case Kind::exit:
        status_ = action.number;
        loop_.stop();
        break;
    }
  }
}

/// Reads the folder once, when its first script is due.
void Init::list_scripts(ScriptFolder folder) {
  listed_ = folder;
  scripts_.clear();
  std::string directory;
  switch (folder) {
    case ScriptFolder::startup: {
      if (invocation_.enable_insecure_key) scripts_.emplace_back(kEnableInsecureKey);
      if (invocation_.skip_startup_files) return;
      const std::string* const other = environment_.find("ENV_INIT_DIRECTORY");
      directory = other != nullptr && !other->empty() ? *other : "/etc/my_init.d";
      break;
    }
    case ScriptFolder::pre_shutdown:
      directory = "/etc/my_init.pre_shutdown.d";
      break;
    case ScriptFolder::post_shutdown:
      directory = "/etc/my_init.post_shutdown.d";
      break;
  }
  if (const auto names = sys::directory_names(directory.c_str())) {
    for (const std::string& name : *names) {
      std::string path = directory;
      path.append("/").append(name);
      scripts_.push_back(std::move(path));
    }
  } else if (sys::number(names.error()) != ENOENT) {
    warn(fmt::format(FMT_COMPILE("Skipping {}: {}"), directory, sys::words(names.error())));
  }
  if (folder == ScriptFolder::startup) scripts_.emplace_back(kLocalScript);
  std::reverse(scripts_.begin(), scripts_.end());
}

Init::Machine::Actions Init::run_script(ScriptFolder folder) {
  if (listed_ != folder) list_scripts(folder);
  // What is no program now may have become one by the time that it is due.
  while (!scripts_.empty() && !must_run(scripts_.back())) scripts_.pop_back();
  if (scripts_.empty()) return machine_->scripts_done();
  if (stop_is_due()) return {};
  script_ = std::move(scripts_.back());
  scripts_.pop_back();
  tell(script_ == kEnableInsecureKey ? "Installing insecure SSH key for user root"
                                     : fmt::format(FMT_COMPILE("Running {}..."), script_));
  const char* const argv[] = {script_.c_str(), nullptr};
  return spawn(ContainerJob::script, argv);
}

/// Whether a stop has been requested that the machine does not know of. It will before anything is started.
bool Init::stop_is_due() const {
  return !machine_->is_leaving() && (signals_.is_due(SIGTERM) || signals_.is_due(SIGINT));
}

Init::Machine::Actions Init::start(ContainerJob job) {
  if (stop_is_due()) return {};
  if (job == ContainerJob::command) return spawn(job, invocation_.command.data());
  // Our own may be elsewhere.
  const char* const supervisor = ::access(kSupervisor, X_OK) == 0 ? kSupervisor : "runsvdir";
  std::vector<const char*> argv;
  if (log_) argv = log_->prefix();
  argv.insert(argv.end(), {supervisor, "-P", kServices, nullptr});
  return spawn(job, argv.data());
}

Init::Machine::Actions Init::spawn(ContainerJob job, const char* const* argv) {
  const std::string failure = fmt::format(FMT_COMPILE("Unable to run {}"), argv[0]);
  std::array<sys::Handover, 1> handover{};
  std::span<const sys::Handover> handovers;
  if (job == ContainerJob::supervisor && log_) {
    handover.front() = log_->handover();
    handovers = handover;
  }
  const auto pid = system_.spawn({.who = "*** ",
                                  .failure = failure.c_str(),
                                  .path = argv[0],
                                  .argv = argv,
                                  .handovers = handovers,
                                  .signal_mask = &child_mask_,
                                  .search_path = true,
                                  .cannot_start = kNotExecutable});
  if (job == ContainerJob::supervisor && log_) log_->started();
  if (!pid) {
    warn(fmt::format(FMT_COMPILE("{}: {}"), failure, sys::words(pid.error())));
    return machine_->start_failed(job);
  }
  reaper_.watch(*pid, *this);
  if (job == ContainerJob::script) script_pid_ = *pid;
  return machine_->started(job, *pid);
}

void Init::signal_everything(int signal) {
  if (signal == SIGKILL && log_) log_->abandon();
  auto sent = sys::signal_everything(signal);
  // What is stopped can obey TERM only when it goes on.
  if (sent && signal == SIGTERM) sent = sys::signal_everything(SIGCONT);
  if (!sent) {
    warn(fmt::format(FMT_COMPILE("Skipping other processes: {}"), sys::words(sent.error())));
    awaits_everything_ = false;
    perform(machine_->everything_gone());
    return;
  }
  awaits_everything_ = true;
  is_killing_ = signal == SIGKILL;
  // Those that end at once are told by a signal; without any there is none.
  look_for_everything();
}

void Init::look_for_everything() {
  if (!awaits_everything_) return;
  if (sys::has_children()) {
    // Whoever started another process before its own end must not have saved that one.
    if (is_killing_) (void)sys::signal_everything(SIGKILL);
    return;
  }
  awaits_everything_ = false;
  perform(machine_->everything_gone());
}

void Init::say(const Machine::Action& action) {
  const std::string command = invocation_.command.empty() ? std::string() : invocation_.command.front();
  const auto [pid, number] = std::pair{action.pid, action.number};
  switch (action.notice) {
    case ContainerNotice::script_failed:
      warn(fmt::format(FMT_COMPILE("{} failed with status {}"), script_, number));
      break;
    case ContainerNotice::stopping_script:
      tell(fmt::format(FMT_COMPILE("Shutting down {} (PID {})..."), script_, pid));
      break;
    case ContainerNotice::script_overdue:
      warn(fmt::format(FMT_COMPILE("{} (PID {}) did not shut down in time. Forcing it to exit."), script_,
                       pid));
      break;
    case ContainerNotice::booting:
      tell("Booting runit daemon...");
      break;
    case ContainerNotice::supervisor_started:
      tell(fmt::format(FMT_COMPILE("Runit started as PID {}"), pid));
      break;
    case ContainerNotice::supervisor_ended:
      tell(fmt::format(FMT_COMPILE("Runit exited with status {}"), number));
      break;
    case ContainerNotice::running_command:
      tell(fmt::format(FMT_COMPILE("Running {}..."), joined(invocation_.command)));
      break;
    case ContainerNotice::command_ended:
      tell(fmt::format(FMT_COMPILE("{} exited with status {}."), command, number));
      break;
    case ContainerNotice::stopping_command:
      tell(fmt::format(FMT_COMPILE("Shutting down {} (PID {})..."), command, pid));
      break;
    case ContainerNotice::command_overdue:
      warn(fmt::format(FMT_COMPILE("{} (PID {}) did not shut down in time. Forcing it to exit."), command,
                       pid));
      break;
    case ContainerNotice::delaying:
      tell("Waiting before shutting down...");
      break;
    case ContainerNotice::stopping_services:
      tell(fmt::format(FMT_COMPILE("Shutting down runit daemon (PID {})..."), pid));
      break;
    case ContainerNotice::services_overdue:
      warn(fmt::format(FMT_COMPILE("runit daemon (PID {}) did not shut down in time. Forcing it to exit."),
                       pid));
      break;
    case ContainerNotice::aborted:
      warn("Init system aborted.");
      break;
    case ContainerNotice::killing_everything:
      tell("Killing all processes...");
      break;
    case ContainerNotice::everything_overdue:
      warn("Not all processes have exited in time. Forcing them to exit.");
      break;
    case ContainerNotice::total_overdue:
      warn("The container did not shut down in time. Forcing it to exit.");
      break;
  }
}

void Init::tell(std::string_view text) {
  if (!invocation_.quiet) warn(text);
}

void Init::warn(std::string_view text) { system_.complain(fmt::format(FMT_COMPILE("*** {}\n"), text)); }

}  // namespace runvisor::container_init
