#include "processes.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <signal.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <system_error>
#include <thread>

namespace runvisor::benchmark {
namespace {

volatile sig_atomic_t g_interrupted = 0;

void note_interruption(int) { g_interrupted = 1; }

std::string read_file(const std::string& path) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "re"), &std::fclose);
  if (!file) {
    throw std::system_error(errno, std::generic_category(), path);
  }
  std::string content;
  char buffer[4096];
  for (std::size_t count = 0; (count = std::fread(buffer, 1, sizeof buffer, file.get())) > 0;) {
    content.append(buffer, count);
  }
  return content;
}

/// The number after `label` in a file of /proc.
std::int64_t number_after(const std::string& content, std::string_view label) {
  const auto found = content.find(label);
  if (found == std::string::npos) {
    throw std::runtime_error(fmt::format("/proc gives no {}", label));
  }
  const auto start = content.find_first_not_of(": \t", found + label.size());
  std::int64_t value = 0;
  std::from_chars(content.data() + start, content.data() + content.size(), value);
  return value;
}

/// The parent's pid out of /proc/PID/stat, 0 when the process has gone.
pid_t parent_of(const std::string& pid) {
  try {
    const std::string stat = read_file("/proc/" + pid + "/stat");
    const auto after_name = stat.rfind(')');
    return static_cast<pid_t>(std::stol(stat.substr(after_name + 4)));
  } catch (const std::exception&) {
    return 0;
  }
}

}  // namespace

void become_subreaper() {
  if (prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) {
    throw std::system_error(errno, std::generic_category(), "PR_SET_CHILD_SUBREAPER");
  }
  struct sigaction action {};
  action.sa_handler = note_interruption;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

void check_interrupted() {
  if (g_interrupted != 0) {
    throw Interrupted{};
  }
}

void rest(std::chrono::milliseconds duration) {
  const auto end = Clock::now() + duration;
  for (auto now = Clock::now(); now < end; now = Clock::now()) {
    check_interrupted();
    std::this_thread::sleep_for(std::min<Clock::duration>(end - now, std::chrono::milliseconds{200}));
  }
}

pid_t spawn(const std::vector<std::string>& arguments, const std::filesystem::path& errors,
            const std::filesystem::path& path, const std::filesystem::path& directory) {
  std::vector<char*> argv;
  for (const auto& argument : arguments) {
    argv.push_back(const_cast<char*>(argument.c_str()));
  }
  argv.push_back(nullptr);
  std::string search = "PATH=" + path.string();
  std::vector<char*> environment;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    if (path.empty() || !std::string_view(*entry).starts_with("PATH=")) {
      environment.push_back(*entry);
    }
  }
  if (!path.empty()) {
    environment.push_back(search.data());
  }
  environment.push_back(nullptr);

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, errors.c_str(), O_WRONLY | O_CREAT | O_APPEND,
                                   0644);
  if (!directory.empty()) {
    posix_spawn_file_actions_addchdir_np(&actions, directory.c_str());
  }
  pid_t child = 0;
  const int error = posix_spawn(&child, argv.front(), &actions, nullptr, argv.data(), environment.data());
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) {
    throw std::system_error(error, std::generic_category(), arguments.front());
  }
  return child;
}

int wait_for(pid_t child) {
  int status = 0;
  while (waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) {
      throw std::system_error(errno, std::generic_category(), "waitpid");
    }
    check_interrupted();
  }
  return status;
}

void reap_all(std::chrono::seconds deadline) {
  const auto end = Clock::now() + deadline;
  // Blocking waits would not see the deadline: SIGALRM interrupts them.
  struct sigaction action {};
  action.sa_handler = [](int) {};
  sigaction(SIGALRM, &action, nullptr);
  alarm(static_cast<unsigned>(deadline.count()));
  for (;;) {
    if (waitpid(-1, nullptr, 0) > 0) {
      continue;
    }
    if (errno == ECHILD) {
      break;
    }
    check_interrupted();
    if (Clock::now() >= end) {
      throw std::runtime_error(
          fmt::format("processes were left {} s after they were told to end", deadline.count()));
    }
  }
  alarm(0);
}

void kill_descendants() noexcept {
  try {
    // Killing a child hands its own children over to us; so it ends when there are no more.
    for (int pass = 0; pass < 1000; ++pass) {
      const auto children = children_of(getpid());
      if (children.empty()) {
        return;
      }
      for (const pid_t child : children) {
        kill(child, SIGKILL);
      }
      for (const pid_t child : children) {
        waitpid(child, nullptr, 0);
      }
    }
  } catch (const std::exception&) {
    // Nothing more can be done; the caller is on its way out with an error already.
  }
}

std::vector<pid_t> children_of(pid_t parent) {
  std::vector<pid_t> children;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string name = entry.path().filename().string();
    if (name.find_first_not_of("0123456789") == std::string::npos && parent_of(name) == parent) {
      children.push_back(static_cast<pid_t>(std::stol(name)));
    }
  }
  return children;
}

Memory memory_of(pid_t process) {
  const std::string rollup = read_file(fmt::format("/proc/{}/smaps_rollup", process));
  return {static_cast<double>(number_after(rollup, "Private_Dirty")),
          static_cast<double>(number_after(rollup, "\nPss"))};
}

std::int64_t switches_of(pid_t process) {
  const std::string status = read_file(fmt::format("/proc/{}/status", process));
  return number_after(status, "\nvoluntary_ctxt_switches") +
         number_after(status, "\nnonvoluntary_ctxt_switches");
}

std::chrono::nanoseconds processor_time_of(pid_t process) {
  const std::string times = read_file(fmt::format("/proc/{}/schedstat", process));
  return std::chrono::nanoseconds{std::stoll(times)};
}

}  // namespace runvisor::benchmark
