#include "container.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <system_error>

namespace runvisor::benchmark {
namespace {

namespace fs = std::filesystem;

void check(int returned, const std::string& what) {
  if (returned < 0) {
    throw std::system_error(errno, std::generic_category(), what);
  }
}

void bind(const fs::path& what, const fs::path& where) {
  check(mount(what.c_str(), where.c_str(), nullptr, MS_BIND | MS_REC, nullptr), where.string());
}

/// The same path below another root directory.
fs::path below(const fs::path& root, const fs::path& path) { return root / path.relative_path(); }

std::string name_of(pid_t process) {
  std::ifstream file(fmt::format("/proc/{}/comm", process));
  std::string name;
  std::getline(file, name);
  return name;
}

/// fork(2) into a PID namespace of its own, of which the caller stays outside.
pid_t fork_first() {
  const int own = open("/proc/self/ns/pid", O_RDONLY | O_CLOEXEC);
  check(own, "/proc/self/ns/pid");
  check(unshare(CLONE_NEWPID), "unshare");
  const pid_t child = fork();
  if (child != 0) {
    const int error = errno;
    check(setns(own, CLONE_NEWPID), "setns");
    close(own);
    errno = error;
    check(child, "fork");
  }
  return child;
}

}  // namespace

Container::Container(const ContainerKind& kind, const fs::path& base, int services)
    : kind_(kind),
      base_(base),
      root_(base / "root"),
      crowd_(make_crowd({kind.name, Family::Runvisor, {}}, base)) {
  crowd_->add_services(services, ServiceKind::Reporting);
  for (int service = 0; service < services; ++service) {
    fs::create_symlink(RUNVISOR_BENCHMARK_HELPERS "/benchmark-service-dying",
                       crowd_->service_path(service) + "/finish");
  }
  void* const shared =
      mmap(nullptr, sizeof *executed_ns_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) {
    throw std::system_error(errno, std::generic_category(), "mmap");
  }
  executed_ns_ = static_cast<volatile long long*>(shared);
  fs::create_directories(root_);
  if (kind_.image.empty()) {
    make_root();
  }
}

Container::~Container() { munmap(const_cast<long long*>(executed_ns_), sizeof *executed_ns_); }

void Container::make_root() const {
  for (const char* directory : {"dev", "etc/container_environment", "etc/service", "proc", "run", "tmp",
                                "usr/bin", "usr/lib", "usr/lib64"}) {
    fs::create_directories(root_ / directory);
  }
  for (const fs::path libraries : {"/lib", "/lib64"}) {
    if (fs::is_symlink(libraries)) {
      fs::copy_symlink(libraries, below(root_, libraries));
    } else if (fs::is_directory(libraries)) {
      fs::create_directories(below(root_, libraries));
    }
  }
  fs::create_directories(below(root_, RUNVISOR_BENCHMARK_HELPERS));
  for (const char* file : {"dev/null", "first"}) {
    std::ofstream(root_ / file).close();
  }
}

/// In the process that becomes the first one, and seen by it alone.
void Container::mount_root() const {
  check(unshare(CLONE_NEWNS), "unshare");
  check(mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr), "/");
  if (!kind_.image.empty()) {
    fs::create_directories(base_ / "upper");
    fs::create_directories(base_ / "work");
    const auto options = fmt::format("lowerdir={},upperdir={},workdir={}", kind_.image.string(),
                                     (base_ / "upper").string(), (base_ / "work").string());
    check(mount("overlay", root_.c_str(), "overlay", 0, options.c_str()), "overlay");
    fs::create_directories(root_ / "etc/service");
    fs::create_directories(below(root_, RUNVISOR_BENCHMARK_HELPERS));
  } else {
    bind(kind_.programs, root_ / "usr/bin");
    for (const fs::path libraries : {"/lib", "/lib64", "/usr/lib", "/usr/lib64"}) {
      if (fs::is_directory(libraries) && !fs::is_symlink(libraries)) {
        bind(libraries, below(root_, libraries));
      }
    }
    bind("/dev/null", root_ / "dev/null");
    if (!kind_.first.empty()) {
      bind(kind_.first, root_ / "first");
    }
  }
  bind(RUNVISOR_BENCHMARK_HELPERS, below(root_, RUNVISOR_BENCHMARK_HELPERS));
  bind(crowd_->scan(), root_ / "etc/service");
  check(mount("proc", (root_ / "proc").c_str(), "proc", 0, nullptr), "proc");
}

void Container::become_first() const {
  try {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    mount_root();
    const int errors = open((base_ / "errors").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    check(errors, "errors");
    check(chroot(root_.c_str()), "chroot");
    check(chdir("/"), "chdir");
    const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 || dup2(errors, 2) < 0) {
      _exit(126);
    }
    for (const int number : {SIGINT, SIGTERM, SIGALRM}) {
      signal(number, SIG_DFL);
    }
    std::vector<char*> argv;
    for (const auto& word : kind_.command) {
      argv.push_back(const_cast<char*>(word.c_str()));
    }
    argv.push_back(nullptr);
    const char* const environment[] = {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                                       "HOME=/root", "HOSTNAME=benchmark", nullptr};
    *executed_ns_ = Clock::now().time_since_epoch().count();
    execve(argv.front(), argv.data(), const_cast<char* const*>(environment));
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}: {}\n", kind_.name, error.what());
  }
  _exit(127);
}

void Container::start() {
  // An image is older than its container: runit's runsvdir waits for a second when the directory is not.
  fs::last_write_time(crowd_->scan(), fs::file_time_type::clock::now() - std::chrono::hours(1));
  first_ = fork_first();
  if (first_ == 0) {
    become_first();
  }
}

Clock::time_point Container::executed() const noexcept {
  return Clock::time_point{std::chrono::nanoseconds{*executed_ns_}};
}

Clock::time_point Container::stop() const {
  const auto before = Clock::now();
  kill(first_, SIGTERM);
  return before;
}

std::vector<pid_t> Container::supervisors() const {
  std::vector<pid_t> found{first_};
  for (std::size_t at = 0; at < found.size(); ++at) {
    for (const pid_t child : children_of(found[at])) {
      // A service is called as its file.
      if (name_of(child) != "run") {
        found.push_back(child);
      }
    }
  }
  return found;
}

}  // namespace runvisor::benchmark
