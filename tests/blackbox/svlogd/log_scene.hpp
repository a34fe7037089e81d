#pragma once

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "support/binaries.hpp"
#include "support/eventually.hpp"
#include "support/process.hpp"
#include "support/temp_dir.hpp"

namespace runvisor::testing {

/// The fixture of svlogd's scenarios: a folder with the log directory `log`, and the `svlogd` under test,
/// which runs in that folder and reads from a pipe. The test holds both of the pipe's ends, as runsv does, so
/// that one svlogd can follow another on the same pipe. Use with SCENARIO_METHOD.
class LogScene {
 public:
  using Words = std::vector<std::string>;

  TempDir scratch;
  std::optional<Process> svlogd{};

  LogScene() {
    std::filesystem::create_directory(scratch / "log");
    int ends[2] = {-1, -1};
    if (::pipe2(ends, O_CLOEXEC) != 0) throw std::system_error(errno, std::generic_category(), "pipe2");
    read_end_ = ends[0];
    write_end_ = ends[1];
    // Of the test's end only, so that a svlogd that no longer reads fails the test instead of holding it up.
    ::fcntl(write_end_, F_SETFL, O_NONBLOCK);
  }
  ~LogScene() {
    svlogd.reset();
    close_input();
    ::close(read_end_);
  }
  LogScene(const LogScene&) = delete;
  LogScene& operator=(const LogScene&) = delete;

  /// Writes `config` of a log directory.
  void config(std::string_view lines, const std::string& directory = "log") const {
    write_file(scratch / directory / "config", lines);
  }
  /// Makes one more log directory.
  void directory(const std::string& name) const { std::filesystem::create_directory(scratch / name); }

  /// Starts svlogd with these arguments, without waiting for anything.
  void launch(const Words& arguments, ProcessOptions options = {}) {
    Words argv{program("svlogd")};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    if (options.cwd.empty()) options.cwd = scratch.path();
    if (options.stdin_fd < 0 && options.stdin_file == "/dev/null") options.stdin_fd = read_end_;
    svlogd.emplace(argv, options);
  }
  /// Starts svlogd on `log` and waits until it has opened `current`: it obeys signals from then on.
  void start(Words options = {}, const ProcessOptions& how = {}) {
    options.emplace_back("log");
    launch(options, how);
    if (!eventually([&] { return exists("current") || !svlogd->running(); })) {
      throw std::runtime_error("svlogd does not open log/current");
    }
  }

  /// Writes into the pipe; false when svlogd does not take it all in time.
  [[nodiscard]] bool say(std::string_view text) const {
    const auto end = Clock::now() + kDeadline;
    while (!text.empty()) {
      const ssize_t put = ::write(write_end_, text.data(), text.size());
      if (put > 0) {
        text.remove_prefix(static_cast<std::size_t>(put));
      } else {
        pollfd room{.fd = write_end_, .events = POLLOUT, .revents = 0};
        ::poll(&room, 1, 100);
        if (Clock::now() > end) return false;
      }
    }
    return true;
  }
  /// Whether svlogd has taken all that was said out of the pipe.
  [[nodiscard]] bool heard() const {
    return eventually([&] {
      pollfd left{.fd = read_end_, .events = POLLIN, .revents = 0};
      return ::poll(&left, 1, 0) == 0;
    });
  }
  /// The end of the input: there will be no other writer.
  void close_input() {
    if (write_end_ >= 0) ::close(std::exchange(write_end_, -1));
  }
  /// Ends the input and waits for svlogd.
  [[nodiscard]] std::optional<Ending> finish() {
    close_input();
    return svlogd->wait();
  }
  /// Starts svlogd on `log`, says `text`, ends the input; what svlogd wrote on its standard error.
  [[nodiscard]] Finished feed(std::string_view text, const Words& options = {}) {
    start(options);
    const bool taken = say(text);
    const std::optional<Ending> ending = finish();
    return {.ending = taken ? ending : std::nullopt, .out = svlogd->out(), .err = svlogd->err()};
  }

