#include "support/process.hpp"

#include <fcntl.h>
#include <grp.h>
#include <linux/close_range.h>
#include <poll.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <set>
#include <stdexcept>
#include <system_error>

extern char** environ;

namespace runvisor::testing {

namespace {

std::set<pid_t>& live_processes() {
  static std::set<pid_t> pids;
  return pids;
}

[[noreturn]] void fail(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

Ending ending_of(int status) {
  return WIFSIGNALED(status) ? killed_by(WTERMSIG(status)) : exited(WEXITSTATUS(status));
}

int memory_file(const char* name) {
  const int fd = ::memfd_create(name, MFD_CLOEXEC);
  if (fd < 0) {
    fail("memfd_create");
  }
  // Else two processes that write at the same time could write at the same place: the kernel guards the
  // position of files that have been opened only.
  if (::fcntl(fd, F_SETFL, O_APPEND) != 0) {
    fail("fcntl");
  }
  return fd;
}

std::string content_of(int fd) {
  std::string content;
  char buffer[4096];
  ssize_t got = 0;
  while ((got = ::pread(fd, buffer, sizeof buffer, static_cast<off_t>(content.size()))) > 0) {
    content.append(buffer, static_cast<std::size_t>(got));
  }
  return content;
}

std::vector<std::string> environment_for(const ProcessOptions& options) {
  std::vector<std::string> result;
  const auto named = [&](std::string_view entry) {
    const std::string_view name = entry.substr(0, entry.find('='));
    return std::any_of(options.environment.begin(), options.environment.end(),
                       [&](const auto& variable) { return variable.first == name; });
  };
  if (!options.bare_environment) {
    for (char** entry = environ; *entry != nullptr; ++entry) {
      if (!named(*entry)) {
        result.emplace_back(*entry);
      }
    }
  }
  for (const auto& [name, value] : options.environment) {
    if (value) {
      result.push_back(name + "=" + *value);
    }
  }
  return result;
}

std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> result;
  for (auto& string : strings) {
    result.push_back(string.data());
  }
  result.push_back(nullptr);
  return result;
}

/// The child's side: applies the options and executes the program, or exits 127.
[[noreturn]] void become(const std::vector<std::string>& argv, const ProcessOptions& options, int out,
                         int err) {
  std::vector<std::string> arguments = argv;
  if (options.called_as) {
    arguments.front() = *options.called_as;
  }
  std::vector<std::string> variables = environment_for(options);

  const int in = options.stdin_fd >= 0 ? options.stdin_fd : ::open(options.stdin_file.c_str(), O_RDONLY);
  if (in < 0 || ::dup2(in, 0) < 0 || ::dup2(out, 1) < 0 || ::dup2(err, 2) < 0) {
    ::_exit(126);
  }
  for (const int fd : options.closed) {
    ::close(fd);
  }
  // What the test's own process was started with is not the program's business.
  ::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
  sigset_t mask;
  sigemptyset(&mask);
  for (const int number : options.blocked_signals) {
    sigaddset(&mask, number);
  }
  ::sigprocmask(SIG_SETMASK, &mask, nullptr);
  for (const int number : options.ignored_signals) {
    ::signal(number, SIG_IGN);
  }
  if (options.umask) {
    ::umask(*options.umask);
  }
  if (options.new_session) {
    ::setsid();
  }
  for (const auto& [resource, most] : options.limits) {
    const rlimit limit{.rlim_cur = most, .rlim_max = most};
    ::setrlimit(static_cast<__rlimit_resource>(resource), &limit);
  }
  if (!options.cwd.empty() && ::chdir(options.cwd.c_str()) != 0) {
    ::_exit(126);
  }
  if (options.uid &&
      (::setgroups(0, nullptr) != 0 || ::setgid(*options.uid) != 0 || ::setuid(*options.uid) != 0)) {
    ::_exit(126);
  }
  // Should the test itself be killed, a runsv takes its services along.
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  try {
    if (options.prepare) {
      options.prepare();
    }
  } catch (const std::exception& error) {
    ::dprintf(2, "not prepared: %s\n", error.what());
    ::_exit(126);
  }
  ::execvpe(argv.front().c_str(), pointers(arguments).data(), pointers(variables).data());
  ::_exit(127);
}

/// Sends KILL to a tree, parents first so that nothing is started anew, and reaps what is ours.
void end_tree(pid_t root) {
  std::vector<pid_t> tree = descendants_of(root);
  tree.insert(tree.begin(), root);
  for (const pid_t pid : tree) {
    ::kill(pid, SIGKILL);
  }
}

/// fork(2), into a new PID namespace if asked to.
pid_t fork_into(bool new_namespace) {
  if (!new_namespace) {
    return ::fork();
  }
  const int own = ::open("/proc/self/ns/pid", O_RDONLY | O_CLOEXEC);
  if (own < 0 || ::unshare(CLONE_NEWPID) != 0) {
    fail("unshare pids");
  }
  const pid_t pid = ::fork();
  if (pid == 0) {
    // What is meant for a namespace of its own must never happen to anybody else's.
    if (::getpid() != 1) {
      ::_exit(126);
    }
    return 0;
  }
  const int error = errno;
  if (::setns(own, CLONE_NEWPID) != 0) {
    fail("setns");
  }
  ::close(own);
  errno = error;
  return pid;
}

}  // namespace

std::ostream& operator<<(std::ostream& stream, const Ending& ending) {
  if (ending.signal) {
    return stream << "killed by signal " << *ending.signal;
  }
  return stream << "exit " << ending.code.value_or(-1);
}

Process::Process(const std::vector<std::string>& argv, const ProcessOptions& options)
    : out_(memory_file("stdout")), err_(memory_file("stderr")) {
  // Closed by exec: what a test sees and signals is the program, not the test's own copy before it.
  std::array<int, 2> started{};
  if (::pipe2(started.data(), O_CLOEXEC) != 0) {
    fail("pipe2");
  }
  pid_ = fork_into(options.first_of_namespace);
  if (pid_ < 0) {
    fail("fork");
  }
  if (pid_ == 0) {
    become(argv, options, out_, err_);
  }
  ::close(started[1]);
  char nothing = 0;
  while (::read(started[0], &nothing, 1) < 0 && errno == EINTR) {
  }
  ::close(started[0]);
  live_processes().insert(pid_);
}

Process::Process(Process&& other) noexcept
    : pid_(std::exchange(other.pid_, 0)),
      out_(std::exchange(other.out_, -1)),
      err_(std::exchange(other.err_, -1)),
      ending_(other.ending_),
      dumped_core_(other.dumped_core_) {}

Process& Process::operator=(Process&& other) noexcept {
  if (this != &other) {
    end();
    pid_ = std::exchange(other.pid_, 0);
    out_ = std::exchange(other.out_, -1);
    err_ = std::exchange(other.err_, -1);
    ending_ = other.ending_;
    dumped_core_ = other.dumped_core_;
  }
  return *this;
}

Process::~Process() { end(); }

void Process::end() {
  if (pid_ == 0) {
    return;
  }
  if (!ending_) {
    end_tree(pid_);
    ::waitpid(pid_, nullptr, 0);
  }
  live_processes().erase(pid_);
  end_orphans();
  ::close(out_);
  ::close(err_);
  pid_ = 0;
}

bool Process::running() { return !wait(0ms).has_value(); }

std::optional<Ending> Process::wait(std::chrono::milliseconds deadline) {
  if (ending_) {
    return ending_;
  }
  // Called directly: the header of glibc 2.36 lacks C linkage.
  const int watch = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));
  if (watch < 0) {
    fail("pidfd_open");
  }
  pollfd item{.fd = watch, .events = POLLIN, .revents = 0};
  const auto end = Clock::now() + deadline;
  auto left = deadline;
  while (::poll(&item, 1, static_cast<int>(left.count())) < 0 && errno == EINTR) {
    left = std::max(0ms, std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now()));
  }
  ::close(watch);
  int status = 0;
  if (::waitpid(pid_, &status, WNOHANG) == pid_) {
    ending_ = ending_of(status);
    dumped_core_ = WIFSIGNALED(status) && WCOREDUMP(status);
    live_processes().erase(pid_);
  }
  return ending_;
}

void Process::signal(int number) const {
  if (!ending_) {
    ::kill(pid_, number);
  }
}

std::string Process::out() const { return content_of(out_); }
std::string Process::err() const { return content_of(err_); }

Finished run(const std::vector<std::string>& argv, const ProcessOptions& options,
             std::chrono::milliseconds deadline) {
  Process process(argv, options);
  const std::optional<Ending> ending = process.wait(deadline);
  return {.ending = ending, .out = process.out(), .err = process.err()};
}

void become_subreaper() {
  if (::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0) {
    fail("PR_SET_CHILD_SUBREAPER");
  }
}

void end_orphans() {
  while (true) {
    bool any = false;
    for (const pid_t child : children_of(::getpid())) {
      if (!live_processes().contains(child)) {
        any = true;
        end_tree(child);
        ::waitpid(child, nullptr, 0);
      }
    }
    if (!any) {
      return;
    }
  }
}

}  // namespace runvisor::testing
