#pragma once

#include <optional>
#include <string>
#include <vector>

#include "event_record.hpp"
#include "options.hpp"
#include "processes.hpp"

namespace runvisor::benchmark {

/// One of the two suites that are compared.
struct Suite {
  std::string name;
  std::filesystem::path programs;
};

/// What a benchmark service does.
enum class ServiceKind { Reporting, Dying };

/// A scan directory of fresh service directories, and the runsvdir that runs on it.
class ScanDirectory {
 public:
  ScanDirectory(const Suite& suite, const std::filesystem::path& base);
  ~ScanDirectory();
  ScanDirectory(const ScanDirectory&) = delete;
  ScanDirectory& operator=(const ScanDirectory&) = delete;

  /// Adds `count` service directories, named service-0 and so on. To be called before start().
  void add_services(int count, ServiceKind kind);

  /// Makes a service directory outside of the scan directory, ready to be linked in.
  [[nodiscard]] std::filesystem::path stock_service(const std::string& name);

  /// Links a service directory into the scan directory, and returns the time just before.
  Clock::time_point link_in(const std::filesystem::path& service);

  /// Starts runsvdir and returns the time just before.
  Clock::time_point start();

  /// Writes the kernel's dirty pages of this file system, so that no round pays for another.
  void flush() const;

  /// Waits for the next report, of any service here. Throws std::runtime_error after 15 s without one.
  [[nodiscard]] EventRecord next_event();

  /// Waits for the next report of that kind; others are passed over.
  [[nodiscard]] EventRecord next_event(EventKind kind);

  /// Sends one command byte to a service; returns the time just before it was written.
  Clock::time_point command(int service, char byte);

  [[nodiscard]] std::filesystem::path service_path(int service) const;
  [[nodiscard]] pid_t runsvdir() const noexcept { return runsvdir_; }
  [[nodiscard]] const Suite& suite() const noexcept { return suite_; }
  [[nodiscard]] const std::filesystem::path& path() const noexcept { return scan_; }

  /// Runs `sv ARGUMENTS` of this suite to its end and says how long that took. Throws when sv fails.
  [[nodiscard]] Microseconds run_sv(const std::vector<std::string>& arguments) const;

  /// Tells runsvdir to end, and everything below it. The caller reaps.
  Clock::time_point hang_up();

 private:
  void make_service(const std::filesystem::path& path, ServiceKind kind) const;

  Suite suite_;
  std::filesystem::path base_;
  std::filesystem::path scan_;
  int events_ = -1;
  pid_t runsvdir_ = 0;
};

/// The time of a report on the benchmark's own clock.
[[nodiscard]] inline Clock::time_point time_of(const EventRecord& record) {
  return Clock::time_point{std::chrono::nanoseconds{record.monotonic_ns}};
}

}  // namespace runvisor::benchmark