  [[nodiscard]] int read_end() const { return read_end_; }
  [[nodiscard]] std::filesystem::path path(const std::string& name,
                                           const std::string& directory = "log") const {
    return scratch / directory / name;
  }
  [[nodiscard]] bool exists(const std::string& name, const std::string& directory = "log") const {
    return std::filesystem::exists(path(name, directory));
  }
  [[nodiscard]] std::string content(const std::string& name, const std::string& directory = "log") const {
    return exists(name, directory) ? read_file(path(name, directory)) : "<missing>";
  }
  [[nodiscard]] std::string current(const std::string& directory = "log") const {
    return content("current", directory);
  }
  [[nodiscard]] unsigned mode(const std::string& name, const std::string& directory = "log") const {
    return mode_of(path(name, directory));
  }
  /// Names of the files in a log directory, sorted.
  [[nodiscard]] Words names(const std::string& directory = "log") const {
    Words found;
    for (const auto& entry : std::filesystem::directory_iterator(scratch / directory)) {
      found.push_back(entry.path().filename());
    }
    std::sort(found.begin(), found.end());
    return found;
  }
  /// Names of the rotated files that end in `suffix`, oldest first.
  [[nodiscard]] Words rotated(std::string_view suffix = ".s", const std::string& directory = "log") const {
    Words found = names(directory);
    std::erase_if(found, [&](const std::string& name) { return name[0] != '@' || !name.ends_with(suffix); });
    return found;
  }
  /// What the rotated files hold, oldest first.
  [[nodiscard]] Words contents(std::string_view suffix = ".s", const std::string& directory = "log") const {
    Words found = rotated(suffix, directory);
    for (std::string& name : found) name = content(name, directory);
    return found;
  }
  /// All that was logged and is still there, oldest first.
  [[nodiscard]] std::string everything(const std::string& directory = "log") const {
    std::string all;
    for (const std::string& part : contents(".s", directory)) all += part;
    return all + current(directory);
  }

  /// Waits until `current` holds this.
  [[nodiscard]] bool logged(std::string_view text, const std::string& directory = "log") const {
    return eventually([&] { return current(directory) == text; });
  }
  /// Waits until there are so many rotated files with this suffix.
  [[nodiscard]] bool files(std::size_t count, std::string_view suffix = ".s",
                           const std::string& directory = "log") const {
    return eventually([&] { return rotated(suffix, directory).size() == count; });
  }
  /// Waits until svlogd (or a processor) has written this on standard error.
  [[nodiscard]] bool complains(std::string_view text) const {
    return eventually([&] { return svlogd->err().find(text) != std::string::npos; });
  }
  /// Sends a signal once svlogd sleeps: one that comes right before, the original notices at its next input
  /// only.
  void tell(int signal) {
    (void)eventually([&] { return process_state(svlogd->pid()) == 'S' || !svlogd->running(); });
    svlogd->signal(signal);
  }
  /// Has svlogd rotate what was said, and waits for the result.
  [[nodiscard]] bool rotate(std::string_view said, std::size_t files_then, std::string_view suffix = ".s") {
    if (!say(said) || !eventually([&] { return current().ends_with(said); })) return false;
    tell(SIGALRM);
    return eventually([&] { return current().empty() && rotated(suffix).size() == files_then; });
  }

 private:
  int read_end_ = -1;
  int write_end_ = -1;
};

/// `text` so many times.
[[nodiscard]] inline std::string repeated(std::string_view text, std::size_t times) {
  std::string all;
  all.reserve(text.size() * times);
  for (std::size_t i = 0; i < times; ++i) all += text;
  return all;
}

/// Numbered lines of `length` bytes each (at least nine), newline included.
[[nodiscard]] inline std::string numbered_lines(std::size_t count, std::size_t length) {
  std::string all;
  all.reserve(count * length);
  for (std::size_t i = 0; i < count; ++i) {
    const std::string number = std::to_string(i);
    all += std::string(8 - number.size(), '0') + number + std::string(length - 9, 'x') + '\n';
  }
  return all;
}

}  // namespace runvisor::testing
