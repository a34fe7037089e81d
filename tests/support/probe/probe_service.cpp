// The tests' own service program. It reads what to do from the file argv[0].probe in its working directory
// (directives: see support/probe.cpp, which writes them) and appends what happens to it to an events file,
// one write for each line, so that the lines of several probes stay whole and in order.
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/one_line.hpp"

extern char** environ;

using runvisor::testing::escaped;
using runvisor::testing::unescaped;

namespace {

struct SignalName {
  int number;
  std::string_view name;
};

constexpr std::array<SignalName, 12> kSignals{{{SIGTERM, "TERM"},
                                               {SIGHUP, "HUP"},
                                               {SIGINT, "INT"},
                                               {SIGQUIT, "QUIT"},
                                               {SIGUSR1, "USR1"},
                                               {SIGUSR2, "USR2"},
                                               {SIGALRM, "ALRM"},
                                               {SIGCONT, "CONT"},
                                               {SIGWINCH, "WINCH"},
                                               {SIGKILL, "KILL"},
                                               {SIGSEGV, "SEGV"},
                                               {SIGABRT, "ABRT"}}};

int signal_number(std::string_view name) {
  const auto* found =
      std::find_if(kSignals.begin(), kSignals.end(), [&](const auto& s) { return s.name == name; });
  return found != kSignals.end() ? found->number : 0;
}

std::string_view signal_name(int number) {
  const auto* found =
      std::find_if(kSignals.begin(), kSignals.end(), [&](const auto& s) { return s.number == number; });
  return found != kSignals.end() ? found->name : "?";
}

std::string slurp(const std::string& file) {
  std::string content;
  const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    return content;
  }
  std::array<char, 4096> buffer{};
  ssize_t got = 0;
  while ((got = ::read(fd, buffer.data(), buffer.size())) > 0) {
    content.append(buffer.data(), static_cast<std::size_t>(got));
  }
  ::close(fd);
  return content;
}

void put(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno != EINTR) {
      return;
    }
    if (written > 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
    }
  }
}

using Directives = std::vector<std::pair<std::string, std::string>>;

Directives directives_of(const std::string& content) {
  Directives result;
  for (std::size_t begin = 0; begin < content.size();) {
    const std::size_t end = std::min(content.find('\n', begin), content.size());
    const std::string line = content.substr(begin, end - begin);
    const std::size_t space = std::min(line.find(' '), line.size());
    result.emplace_back(line.substr(0, space), unescaped(line.substr(std::min(space + 1, line.size()))));
    begin = end + 1;
  }
  return result;
}

std::string link_target(const std::string& path) {
  std::array<char, 4096> buffer{};
  const ssize_t length = ::readlink(path.c_str(), buffer.data(), buffer.size());
  return length < 0 ? std::string("?") : std::string(buffer.data(), static_cast<std::size_t>(length));
}

std::string descriptor_lines() {
  std::string lines;
  DIR* directory = ::opendir("/proc/self/fd");
  if (directory == nullptr) {
    return lines;
  }
  while (const dirent* entry = ::readdir(directory)) {
    const std::string name = static_cast<const char*>(entry->d_name);
    if (name.front() == '.' || name == std::to_string(::dirfd(directory))) {
      continue;
    }
    lines += "fd " + name + " " + escaped(link_target("/proc/self/fd/" + name)) + "\n";
  }
  ::closedir(directory);
  for (int fd = 0; fd <= 2; ++fd) {
    const int flags = ::fcntl(fd, F_GETFL);
    if (flags >= 0) {
      lines += "flags " + std::to_string(fd) + " " + std::to_string(flags) + "\n";
    }
  }
  return lines;
}

/// Lines `KEY VALUE`; the file appears whole, by a rename.
void write_report(const std::string& file, int argc, char** argv) {
  std::string report = descriptor_lines();
  for (int i = 0; i < argc; ++i) {
    report += "arg " + escaped(argv[i]) + "\n";
  }
  for (char** entry = environ; *entry != nullptr; ++entry) {
    report += "env " + escaped(*entry) + "\n";
  }
  report += "cwd " + escaped(link_target("/proc/self/cwd")) + "\n";
  report += "parent " + std::to_string(::getppid()) + "\n";
  report += "session " + std::to_string(::getsid(0)) + "\n";
  report += "group " + std::to_string(::getpgrp()) + "\n";
  const std::string status = slurp("/proc/self/status");
  for (const auto& [key, name] : {std::pair("SigBlk:", "blocked"), std::pair("SigIgn:", "ignored")}) {
    const std::size_t at = status.find(key);
    if (at != std::string::npos) {
      report += std::string(name) + " " + status.substr(at + 8, 16) + "\n";
    }
  }
  const int fd = ::open((file + ".new").c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  put(fd, report);
  ::close(fd);
  ::rename((file + ".new").c_str(), file.c_str());
}

long long monotonic_milliseconds() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000LL + now.tv_nsec / 1'000'000;
}

class ProbeService {
 public:
  explicit ProbeService(std::string_view called_as) : name_(called_as) {
    for (const SignalName& signal : kSignals) {
      reactions_[signal.number] = "die";
    }
    for (const int number : {SIGCONT, SIGWINCH, SIGUSR1, SIGUSR2, SIGALRM}) {
      reactions_[number] = "ignore";
    }
  }

