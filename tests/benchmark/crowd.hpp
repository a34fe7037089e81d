#pragma once

#include <memory>
#include <string>
#include <vector>

#include "event_record.hpp"
#include "peer.hpp"
#include "processes.hpp"

namespace runvisor::benchmark {

/// What a benchmark service does.
enum class ServiceKind { Reporting, Dying };

/// What a service can be told by the peer's own command.
enum class Action { Down, Up, Restart };

/// What init scripts call an action, and both sv and supervisorctl after them.
[[nodiscard]] const char* init_script_word(Action action) noexcept;

using Command = std::vector<std::string>;

/// Services of one peer, freshly laid out in a folder of their own, and the supervisors that run them.
/// What differs between the families is in the virtual functions.
class Crowd {
 public:
  Crowd(const Peer& peer, const std::filesystem::path& base);
  virtual ~Crowd();
  Crowd(const Crowd&) = delete;
  Crowd& operator=(const Crowd&) = delete;

  /// Adds `count` services, named service-0 and so on. To be called before start().
  void add_services(int count, ServiceKind kind);

  /// Starts the peer's root process and returns the time just before.
  Clock::time_point start();

  /// Waits until all services that were added have executed their first instruction: when the last one did.
  Clock::time_point await_start();

  /// Makes a service that is not yet there for the supervisors.
  void make_newcomer(const std::string& name);

  /// Brings a newcomer in and, where the peer has a command for that, has it looked for. Returns the time
  /// just before. The command, if any, is to be reaped with reap_nudge().
  Clock::time_point bring_in(const std::string& name);
  void reap_nudge();

  /// Writes the kernel's dirty pages of this file system, so that no round pays for another.
  void flush() const;

  /// Waits for the next report, of any service here. Throws std::runtime_error after a minute without one.
  [[nodiscard]] EventRecord next_event();

  /// Waits for the next report of that kind; others are passed over.
  [[nodiscard]] EventRecord next_event(EventKind kind);

  /// Writes one command byte to a service's FIFO; returns the time just before. Only for a peer that
  /// takes_bytes.
  Clock::time_point write_byte(int service, char byte);

  /// Runs the peer's command to its end and says how long that took. Throws when it fails.
  [[nodiscard]] Microseconds run(const Command& command) const;

  /// The peer's command that does this and waits until it is done; empty: it has none.
  [[nodiscard]] virtual Command command_for(Action action, int service) const = 0;

  /// The peer's commands that print the state of these services.
  [[nodiscard]] virtual std::vector<Command> status_commands(int first, int count) const = 0;

  /// Tells everything to end, in the way that the peer documents; returns the time just before. The caller
  /// reaps.
  virtual Clock::time_point begin_end() = 0;

  [[nodiscard]] const Peer& peer() const noexcept { return peer_; }
  /// All services, newcomers that were brought in included.
  [[nodiscard]] int size() const noexcept { return static_cast<int>(services_.size()); }
  /// The folder with the services.
  [[nodiscard]] const std::filesystem::path& scan() const noexcept { return scan_; }
  [[nodiscard]] pid_t root() const noexcept { return root_; }
  /// The supervisors of single services, when the peer has such.
  [[nodiscard]] std::vector<pid_t> supervisors() const;
  [[nodiscard]] const std::string& service_path(int service) const {
    return services_.at(static_cast<std::size_t>(service));
  }

 protected:
  /// Called by start(): what the root process is to be.
  [[nodiscard]] virtual Command root_command() = 0;
  /// Makes a service; the default is a directory with `run` in it.
  virtual void make_service(const std::filesystem::path& path, ServiceKind kind) const;
  /// Lets the supervisors have a service made by make_newcomer(); the default links it into scan().
  virtual void connect(const std::filesystem::path& newcomer) const;
  /// The command that has newcomers looked for; empty, the default: there is none.
  [[nodiscard]] virtual Command nudge_command() const { return {}; }
  /// The benchmark's program for a kind of service.
  [[nodiscard]] virtual std::filesystem::path service_program(ServiceKind kind) const;

  [[nodiscard]] const std::filesystem::path& base() const noexcept { return base_; }
  [[nodiscard]] pid_t start_command(const Command& command) const;
  Clock::time_point signal_root(int signal) const;

 private:
  Peer peer_;
  std::filesystem::path base_;
  std::filesystem::path scan_;
  std::vector<std::string> services_;
  int events_ = -1;
  pid_t root_ = 0;
  pid_t nudge_ = 0;
};

/// The crowd of that peer's family, below `base`, which is made.
[[nodiscard]] std::unique_ptr<Crowd> make_crowd(const Peer& peer, const std::filesystem::path& base);

[[nodiscard]] std::unique_ptr<Crowd> make_runit_crowd(const Peer& peer, const std::filesystem::path& base);
[[nodiscard]] std::unique_ptr<Crowd> make_s6_crowd(const Peer& peer, const std::filesystem::path& base);
[[nodiscard]] std::unique_ptr<Crowd> make_daemontools_crowd(const Peer& peer,
                                                            const std::filesystem::path& base);
[[nodiscard]] std::unique_ptr<Crowd> make_supervisord_crowd(const Peer& peer,
                                                            const std::filesystem::path& base);

/// The time of a report on the benchmark's own clock.
[[nodiscard]] inline Clock::time_point time_of(const EventRecord& record) {
  return Clock::time_point{std::chrono::nanoseconds{record.monotonic_ns}};
}

[[nodiscard]] inline double milliseconds_between(Clock::time_point from, Clock::time_point to) {
  return std::chrono::duration<double, std::milli>(to - from).count();
}

}  // namespace runvisor::benchmark
