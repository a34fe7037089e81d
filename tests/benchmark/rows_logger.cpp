#include <fcntl.h>
#include <fmt/core.h>
#include <netinet/in.h>
#include <signal.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <functional>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "files.hpp"
#include "rows.hpp"

namespace runvisor::benchmark {
namespace {

constexpr std::size_t kStreamBytes = 32'000'000;
/// A packet for each line takes long.
constexpr std::size_t kSentBytes = 4'000'000;
constexpr std::size_t kWriteBytes = 65'536;
constexpr std::size_t kFileBytes = 1'000'000;
constexpr double kMegabyte = 1e6;

[[noreturn]] void fail(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

/// What a logger is to do besides writing.
enum class Work { Plain, Stamp, Replace, Select, Alert, Send };

/// The kind of stream, and the work.
struct Cell {
  std::string name;
  std::size_t line;
  Work work;
  std::optional<double> to_runit;
  std::optional<double> to_s6;
};

/// Targets: how many times as much as the others.
const std::vector<Cell>& cells() {
  static const std::vector<Cell> all{
      {"100-byte lines", 100, Work::Plain, 6, 2},
      {"100-byte lines, stamped", 100, Work::Stamp, 5, 2.2},
      {"20-byte lines", 20, Work::Plain, 14, 2.2},
      {"20-byte lines, stamped", 20, Work::Stamp, 8, 2.5},
      {"1000-byte lines", 1'000, Work::Plain, 4, 2},
      {"1000-byte lines, stamped", 1'000, Work::Stamp, 4, 2},
      {"100-byte lines, unprintables replaced", 100, Work::Replace, 1, {}},
      {"100-byte lines, ten patterns", 100, Work::Select, 1, 1},
      {"100-byte lines, one in a thousand alerted", 100, Work::Alert, 1, {}},
      {"100-byte lines, sent through UDP as well", 100, Work::Send, 1, {}},
  };
  return all;
}

/// A program that logs its standard input.
struct Logger {
  enum class Kind { Svlogd, Busybox, Multilog, S6 };

  std::string name;
  Role role;
  Kind kind;
  Command program;

  [[nodiscard]] bool able(Work work) const {
    switch (work) {
      case Work::Plain:
      case Work::Stamp:
      case Work::Select:
        return true;
      case Work::Replace:
      case Work::Alert:
        return kind == Kind::Svlogd || kind == Kind::Busybox;
      case Work::Send:
        return kind == Kind::Svlogd;
    }
    return false;
  }
  /// The command, after `directory` has been prepared for it.
  [[nodiscard]] std::vector<std::string> command(Work work, const std::filesystem::path& directory,
                                                 const std::string& address) const;
};

std::vector<std::string> Logger::command(Work work, const std::filesystem::path& directory,
                                         const std::string& address) const {
  std::vector<std::string> words = program;
  const auto pattern = [](int number, const char* form) {
    return fmt::format(fmt::runtime(form), fmt::format("debug {}: ", number));
  };
  if (kind == Kind::Svlogd || kind == Kind::Busybox) {
    std::string config = fmt::format("s{}\nn3\n", kFileBytes);
    for (int number = 0; work == Work::Select && number < 10; ++number) config += pattern(number, "-{}*\n");
    if (work == Work::Alert) config += "e*000 *\n";
    if (work == Work::Send) config += fmt::format("u{}\n", address);
    std::filesystem::create_directories(directory);
    write_file(directory / "config", config);
    if (work == Work::Stamp) words.emplace_back("-t");
    if (work == Work::Replace) words.insert(words.end(), {"-r", "_"});
  } else {
    // A pattern in front would be taken for an option.
    words.insert(words.end(), {fmt::format("s{}", kFileBytes), "n3"});
    if (work == Work::Stamp) words.emplace_back("t");
    for (int number = 0; work == Work::Select && number < 10; ++number) {
      words.push_back(pattern(number, kind == Kind::Multilog ? "-{}*" : "-^{}"));
    }
  }
  words.push_back(directory.string());
  return words;
}

/// What one run took.
struct Run {
  double rate;  ///< MB/s
  double cost;  ///< processor seconds per GB
};

/// Lines of `length` bytes that look like a log.
std::string make_stream(std::size_t length, std::size_t size) {
  static constexpr char kText[] =
      "GET /assets/application.css HTTP/1.1 200 5312 - Mozilla/5.0 (X11; Linux x86_64) ";
  std::string text;
  text.reserve(size + length);
  for (std::size_t number = 0; text.size() < size; ++number) {
    const std::size_t end = text.size() + length - 1;
    text += fmt::format("{:010} ", number);
    while (text.size() < end) text.append(kText, std::min(sizeof kText - 1, end - text.size()));
    text.resize(end);
    text += '\n';
  }
  return text;
}

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

/// Writes the stream into a child's standard input, in large writes, and waits for the child's end.
Run pump(const std::string& stream, const std::string& name, const std::function<pid_t(int)>& start) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) fail("pipe2");
  const pid_t child = start(ends[0]);
  close(ends[0]);
  const auto before = Clock::now();
  for (std::size_t at = 0; at < stream.size();) {
    const ssize_t put = write(ends[1], stream.data() + at, std::min(kWriteBytes, stream.size() - at));
    if (put < 0 && errno != EINTR) break;
    check_interrupted();
    at += put < 0 ? 0 : static_cast<std::size_t>(put);
  }
  close(ends[1]);
  int status = 0;
  rusage usage{};
  while (wait4(child, &status, 0, &usage) < 0) {
    if (errno != EINTR) fail("wait4");
    check_interrupted();
  }
  const std::chrono::duration<double> duration = Clock::now() - before;
  if (status != 0) throw std::runtime_error(fmt::format("{} failed: wait status {}", name, status));
  const double megabytes = static_cast<double>(stream.size()) / kMegabyte;
  return {megabytes / duration.count(),
          (seconds(usage.ru_utime) + seconds(usage.ru_stime)) * 1'000 / megabytes};
}

Run log(const Logger& logger, const Cell& cell, const std::string& stream,
        const std::filesystem::path& directory, const std::string& address) {
  std::filesystem::remove_all(directory);
  const std::vector<std::string> words = logger.command(cell.work, directory, address);
  const Run run = pump(stream, logger.name, [&](int input) {
    std::vector<char*> argv;
    for (const auto& word : words) argv.push_back(const_cast<char*>(word.c_str()));
    argv.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    pid_t child = 0;
    const int error = posix_spawn(&child, argv[0], &actions, nullptr, argv.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    if (error != 0) throw std::system_error(error, std::generic_category(), words[0]);
    return child;
  });
  if (!std::filesystem::exists(directory / "current")) {
    throw std::runtime_error(fmt::format("{} has not logged", logger.name));
  }
  std::filesystem::remove_all(directory);
  return run;
}

/// A child that reads large blocks and drops them.
Run pipe_floor(const std::string& stream) {
  return pump(stream, "the pipe's reader", [](int input) {
    const pid_t child = fork();
    if (child == 0) {
      static char block[kWriteBytes];
      // The other end is open here, too, and would keep the input from ending.
      dup2(input, STDIN_FILENO);
      close_range(STDERR_FILENO + 1, ~0U, 0);
      while (read(STDIN_FILENO, block, sizeof block) > 0) {
      }
      _exit(0);
    }
    return child;
  });
}

/// The stream written into files of a megabyte, so many bytes at a time.
double file_floor(const std::string& stream, std::size_t piece, const std::filesystem::path& directory) {
  std::filesystem::create_directories(directory);
  const auto before = Clock::now();
  for (std::size_t begin = 0; begin < stream.size(); begin += kFileBytes) {
    const int file = open((directory / "file").c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    const std::size_t end = std::min(begin + kFileBytes, stream.size());
    for (std::size_t at = begin; at < end; at += piece) {
      if (write(file, stream.data() + at, std::min(piece, end - at)) < 0) fail("write");
    }
    close(file);
    check_interrupted();
  }
  const std::chrono::duration<double> duration = Clock::now() - before;
  std::filesystem::remove_all(directory);
  return static_cast<double>(stream.size()) / kMegabyte / duration.count();
}

/// A UDP socket on the loopback that nobody reads: what does not fit is dropped.
struct Sink {
  int socket = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  std::string address;

  Sink() {
    sockaddr_in name{};
    name.sin_family = AF_INET;
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof name;
    if (bind(socket, reinterpret_cast<sockaddr*>(&name), size) != 0 ||
        getsockname(socket, reinterpret_cast<sockaddr*>(&name), &size) != 0) {
      fail("UDP socket");
    }
    address = fmt::format("127.0.0.1:{}", ntohs(name.sin_port));
  }
  ~Sink() { close(socket); }
  Sink(const Sink&) = delete;
  Sink& operator=(const Sink&) = delete;
};

/// The loggers of the peers.
std::vector<Logger> loggers_of(const Context& context) {
  std::vector<Logger> loggers;
  for (const Peer& peer : context.peers) {
    const auto add = [&](Logger::Kind kind, const char* program) {
      loggers.push_back({peer.name, context.role_of(peer), kind, {peer.program(program)}});
    };
    switch (peer.family) {
      case Family::Runvisor:
      case Family::Runit:
        add(Logger::Kind::Svlogd, "svlogd");
        break;
      case Family::Busybox:
        add(Logger::Kind::Busybox, "svlogd");
        break;
      case Family::Daemontools:
        add(Logger::Kind::Multilog, "multilog");
        break;
      case Family::S6:
        add(Logger::Kind::S6, "s6-log");
        break;
      case Family::S6Ready:
      case Family::Supervisord:
        break;
    }
  }
  return loggers;
}

std::vector<Target> targets_of(const Cell& cell) {
  std::vector<Target> targets{{std::string{kBest}, 1}};
  if (cell.to_runit) targets.push_back({"runit", *cell.to_runit});
  if (cell.to_s6) targets.push_back({"s6", *cell.to_s6});
  return targets;
}

}  // namespace

std::vector<Row> measure_logger(const Context& context) {
  const auto loggers = loggers_of(context);
  // A logger that ends early is told by its status, not by its signal to us.
  signal(SIGPIPE, SIG_IGN);
  const WorkingFolder folder(context.options.logs);
  const Sink sink;
  std::vector<Row> rows;
  for (const Cell& cell : cells()) {
    const std::string stream = make_stream(cell.line, cell.work == Work::Send ? kSentBytes : kStreamBytes);
    Row rate{.name = cell.name, .unit = "MB/s", .more_is_better = true, .targets = targets_of(cell)};
    Row cost{.name = cell.name + ": processor time",
             .unit = "s/GB",
             .targets = {{std::string{kBest}, 1}, {"s6", 0.5}}};
    const bool first = &cell == &cells().front();
    for (int round = 0; round < context.options.rounds; ++round) {
      for (std::size_t step = 0; step < loggers.size(); ++step) {
        const Logger& logger = loggers[(static_cast<std::size_t>(round) + step) % loggers.size()];
        if (logger.able(cell.work)) {
          const Run run = log(logger, cell, stream, folder.path() / logger.name, sink.address);
          rate.of(logger.name, logger.role).push_back(run.rate);
          cost.of(logger.name, logger.role).push_back(run.cost);
        }
      }
      if (first) {
        rate.of("pipe floor", Role::Floor).push_back(pipe_floor(stream).rate);
        rate.of("floor of 64 KiB writes", Role::Floor)
            .push_back(file_floor(stream, kWriteBytes, folder.path() / "floor"));
        rate.of("floor of a write per line", Role::Floor)
            .push_back(file_floor(stream, cell.line, folder.path() / "floor"));
      }
    }
    rows.push_back(std::move(rate));
    if (first) {
      rows.push_back(std::move(cost));
    }
  }
  return rows;
}

}  // namespace runvisor::benchmark
