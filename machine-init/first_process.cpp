#include "first_process.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstring>

namespace runvisor::machine_init {
namespace {

using core::InitProgram;
using Kind = core::InitMachine::Action::Kind;

/// A parent may have had signals ignored: with SIGCHLD, no child's end could be seen, and the stages would
/// inherit it.
void ignore_no_signal() noexcept {
  struct sigaction defaults {};
  defaults.sa_handler = SIG_DFL;
  for (int signal = 1; signal <= SIGRTMAX; ++signal) {
    struct sigaction now {};
    if (::sigaction(signal, nullptr, &now) == 0 && now.sa_handler == SIG_IGN) {
      ::sigaction(signal, &defaults, nullptr);
    }
  }
}

/// How long to wait for what is due, which may be past.
timespec time_until(core::SteadyTime due, core::SteadyTime now) noexcept {
  const auto left = std::max(due - now, core::SteadyTime::duration::zero());
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(left);
  return {.tv_sec = static_cast<time_t>(seconds.count()),
          .tv_nsec = static_cast<long>(std::chrono::nanoseconds(left - seconds).count())};
}

}  // namespace

void FirstProcess::begin(std::string_view version) {
  sigset_t all;
  ::sigfillset(&all);
  ::sigprocmask(SIG_SETMASK, &all, nullptr);
  ignore_no_signal();

  control_.lead_session();
  if (const auto opened = control_.write_to_console(true); !opened) {
    say({version, ": booting."});
    say({"warning: unable to open /dev/console: ", sys::words(opened.error())});
  } else {
    say({version, ": booting."});
  }
  control_.take_ctrl_alt_del();
  perform(machine_.begin());
}

void FirstProcess::run(std::string_view version) {
  begin(version);
  while (true) wait();
}

void FirstProcess::wait() {
  sigset_t awaited;
  ::sigfillset(&awaited);
  // A second request is kept by the kernel until the first one has been served.
  if (!machine_.takes_ctrl_alt_del()) ::sigdelset(&awaited, SIGINT);
  int signal = 0;
  if (due_) {
    const timespec timeout = time_until(*due_, system_.now().steady);
    signal = ::sigtimedwait(&awaited, nullptr, &timeout);
  } else {
    signal = ::sigwaitinfo(&awaited, nullptr);
  }
  if (signal > 0) receive(signal);
  if (due_ && system_.now().steady >= *due_) expire();
}

void FirstProcess::receive(int signal) {
  switch (signal) {
    case SIGCHLD:
      collect_children();
      break;
    case SIGCONT:
      perform(machine_.continued(executable(files_.stop)));
      break;
    case SIGINT:
      perform(machine_.interrupted(executable(core::path_of(InitProgram::ctrl_alt_del))));
      break;
    case SIGPWR:
      perform(machine_.power_failing());
      break;
    case SIGALRM:
      perform(machine_.alarmed());
      break;
    default:
      break;
  }
}

void FirstProcess::collect_children() {
  while (const auto end = system_.reap()) {
    if (end->pid == power_) {
      power_ = 0;
      perform(machine_.power_failed());
    } else {
      perform(machine_.child_ended(*end));
    }
  }
}

void FirstProcess::expire() {
  due_.reset();
  perform(machine_.timer_expired());
}

void FirstProcess::perform(const Machine::Actions& actions) {
  for (const Machine::Action& action : actions) perform(action);
}

void FirstProcess::perform(const Machine::Action& action) {
  switch (action.kind) {
    case Kind::say: {
      const core::InitWords words = core::words_of(action.notice);
      (void)control_.write_to_console(false);
      say({words.text, words.names_program ? core::path_of(action.program) : ""});
      break;
    }
    case Kind::start:
      start(action.program);
      break;
    case Kind::signal:
      (void)system_.send_signal(action.pid, action.number);
      break;
    case Kind::signal_group:
      (void)system_.send_signal(-action.pid, action.number);
      break;
    case Kind::arm_timer:
      due_ = system_.now().steady + action.delay;
      break;
    case Kind::disarm_timer:
      due_.reset();
      break;
    case Kind::clear_stop_file:
      clear_stop_file();
      break;
    case Kind::look_for_stop:
      perform(machine_.continued(executable(files_.stop)));
      break;
    case Kind::kill_everything:
      control_.kill_everything();
      perform(machine_.everything_killed(executable(files_.restart)));
      break;
    case Kind::request_power:
      request_power(action.power);
      break;
  }
}

void FirstProcess::start(InitProgram program) {
  const char* const path = core::path_of(program);
  // What the last stage had may have been hung up.
  (void)control_.write_to_console(true);
  const std::array<const char*, 2> argv{path, nullptr};
  sigset_t none;
  ::sigemptyset(&none);
  // The first stage can ask at the console; the others have it for their messages only.
  sys::Fd console;
  if (program == InitProgram::boot) {
    if (auto opened = control_.open_console()) console = std::move(*opened);
  }
  const auto pid =
      system_.spawn({.who = "- runit: fatal: unable to start child: ",
                     .failure = path,
                     .path = path,
                     .argv = argv.data(),
                     .standard_input = console.get(),
                     .signal_mask = &none,
                     .new_session = program == InitProgram::run || program == InitProgram::shutdown,
                     .cannot_start = 0});
  if (pid) {
    machine_.started(program, *pid);
  } else {
    say({"warning: unable to fork for \"", path, "\" pausing: ", sys::words(pid.error())});
    perform(machine_.start_failed(program));
  }
}

void FirstProcess::request_power(core::PowerRequest request) {
  const bool sync = !system_.status(AT_FDCWD, files_.no_sync, 0);
  if (const auto child = control_.request_power(request, sync)) {
    power_ = *child;
  } else {
    say({"warning: unable to fork, pausing: ", sys::words(child.error())});
    perform(machine_.power_unavailable());
  }
}

void FirstProcess::clear_stop_file() {
  const auto file = system_.open(AT_FDCWD, files_.stop, O_RDONLY | O_NONBLOCK, 0);
  if (file) (void)system_.set_mode(file->get(), 0);
}

bool FirstProcess::executable(const char* file) {
  const auto found = system_.status(AT_FDCWD, file, 0);
  return found && (found->st_mode & S_IXUSR) != 0;
}

/// One line, put together on the stack and cut if it is too long.
void FirstProcess::say(std::initializer_list<std::string_view> pieces) {
  std::array<char, 256> line{};
  std::size_t length = 0;
  const auto append = [&](std::string_view piece) {
    const std::size_t count = std::min(piece.size(), line.size() - 1 - length);
    std::memcpy(line.data() + length, piece.data(), count);
    length += count;
  };
  append("- runit: ");
  for (const std::string_view piece : pieces) append(piece);
  line.at(length++) = '\n';
  system_.complain({line.data(), length});
}

}  // namespace runvisor::machine_init