  int main(int argc, char** argv) {
    const Directives directives = directives_of(slurp(name_ + ".probe"));
    for (const auto& [directive, value] : directives) {
      if (directive == "report") {
        write_report(value, argc, argv);
      }
    }
    read(directives);
    catch_signals();
    std::string start = "start";
    for (int i = 1; i < argc; ++i) {
      start += std::string(" ") + argv[i];
    }
    record(start);
    put(STDOUT_FILENO, text_);
    if (!command_fifo_.empty()) {
      const int fifo = ::open(command_fifo_.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC);
      put(fifo, command_bytes_);
      ::close(fifo);
    }
    wait();
    put(STDOUT_FILENO, last_text_);
    record("end");
    if (final_signal_ != 0) {
      die_of(final_signal_);
    }
    return code_;
  }

 private:
  void read(const Directives& directives) {
    for (const auto& [directive, value] : directives) {
      if (directive == "events") {
        events_ = ::open(value.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
      } else if (directive == "label") {
        label_ = value;
      } else if (directive == "on") {
        const std::size_t space = value.find(' ');
        reactions_[signal_number(value.substr(0, space))] = value.substr(space + 1);
      } else if (directive == "exit") {
        code_ = std::atoi(value.c_str());
        forever_ = false;
      } else if (directive == "die") {
        final_signal_ = signal_number(value);
        forever_ = false;
      } else if (directive == "until") {
        gate_ = value;
        forever_ = false;
      } else if (directive == "lasts") {
        lasts_ = std::atoll(value.c_str());
        forever_ = false;
      } else if (directive == "copy") {
        copy_ = ::open(value.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
        forever_ = false;
      } else if (directive == "print") {
        text_ = value;
      } else if (directive == "print-at-end") {
        last_text_ = value;
      } else if (directive == "command-bytes") {
        command_bytes_ = value;
      } else if (directive == "command-fifo") {
        command_fifo_ = value;
      }
    }
  }

  void record(std::string_view what) const {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    put(events_, std::to_string(now.tv_sec * 1'000'000'000LL + now.tv_nsec) + " " +
                     std::to_string(::getpid()) + " " + label_ + name_ + " " + escaped(what) + "\n");
  }

  void catch_signals() {
    sigset_t caught;
    sigemptyset(&caught);
    for (const SignalName& signal : kSignals) {
      ::signal(signal.number, SIG_DFL);
      if (signal.number != SIGSEGV && signal.number != SIGABRT) {
        sigaddset(&caught, signal.number);
      }
    }
    ::sigprocmask(SIG_BLOCK, &caught, nullptr);
    signals_ = ::signalfd(-1, &caught, SFD_CLOEXEC | SFD_NONBLOCK);
  }

  [[noreturn]] static void die_of(int number) {
    sigset_t one;
    sigemptyset(&one);
    sigaddset(&one, number);
    ::signal(number, SIG_DFL);
    ::raise(number);
    ::sigprocmask(SIG_UNBLOCK, &one, nullptr);
    ::_exit(125);
  }

  /// Waits for what the directives name, taking signals meanwhile.
  void wait() {
    const long long begun = monotonic_milliseconds();
    while (true) {
      take_signals();
      int timeout = -1;
      if (!forever_ && copy_ < 0) {
        const long long left = begun + lasts_ - monotonic_milliseconds();
        const bool gated = !gate_.empty() && ::access(gate_.c_str(), F_OK) != 0;
        if (left <= 0 && !gated) {
          return;
        }
        timeout = gated ? 2 : static_cast<int>(left);
      }
      std::array<pollfd, 2> items{{{.fd = signals_, .events = POLLIN, .revents = 0},
                                   {.fd = copy_ < 0 ? -1 : STDIN_FILENO, .events = POLLIN, .revents = 0}}};
      ::poll(items.data(), items.size(), timeout);
      if (items[1].revents != 0 && !copy_some()) {
        copy_ = -1;
      }
    }
  }

  /// Copies what standard input holds; false at its end.
  [[nodiscard]] bool copy_some() const {
    std::array<char, 65536> buffer{};
    const ssize_t got = ::read(STDIN_FILENO, buffer.data(), buffer.size());
    if (got > 0) {
      put(copy_, std::string_view(buffer.data(), static_cast<std::size_t>(got)));
    }
    return got > 0;
  }

  void take_signals() {
    signalfd_siginfo info{};
    while (::read(signals_, &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
      const int number = static_cast<int>(info.ssi_signo);
      record("signal " + std::string(signal_name(number)));
      const std::string& reaction = reactions_[number];
      if (reaction == "die") {
        die_of(number);
      }
      if (reaction == "exit0") {
        put(STDOUT_FILENO, last_text_);
        record("end");
        ::_exit(0);
      }
    }
  }

  std::string name_;
  std::string label_;
  std::map<int, std::string> reactions_;
  std::string gate_;
  std::string text_;
  std::string last_text_;
  std::string command_bytes_;
  std::string command_fifo_;
  long long lasts_ = 0;
  int code_ = 0;
  int final_signal_ = 0;
  int events_ = -1;
  int signals_ = -1;
  int copy_ = -1;
  bool forever_ = true;
};

}  // namespace

int main(int argc, char** argv) { return ProbeService(argv[0]).main(argc, argv); }
