#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <regex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/binaries.hpp"
#include "support/eventually.hpp"
#include "support/process.hpp"
#include "support/service_dir.hpp"
#include "support/temp_dir.hpp"

namespace runvisor::testing {

/// What a stand-in for runsv publishes. The state's age is in whole seconds and a bit.
struct Published {
  std::uint32_t pid = 0;
  bool paused = false;
  char want = 'u';
  bool got_term = false;
  std::uint8_t state = kStateDown;
  std::chrono::milliseconds age = 100s + 100ms;
};

inline constexpr Published kRunning{.pid = 4242, .want = 'u', .state = kStateRun};
inline constexpr Published kRunningWantDown{.pid = 4242, .want = 'd', .state = kStateRun};
inline constexpr Published kStopping{.pid = 4242, .want = 'd', .got_term = true, .state = kStateRun};
inline constexpr Published kFinishing{.pid = 4242, .want = 'u', .state = kStateFinish};
inline constexpr Published kDown{.want = 'd', .state = kStateDown};
inline constexpr Published kDownWantUp{.want = 'u', .state = kStateDown};

/// The 20 bytes of a status file.
inline std::string status_bytes(const Published& published) {
  const auto since = (std::chrono::system_clock::now() - published.age).time_since_epoch();
  const auto seconds = std::chrono::floor<std::chrono::seconds>(since);
  const std::uint64_t tai = (std::uint64_t{1} << 62) + 10 + static_cast<std::uint64_t>(seconds.count());
  const auto nanoseconds = static_cast<std::uint32_t>(std::chrono::nanoseconds{since - seconds}.count());
  std::string bytes;
  for (int shift = 56; shift >= 0; shift -= 8) bytes += static_cast<char>(tai >> shift & 0xff);
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(nanoseconds >> shift & 0xff);
  for (int shift = 0; shift <= 24; shift += 8) bytes += static_cast<char>(published.pid >> shift & 0xff);
  bytes += static_cast<char>(published.paused);
  bytes += published.want;
  bytes += static_cast<char>(published.got_term);
  bytes += static_cast<char>(published.state);
  return bytes;
}

/// Stands in for runsv: holds the FIFOs, publishes what it is told to, and obeys nothing. So a test can show
/// sv any state for as long as it likes, and sees every byte that sv writes.
class FakeRunsv {
 public:
  explicit FakeRunsv(std::filesystem::path service, const Published& published = kRunning)
      : service_(std::move(service)) {
    std::filesystem::create_directories(supervise());
    ::mkfifo((supervise() / "ok").c_str(), 0600);
    ::mkfifo((supervise() / "control").c_str(), 0600);
    publish(published);
    ok_ = ::open((supervise() / "ok").c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    control_ = ::open((supervise() / "control").c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC);
  }
  ~FakeRunsv() { leave(); }
  FakeRunsv(const FakeRunsv&) = delete;
  FakeRunsv& operator=(const FakeRunsv&) = delete;

  [[nodiscard]] const std::filesystem::path& service() const { return service_; }
  [[nodiscard]] std::filesystem::path supervise() const { return service_ / "supervise"; }

  void publish(const Published& published) const { publish_bytes(status_bytes(published)); }
  void publish_bytes(const std::string& bytes) const {
    write_file(supervise() / "status.new", bytes);
    std::filesystem::rename(supervise() / "status.new", supervise() / "status");
  }

  /// What has been written into the control FIFO since the last call.
  [[nodiscard]] std::string written() const {
    std::array<char, 4096> bytes{};
    const ssize_t size = ::read(control_, bytes.data(), bytes.size());
    return size > 0 ? std::string(bytes.data(), static_cast<std::size_t>(size)) : std::string{};
  }
  /// Waits for bytes in the control FIFO and returns them; none at the deadline.
  [[nodiscard]] std::string await_written() const {
    std::string bytes;
    [[maybe_unused]] const bool came = eventually([&] { return !(bytes = written()).empty(); });
    return bytes;
  }
  /// Fills the control FIFO up.
  void fill_control() const {
    const std::string much(4096, 'z');
    while (::write(control_, much.data(), much.size()) > 0) {
    }
  }
  /// Puts the control FIFO's times into the past, as if no command had come for long. Returns when a command
  /// would show in them: file times are as coarse as the kernel's tick.
  void age_control() const {
    const std::string control = (supervise() / "control").string();
    struct stat made {};
    ::stat(control.c_str(), &made);
    const timespec then{.tv_sec = 1'700'000'000, .tv_nsec = 0};
    const std::array<timespec, 2> times{then, then};
    ::utimensat(AT_FDCWD, control.c_str(), times.data(), 0);
    [[maybe_unused]] const bool ticked = eventually([&] {
      timespec now{};
      ::clock_gettime(CLOCK_REALTIME_COARSE, &now);
      return std::pair(now.tv_sec, now.tv_nsec) > std::pair(made.st_ctim.tv_sec, made.st_ctim.tv_nsec);
    });
  }

  /// Closes the FIFO `ok`, the control FIFO, or both, as the kernel does at runsv's end.
  void leave() {
    close_ok();
    close_control();
  }
  void close_ok() {
    if (ok_ >= 0) ::close(ok_);
    ok_ = -1;
  }
  void close_control() {
    if (control_ >= 0) ::close(control_);
    control_ = -1;
  }

 private:
  std::filesystem::path service_;
  int ok_ = -1;
  int control_ = -1;
};

/// The fixture of sv's scenarios: a directory of services in which sv is called.
struct Scene : TempDir {
  /// How sv is started; the working directory is added.
  ProcessOptions options{.environment = {{"SVDIR", std::nullopt}, {"SVWAIT", std::nullopt}}};

  [[nodiscard]] Finished sv(const std::vector<std::string>& arguments) { return sv(arguments, options); }
  [[nodiscard]] Finished sv(const std::vector<std::string>& arguments, ProcessOptions with) {
    return run(argv(arguments), in_here(std::move(with)));
  }
  /// Starts sv, to be waited for later.
  [[nodiscard]] Process start_sv(const std::vector<std::string>& arguments) {
    return Process(argv(arguments), in_here(options));
  }
  [[nodiscard]] static std::vector<std::string> argv(const std::vector<std::string>& arguments) {
    std::vector<std::string> all{program("sv")};
    all.insert(all.end(), arguments.begin(), arguments.end());
    return all;
  }
  [[nodiscard]] ProcessOptions in_here(ProcessOptions with) const {
    if (with.cwd.empty()) with.cwd = path();
    return with;
  }
  /// Sets SVDIR or SVWAIT for every later sv.
  void set(const std::string& name, const std::string& value) {
    for (auto& [variable, content] : options.environment) {
      if (variable == name) content = value;
    }
  }
};

/// The text with every age as `Ns`, so that a second that passes does not matter.
inline std::string without_ages(const std::string& text) {
  static const std::regex age(R"(\b\d+s\b)");
  return std::regex_replace(text, age, "Ns");
}

/// The same with every pid as `(pid P)`.
inline std::string without_numbers(const std::string& text) {
  static const std::regex pid(R"(\(pid \d+\))");
  return without_ages(std::regex_replace(text, pid, "(pid P)"));
}

/// How long something took.
template <typename Action>
[[nodiscard]] std::chrono::milliseconds duration_of(Action&& action) {
  const auto start = Clock::now();
  action();
  return std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - start);
}

/// A service directory under a real runsv.
struct RealService {
  explicit RealService(const std::filesystem::path& path, std::string_view run_script = "exec sleep 1000")
      : dir(path, path.string() + ".events") {
    dir.script("run", run_script);
  }
  /// Starts runsv and waits until it publishes a state.
  [[nodiscard]] bool start() {
    runsv.emplace(std::vector<std::string>{program("runsv"), dir.path().string()}, ProcessOptions{});
    return eventually([&] { return supervised(dir.path()) && status(); });
  }
  /// The same, and waits until `run` is running.
  [[nodiscard]] bool start_and_run() {
    return start() && eventually([&] { return run_pid(dir.path()) != 0; });
  }
  [[nodiscard]] std::optional<Status> status() const { return read_status(dir.path()); }
  [[nodiscard]] pid_t pid() const { return run_pid(dir.path()); }
  /// Lets the state grow older than the second that upstream's pause between two starts takes.
  [[nodiscard]] bool settle() const {
    return eventually([&] { return std::chrono::system_clock::now() - status()->since() > 1100ms; });
  }

  ServiceDir dir;
  std::optional<Process> runsv;
};

}  // namespace runvisor::testing
