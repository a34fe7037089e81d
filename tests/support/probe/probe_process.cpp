// Tells what state it was started in: the program that chpst and its like are to run. Usage:
//
//   probe-process [FILE [CODE]]
//
// It prints lines `KEY VALUE` (read by support/process_state.cpp) to standard output, or into FILE, and exits
// with CODE. What it tells comes from system calls wherever there is one, so that it works without /proc, in
// an empty root and with hardly a descriptor left.
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <sched.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/one_line.hpp"

extern char** environ;

namespace {

constexpr int kMostDescriptors = 1024;
constexpr int kLastCapability = 63;

std::string report;

void line(std::string_view key, std::string_view value) {
  report.append(key).append(" ").append(runvisor::testing::escaped(value)).append("\n");
}

template <typename... Numbers>
void numbers(std::string_view key, Numbers... values) {
  std::string text;
  ((text += (text.empty() ? "" : " ") + std::to_string(values)), ...);
  line(key, text);
}

std::string link_target(const std::string& path) {
  std::array<char, 4096> buffer{};
  const ssize_t length = ::readlink(path.c_str(), buffer.data(), buffer.size());
  return length < 0 ? std::string("?") : std::string(buffer.data(), static_cast<std::size_t>(length));
}

/// Up to 4095 bytes of a file; empty when there is none.
std::string slurp(const char* file) {
  std::array<char, 4096> buffer{};
  const int fd = ::open(file, O_RDONLY | O_CLOEXEC);
  const ssize_t length = fd < 0 ? 0 : ::read(fd, buffer.data(), buffer.size());
  ::close(fd);
  return std::string(buffer.data(), static_cast<std::size_t>(length < 0 ? 0 : length));
}

/// First of all, so that nothing of the probe's own is among them.
void descriptors() {
  for (int fd = 0; fd < kMostDescriptors; ++fd) {
    const int flags = ::fcntl(fd, F_GETFL);
    if (flags >= 0) {
      line("fd", std::to_string(fd) + " " + std::to_string(flags) + " " +
                     link_target("/proc/self/fd/" + std::to_string(fd)));
    }
  }
}

void ids() {
  uid_t real = 0;
  uid_t effective = 0;
  uid_t saved = 0;
  ::getresuid(&real, &effective, &saved);
  numbers("uid", real, effective, saved, ::setfsuid(static_cast<uid_t>(-1)));
  ::getresgid(&real, &effective, &saved);
  numbers("gid", real, effective, saved, ::setfsgid(static_cast<gid_t>(-1)));
  std::vector<gid_t> groups(65536);
  const int count = ::getgroups(static_cast<int>(groups.size()), groups.data());
  for (int i = 0; i < count; ++i) {
    numbers("supplementary", groups[static_cast<std::size_t>(i)]);
  }
}

void capabilities() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, 2> sets{};
  ::syscall(SYS_capget, &header, sets.data());
  const auto both = [&](auto member) {
    return static_cast<unsigned long long>(sets[1].*member) << 32U | sets[0].*member;
  };
  numbers("effective", both(&__user_cap_data_struct::effective));
  numbers("permitted", both(&__user_cap_data_struct::permitted));
  numbers("inheritable", both(&__user_cap_data_struct::inheritable));
  unsigned long long bounding = 0;
  unsigned long long ambient = 0;
  for (int capability = 0; capability <= kLastCapability; ++capability) {
    if (::prctl(PR_CAPBSET_READ, capability) == 1) bounding |= 1ULL << capability;
    if (::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, capability, 0, 0) == 1) ambient |= 1ULL << capability;
  }
  numbers("bounding", bounding);
  numbers("ambient", ambient);
  numbers("securebits", ::prctl(PR_GET_SECUREBITS));
  numbers("no-new-privileges", ::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
}

void limits() {
  for (int resource = 0; resource < RLIM_NLIMITS; ++resource) {
    rlimit limit{};
    ::getrlimit(static_cast<__rlimit_resource>(resource), &limit);
    numbers("limit", resource, limit.rlim_cur, limit.rlim_max);
  }
}

void scheduling() {
  errno = 0;
  numbers("nice", ::getpriority(PRIO_PROCESS, 0));
  sched_param parameter{};
  ::sched_getparam(0, &parameter);
  numbers("scheduler", ::sched_getscheduler(0), parameter.sched_priority);
  numbers("io-priority", ::syscall(SYS_ioprio_get, 1, 0));
  line("oom-score", slurp("/proc/self/oom_score_adj"));
}

void surroundings(int argc, char** argv) {
  for (int i = 0; i < argc; ++i) line("arg", argv[i]);
  for (char** entry = environ; *entry != nullptr; ++entry) line("env", *entry);
  std::array<char, 4096> cwd{};
  line("cwd", ::getcwd(cwd.data(), cwd.size()) != nullptr ? cwd.data() : "?");
  struct stat root {};
  ::stat("/", &root);
  numbers("root", root.st_dev, root.st_ino);
  numbers("pid", ::getpid(), ::getppid(), ::getpgrp(), ::getsid(0));
  const mode_t mask = ::umask(0);
  ::umask(mask);
  numbers("umask", mask);
}

void signals() {
  sigset_t mask;
  ::sigprocmask(SIG_BLOCK, nullptr, &mask);
  unsigned long long blocked = 0;
  unsigned long long ignored = 0;
  for (int number = 1; number < SIGRTMIN; ++number) {
    struct sigaction action {};
    if (sigismember(&mask, number) == 1) blocked |= 1ULL << (number - 1);
    if (::sigaction(number, nullptr, &action) == 0 && action.sa_handler == SIG_IGN)
      ignored |= 1ULL << (number - 1);
  }
  numbers("signals", blocked, ignored);
}

}  // namespace

int main(int argc, char** argv) {
  descriptors();
  ids();
  capabilities();
  limits();
  scheduling();
  surroundings(argc, argv);
  signals();
  int out = STDOUT_FILENO;
  if (argc > 1 && *argv[1] != '\0') {
    out = ::open(argv[1], O_WRONLY | O_CREAT | O_TRUNC, 0666);
  }
  for (std::string_view left = report; !left.empty();) {
    const ssize_t written = ::write(out, left.data(), left.size());
    if (written <= 0) return 99;
    left.remove_prefix(static_cast<std::size_t>(written));
  }
  return argc > 2 ? std::atoi(argv[2]) : 0;
}
