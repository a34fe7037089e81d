#include "service/service.hpp"

#include <fmt/compile.h>

#include <array>
#include <utility>

#include "core/end_record.hpp"

namespace runvisor::service {

using core::Action;
using core::Role;

namespace {

/// How long a file that could not be published waits for its next try.
constexpr std::chrono::seconds kPublishRetry{1};

/// What Linux lets a FIFO hold by default.
constexpr std::size_t kFifoCapacity = 65536;

constexpr const char* kSupervise[] = {"supervise", "log/supervise"};

constexpr const char* path_of(Role role) { return kSupervise[role == Role::log ? 1 : 0]; }

}  // namespace

struct Service::Process {
  Process(Service& service, Role which)
      : role(which),
        supervise(service.system_, service.options_.directory, path_of(which)),
        restart(service.loop_,
                [&service, which] {
                  service.perform(which,
                                  service.machine_->process(which).timer_expired(service.system_.now()));
                }),
        publish_again(service.loop_, [&service, which] { service.publish(which); }) {}

  /// Listens to the control FIFO.
  void listen(Service& service) {
    control = std::make_unique<event::Readable>(service.loop_, supervise.take_control(),
                                                [&service, which = role] { service.read_control(which); });
    control->wait();
  }

  Role role;
  SuperviseDirectory supervise;
  std::unique_ptr<event::Readable> control;
  /// No more is read while a command hook runs: the rest waits in the FIFO.
  bool control_waits = false;
  event::Timer restart;
  event::Timer publish_again;
  bool publish_fails = false;
};

Service::Service(sys::System& system, event::Loop& loop, event::Reaper& reaper, Options options)
    : system_(system),
      loop_(loop),
      reaper_(reaper),
      options_(std::move(options)),
      who_(fmt::format(FMT_COMPILE("runsv {}: "), options_.name)) {}

Service::~Service() {
  loop_.forget(*this);
  reaper_.forget(*this);
}

Service::Process& Service::process(Role role) noexcept { return role == Role::log ? *log_ : *service_; }

void Service::warn(const std::string& what, std::optional<sys::Error> error) {
  system_.complain(fmt::format(FMT_COMPILE("{}warning: {}\n"), who_, Failure{what, error}.text()));
}

std::optional<Failure> Service::open(const sigset_t& waiting_mask) {
  const int directory = options_.directory;
  const core::Now now = system_.now();
  const bool down = system_.status(directory, "down", 0).has_value();
  machine_.emplace(down ? core::Want::down : core::Want::up, std::nullopt, now);

  service_ = std::make_unique<Process>(*this, Role::service);
  if (auto failed = service_->supervise.claim(nullptr)) return failed;
  if (const auto log = system_.status(directory, "log", 0)) {
    if (S_ISDIR(log->st_mode)) {
      if (auto failed = open_log(&waiting_mask)) return failed;
    } else {
      warn("./log: not a directory.", std::nullopt);
    }
  } else if (sys::number(log.error()) != ENOENT) {
    warn("unable to stat() ./log", log.error());
  }

  if (auto failed = service_->supervise.open_control()) return failed;
  return prepare_to_show(*service_, machine_->process(Role::service).record());
}

/// Clients are to see a process with the record of its first child (introduce). Where an earlier life has
/// left an ok FIFO that is not possible: they see it with the record it begins with, now.
std::optional<Failure> Service::prepare_to_show(Process& that, const core::StatusRecord& record) {
  if (auto failed = that.supervise.prepare_ok()) return failed;
  if (that.supervise.ok_prepared()) return std::nullopt;
  // What cannot be written is reported when it is tried again.
  (void)that.supervise.publish(record, that.role == Role::service);
  return that.supervise.show();
}

/// Makes the log pipe and claims `log/supervise`.
std::optional<Failure> Service::open_log(const sigset_t* waiting) {
  auto pipe = system_.make_pipe();
  if (!pipe) return Failure{"unable to create log pipe", pipe.error()};
  const bool down = system_.status(options_.directory, "log/down", 0).has_value();
  auto log = std::make_unique<Process>(*this, Role::log);
  if (auto failed = log->supervise.claim(waiting)) return failed;
  if (auto failed = log->supervise.open_control()) return failed;
  const core::Want want = down ? core::Want::down : core::Want::up;
  const core::Now now = system_.now();
  const core::ProcessMachine machine(Role::log, want, now);
  if (auto failed = prepare_to_show(*log, machine.record())) return failed;
  machine_->attach_log(want, now);
  log_pipe_ = std::move(*pipe);
  log_ = std::move(log);
  return std::nullopt;
}

void Service::begin(const sigset_t& child_mask) {
  child_mask_ = child_mask;
  if (log_) introduce(Role::log);
  introduce(Role::service);
}

/// Starts one of the two if it is to be started. Clients see it before its first child executes anything,
/// since a `run` that calls sv on itself must not be too early, and with the record of that child: what is
/// published before the start would be replaced at once.
void Service::introduce(Role role) {
  Process& that = process(role);
  that.listen(*this);
  perform(role, machine_->process(role).begin(system_.now()));
  // Nothing was started.
  if (!that.supervise.shown()) publish(role);
}

/// A log directory may appear while its service is supervised. Looked for where something is about to happen
/// anyway: before a start, at a command, when a child has ended.
void Service::look_for_log() {
  if (log_) return;
  const auto status = system_.status(options_.directory, "log", 0);
  if (!status || !S_ISDIR(status->st_mode)) return;
  const auto failed = open_log(nullptr);
  if (failed && !log_fails_) warn(failed->what, failed->error);
  log_fails_ = failed.has_value();
  if (!failed) introduce(Role::log);
}

void Service::command(core::Command command) {
  // What was written before it comes first; no more than a FIFO holds can have been.
  for (std::size_t obeyed = 0; obeyed < kFifoCapacity;) {
    const std::size_t count = obey_control(Role::service);
    if (count == 0) break;
    obeyed += count;
  }
  look_for_log();
  perform(Role::service, machine_->command(Role::service, command, system_.now()));
}

/// Reads a handful of commands; what is left makes the FIFO readable again, so that somebody who never stops
/// writing keeps nothing else waiting.
void Service::read_control(Role role) {
  Process& that = process(role);
  that.control_waits = machine_->process(role).hook_runs();
  if (that.control_waits) return;
  (void)obey_control(role);
  that.control->wait();
}

/// Obeys what one read of the control FIFO gives, and returns the number of bytes.
std::size_t Service::obey_control(Role role) {
  std::array<char, 64> bytes{};
  const auto count = system_.read(process(role).control->fd(), bytes);
  if (!count) return 0;
  if (role == Role::service) look_for_log();
  for (const char byte : std::span(bytes).first(*count)) {
    const auto command = core::command_from_byte(byte);
    if (command) perform(role, machine_->command(role, *command, system_.now()));
  }
  return *count;
}

/// Carries the actions out; their answers lead to further ones.
void Service::perform(Role role, core::ActionList actions) {
  core::ProcessMachine& machine = machine_->process(role);
  bool answered = true;
  while (answered) {
    answered = false;
    core::ActionList next;
    for (const Action& action : actions) {
      switch (action.kind) {
        case Action::Kind::send_signal:
          (void)system_.send_signal(action.pid, action.signal);
          break;
        case Action::Kind::arm_timer:
          process(role).restart.arm(action.at);
          break;
        case Action::Kind::disarm_timer:
          process(role).restart.disarm();
          break;
        case Action::Kind::start_run:
        case Action::Kind::start_finish:
        case Action::Kind::run_hook: {
          const core::Now now = system_.now();
          const bool is_hook = action.kind == Action::Kind::run_hook;
          const auto pid = is_hook ? run_hook(role, action, now) : start(role, action, now);
          if (pid) reaper_.watch(*pid, *this);
          next = pid ? machine.started(*pid, now) : machine.start_failed(now);
          answered = true;
          break;
        }
      }
    }
    actions = next;
  }
  loop_.at_turn_end(*this);
}

sys::Result<pid_t> Service::start(Role role, const Action& action, core::Now now) {
  const bool is_log = role == Role::log;
  const bool is_run = action.kind == Action::Kind::start_run;
  if (is_run && !is_log && service_->supervise.shown()) look_for_log();
  const fmt::format_int code(action.end.exit_code);
  const fmt::format_int status(action.end.status);
  const std::array<const char*, 4> argv{is_run ? "./run" : "./finish", is_run ? nullptr : code.c_str(),
                                        status.c_str(), nullptr};
  const char* failure = "unable to start ./finish";
  if (is_run) failure = is_log ? "unable to start log/./run" : "unable to start ./run";
  const std::string who = who_ + "fatal: ";
  const auto pid = spawn(role, now,
                         {.who = who.c_str(),
                          .failure = failure,
                          .path = argv[0],
                          .argv = argv.data(),
                          .directory = options_.directory,
                          .subdirectory = is_log ? "log" : nullptr,
                          .standard_input = is_log ? log_pipe_.read_end.get() : -1,
                          .standard_output = is_log ? -1 : log_pipe_.write_end.get(),
                          .signal_mask = &child_mask_});
  if (!pid && !fork_fails_) warn("unable to fork, sleeping", pid.error());
  fork_fails_ = !pid;
  return pid;
}

/// Starts a child; the first one of a process announces itself.
sys::Result<pid_t> Service::spawn(Role role, core::Now now, sys::Program program) {
  if (process(role).supervise.shown()) return system_.spawn(program);
  const std::function<void(pid_t)> announce = [this, role, now](pid_t pid) {
    core::ProcessMachine next = machine_->process(role);
    (void)next.started(pid, now);
    publish(process(role), next.record());
  };
  program.announce = &announce;
  return system_.spawn(program);
}

/// Starts `control/X` if its owner may execute it.
sys::Result<pid_t> Service::run_hook(Role role, const Action& action, core::Now now) {
  const std::string path = fmt::format(FMT_COMPILE("control/{}"), static_cast<char>(action.hook));
  const auto status = system_.status(options_.directory, path.c_str(), 0);
  if (!status) {
    const int number = sys::number(status.error());
    const bool is_new = std::exchange(hook_error_, number) != number;
    if (is_new && number != ENOENT) warn("unable to stat " + path, status.error());
    return status.error();
  }
  hook_error_ = 0;
  if ((status->st_mode & S_IXUSR) == 0) return sys::Error{EACCES};
  const fmt::format_int service_pid(action.pid);
  const std::array<const char*, 3> argv{path.c_str(), action.pid == 0 ? nullptr : service_pid.c_str(),
                                        nullptr};
  const std::string who = who_ + "fatal: ";
  const std::string failure = "unable to run " + path;
  const auto pid = spawn(role, now,
                         {.who = who.c_str(),
                          .failure = failure.c_str(),
                          .path = path.c_str(),
                          .argv = argv.data(),
                          .directory = options_.directory,
                          .standard_output = log_pipe_.write_end.get(),
                          .signal_mask = &child_mask_});
  // Whoever cannot fork tries again every second, and says so once.
  if (!pid && !fork_fails_) warn("unable to fork for " + path, pid.error());
  return pid;
}

void Service::child_ended(const core::ChildEnd& end) {
  for (const Role role : {Role::service, Role::log}) {
    if (role == Role::log && !machine_->has_log()) continue;
    if (!machine_->process(role).owns(end.pid)) continue;
    const bool left_over = role == Role::service ? system_.readable(options_.directory, "finish")
                                                 : system_.has_input(log_pipe_.read_end.get());
    if (role == Role::service) record_end(end);
    perform(role, machine_->process(role).child_ended(end, left_over, system_.now()));
    if (process(role).control_waits) read_control(role);
    break;
  }
  look_for_log();
}

/// Leaves how `run` has ended to whoever must know more than the status tells: a container's first process.
void Service::record_end(const core::ChildEnd& end) {
  const core::StatusRecord& record = machine_->process(Role::service).record();
  if (record.state != core::State::run || record.pid != static_cast<std::uint32_t>(end.pid)) return;
  const bool was_told = record.got_term || record.want != core::Want::up;
  process(Role::service).supervise.record_end(core::end_line({end, was_told}));
}

void Service::end_turn() {
  publish(Role::service);
  if (log_) publish(Role::log);
  switch (machine_->close_down()) {
    case core::ServiceMachine::Duty::none:
      return;
    case core::ServiceMachine::Duty::close_log_pipe:
      // The other end stays: what is in the pipe must outlive a log service that fails to read it.
      log_pipe_.write_end = {};
      loop_.at_turn_end(*this);
      return;
    case core::ServiceMachine::Duty::leave:
      options_.left();
      return;
  }
}

void Service::publish(Role role) {
  Process& that = process(role);
  publish(that, machine_->process(role).record());
  if (that.publish_fails) that.publish_again.arm(system_.now().steady + kPublishRetry);
}

void Service::publish(Process& that, const core::StatusRecord& record) {
  auto failed = that.supervise.publish(record, that.role == Role::service);
  // A supervisor whose files cannot be written is to be seen, too.
  if (!that.supervise.shown()) {
    auto unseen = that.supervise.show();
    if (!failed) failed = std::move(unseen);
  }
  if (failed && !that.publish_fails) warn(failed->what, failed->error);
  that.publish_fails = failed.has_value();
}

}  // namespace runvisor::service
