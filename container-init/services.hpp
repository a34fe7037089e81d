#pragma once

#include <functional>
#include <list>
#include <string>
#include <string_view>
#include <vector>

#include "event/loop.hpp"
#include "sys/supervise_client.hpp"
#include "sys/system.hpp"

namespace runvisor::container_init {

/// The supervisors of a scan directory's services, as seen by who wants them to end. They are known by their
/// FIFOs only, so it works with any runsv.
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
  /// Kills the services of those that are left.
  void kill();

 private:
  struct Watched {
    Watched(Services& owner, std::string of, sys::Fd ok);

    std::string path;
    /// `supervise/ok`, open for writing: the loop tells when nobody reads it any more.
    event::Readable ok;
  };

  [[nodiscard]] std::vector<std::string> paths();
  void look_at(Watched& watched);
  void report_if_down();

  sys::System& system_;
  event::Loop& loop_;
  std::string directory_;
  std::function<void()> down_;
  std::list<Watched> watched_;
  /// Those for which there was no descriptor.
  std::vector<std::string> unwatched_;
  bool is_watching_ = false;
};

}  // namespace runvisor::container_init
