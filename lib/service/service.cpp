#include "service/service.hpp"

#include <fmt/compile.h>
#include <unistd.h>

#include <array>
#include <utility>

#include "core/process_record.hpp"
#include "service/adoption.hpp"

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
  /// What its machine begins with.
  core::Want want = core::Want::up;
  /// A process of an earlier runsv's, until it has ended.
  std::unique_ptr<AdoptedProcess> adopted;
  /// When its last process was started, and what has been left for a later runsv of it.
  core::Birth birth;
  std::uint64_t pipe_inode = 0;
  std::optional<core::StatusRecord> noted;
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
  service_ = std::make_unique<Process>(*this, Role::service);
  service_->want = wanted_by_file("down");
  if (auto failed = service_->supervise.claim(nullptr)) return failed;
  std::optional<core::ProcessState> left;
  if (auto failed = take_over(*service_, left)) return failed;
  machine_.emplace(service_->want, std::nullopt, system_.now());
  if (left) machine_->resume(Role::service, std::move(*left));
  service_->noted = machine_->process(Role::service).record();
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

core::Want Service::wanted_by_file(const char* down) {
  return system_.status(options_.directory, down, 0) ? core::Want::down : core::Want::up;
}

/// Claims `log/supervise` and makes the log pipe.
std::optional<Failure> Service::open_log(const sigset_t* waiting) {
  auto log = std::make_unique<Process>(*this, Role::log);
  log->want = wanted_by_file("log/down");
  if (auto failed = log->supervise.claim(waiting)) return failed;
  std::optional<core::ProcessState> left;
  if (auto failed = take_over(*log, left)) return failed;
  auto pipe = find_log_pipe(*log);
  if (!pipe) return Failure{"unable to create log pipe", pipe.error()};
  const auto status = system_.status(pipe->write_end.get());
  if (!status) return Failure{"unable to create log pipe", status.error()};
  if (auto failed = log->supervise.open_control()) return failed;
  const core::Now now = system_.now();
  const core::ProcessMachine machine = left ? core::ProcessMachine(Role::log, std::move(*left))
                                            : core::ProcessMachine(Role::log, log->want, now);
  if (auto failed = prepare_to_show(*log, machine.record())) return failed;
  log->noted = machine.record();
  machine_->attach_log(log->want, now);
  machine_->resume(Role::log, machine.state());
  log_pipe_ = std::move(*pipe);
  log_pipe_inode_ = status->st_ino;
  log_ = std::move(log);
  return std::nullopt;
}

/// Begins with what an earlier runsv has left, if there is something: a living process, whose machine goes on
/// from `state`, or what was wanted.
std::optional<Failure> Service::take_over(Process& that, std::optional<core::ProcessState>& state) {
  auto left = find_inheritance(system_, that.supervise, that.role);
  // Whoever cannot know must not start a second one.
  if (!left) return Failure{"unable to look for a process to adopt", left.error()};
  if (!*left) return std::nullopt;
  const core::ProcessRecord& record = (*left)->record;
  if (!(*left)->process) {
    if (record.status.want == core::Want::down) that.want = core::Want::down;
    return std::nullopt;
  }
  const core::Now now = system_.now();
  const auto age = system_.since_boot() - record.birth.before;
  state = core::resumed(record.status, now.steady - age, now);
  // Its service has ended, and is to be started again.
  if (that.role == Role::log && record.status.want == core::Want::exit) state->published.want = that.want;
  that.supervise.recognise(state->published);
  that.birth = record.birth;
  that.pipe_inode = record.log_pipe;
  that.adopted = std::make_unique<AdoptedProcess>(system_, loop_, static_cast<pid_t>(record.status.pid),
                                                  std::move((*left)->process),
                                                  [this](const core::ChildEnd& end) { child_ended(end); });
  return std::nullopt;
}

/// The log pipe of an earlier runsv, out of one of the processes that have it.
sys::Result<sys::Pipe> Service::find_log_pipe(const Process& log) {
  std::optional<sys::Error> failed;
  using Holder = std::pair<const Process*, int>;
  for (const auto& [that, fd] : {Holder{&log, STDIN_FILENO}, Holder{service_.get(), STDOUT_FILENO}}) {
    if (!that->adopted || that->pipe_inode == 0) continue;
    auto pipe = system_.reopen_pipe(that->adopted->pid(), fd, that->pipe_inode);
    if (pipe) return pipe;
    if (!failed) failed = pipe.error();
  }
  // The two go on with the old one; it ends with the service.
  if (failed) warn("unable to reopen log pipe", failed);
  return system_.make_pipe();
}

bool Service::has_adopted() const noexcept { return service_->adopted || (log_ && log_->adopted); }

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
  if (that.adopted) that.adopted->watch();
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
          send_signal(process(role), action);
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

void Service::send_signal(Process& that, const Action& action) {
  if (that.adopted && that.adopted->pid() == action.pid) {
    that.adopted->send_signal(action.signal);
  } else {
    (void)system_.send_signal(action.pid, action.signal);
  }
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
  const auto pid = spawn(role, false, now,
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

/// Starts a child, which leaves a record of itself before it executes anything; the first one of a process
/// announces itself to clients as well.
sys::Result<pid_t> Service::spawn(Role role, bool is_hook, core::Now now, sys::Program program) {
  Process& that = process(role);
  if (is_hook && that.supervise.shown()) return system_.spawn(program);
  const auto before = system_.since_boot();
  const std::function<void(pid_t)> announce = [this, &that, is_hook, now, before](pid_t pid) {
    core::ProcessMachine next = machine_->process(that.role);
    (void)next.started(pid, now);
    if (!is_hook) {
      that.birth = {before, system_.since_boot()};
      that.pipe_inode = log_pipe_inode_;
      note(that, next.record());
    }
    if (!that.supervise.shown()) publish(that, next.record());
  };
  program.announce = &announce;
  return system_.spawn(program);
}

/// Leaves what is known of a process for a later runsv.
void Service::note(Process& that, const core::StatusRecord& record) {
  if (that.noted == record) return;
  if (boot_id_.empty()) {
    auto id = system_.boot_id();
    if (!id) return;
    boot_id_ = std::move(*id);
  }
  const auto noted = that.supervise.record_process({.boot_id = boot_id_,
                                                    .role = that.role,
                                                    .status = record,
                                                    .birth = that.birth,
                                                    .log_pipe = that.pipe_inode});
  if (noted) that.noted = record;
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
  const auto pid = spawn(role, true, now,
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
  process(Role::service).supervise.record_end({end, was_told});
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
  const core::StatusRecord& record = machine_->process(role).record();
  note(that, record);
  publish(that, record);
  if (that.adopted && that.adopted->has_ended()) that.adopted.reset();
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
