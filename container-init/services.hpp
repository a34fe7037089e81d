#pragma once

#include <functional>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "event/loop.hpp"
#include "sys/directory_watch.hpp"
#include "sys/supervise_client.hpp"
#include "sys/system.hpp"

namespace runvisor::container_init {

/// The supervisors of a scan directory's services, as seen by who wants them to end. They are known by what
/// lies in `supervise` only, so it works with any runsv.
///
/// A log service reads until nobody can write any more. So what a service has left over, a process of its own
/// making that still has its output, is told to end once the service is down.
class Services {
 public:
  /// `down` is called when the last one watched has gone.
  Services(sys::System& system, event::Loop& loop, std::string directory, std::function<void()> down);

  /// Asks every runsv to end its service, to wait for the log service, and to leave.
  void tell_to_leave();
  /// Watches all that are there. With none, `down` is called at once.
  void watch();
  /// A child has ended: perhaps a runsv that could not be watched.
  void look_again();
  /// Kills the services of those that are left, and what they have left over.
  void kill();

 private:
  struct Watched {
    Watched(Services& owner, std::string of, sys::Fd ok);

    std::string path;
    /// `supervise/ok`, open for writing: the loop tells when nobody reads it any more.
    event::Readable ok;
    /// The service is down, and its runsv waits for the log service, which reads until nobody can write.
    bool waits_for_log = false;
  };

  [[nodiscard]] std::vector<std::string> paths();
  void look_at(Watched& watched);
  void watch_logs();
  void look_at_logs();
  void signal_left_over(int signal);
  void report_if_down();

  sys::System& system_;
  event::Loop& loop_;
  std::string directory_;
  std::function<void()> down_;
  std::list<Watched> watched_;
  /// Tells of the status of services with a log service.
  std::optional<sys::DirectoryWatch> status_watch_;
  std::optional<event::Readable> status_;
  event::Timer log_grace_;
  /// Those for which there was no descriptor, or that are only coming up.
  std::vector<std::string> unwatched_;
  bool is_watching_ = false;
};

}  // namespace runvisor::container_init
