#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/sv_command_line.hpp"
#include "core/request.hpp"
#include "core/service_report.hpp"
#include "locator.hpp"
#include "printer.hpp"
#include "sys/check_script.hpp"
#include "sys/directory_watch.hpp"
#include "sys/fd.hpp"
#include "sys/poller.hpp"

namespace runvisor::sv {

/// The line about a service that cannot be reached, counted as an error by `printer` unless its runsv's end
/// is what was asked for.
[[nodiscard]] std::string tell_trouble(const char* service, const core::Request& request,
                                       const core::Trouble& trouble, Printer& printer);

/// Waits side by side until each of many services shows the effect of a request, and reports in the order in
/// which they were added. What it waits for are events: a status file moved into place, the end of a runsv,
/// the end of a
/// `./check`. Everything is also looked at now and then, for file systems and kernels that do not tell.
class Waiter {
 public:
  Waiter(const cli::SvInvocation& invocation, Locator& locator, Printer& printer)
      : request_(invocation.request), wait_(invocation.wait), locator_(locator), printer_(printer) {}

  /// A service that has been given its commands.
  struct Commanded {
    const char* service;
    /// What it had published before.
    core::StatusRecord before;
    /// That showed the effect already, but other commands may have been on their way.
    bool in_doubt;
    /// Its FIFO `ok`, held open: it tells when runsv goes.
    sys::Fd ok;
  };

  /// Waits for one service more.
  void add(Commanded commanded);

  /// Waits until all have been reported.
  void run();

 private:
  using Clock = std::chrono::steady_clock;

  struct Waiting : Commanded {
    explicit Waiting(Commanded commanded) noexcept : Commanded(std::move(commanded)) {}

    bool runsv_ended = false;
    int watch = -1;
    std::optional<sys::CheckScript> check;
    /// The instance that `check` was started for.
    std::optional<core::WallTime> checked_since;
    /// When to run it again, after it has not passed.
    std::optional<Clock::time_point> next_check;
    Clock::duration check_pause{};
    /// The report, once there is one.
    std::string report;
  };

  void watch_all();
  void turn();
  [[nodiscard]] Clock::time_point next_look() const;
  void look_after_watch();
  void look_at_all();
  void look(Waiting& waiting);
  [[nodiscard]] bool passes_check(Waiting& waiting, sys::SuperviseClient& client,
                                  const core::StatusRecord& record);
  void poll_check(const Waiting& waiting);
  void expire(Waiting& waiting);
  void report(Waiting& waiting, std::string text);

  core::Request request_;
  std::chrono::seconds wait_;
  Locator& locator_;
  Printer& printer_;
  std::vector<Waiting> all_;
  /// How many have been printed, in order, and how many have been reported.
  std::size_t printed_ = 0;
  std::size_t reported_ = 0;
  std::optional<sys::DirectoryWatch> watch_;
  std::optional<sys::Poller> poller_;
  bool all_watched_ = true;
  Clock::time_point deadline_{};
  /// From then on what is published counts, whatever is unread.
  Clock::time_point end_of_doubt_{};
  Clock::time_point next_look_at_all_{};
};

}  // namespace runvisor::sv
