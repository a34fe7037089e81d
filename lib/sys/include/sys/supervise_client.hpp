#pragma once

#include <string>
#include <string_view>

#include <boost/system/result.hpp>

#include "core/request.hpp"
#include "core/service_report.hpp"
#include "core/status_record.hpp"
#include "sys/fd.hpp"

namespace runvisor::sys {

/// A value, or what kept sv from it.
template <typename T>
using Reached = boost::system::result<T, core::Trouble>;

/// One service directory, seen as a client of its runsv sees it. Its files are opened by path, without
/// entering the directory or holding it open: that takes the fewest system calls, and sv makes them for every
/// service.
class SuperviseClient {
 public:
  /// The directory `path`, relative to the directory descriptor `base`, which must outlive this object.
  SuperviseClient(int base, std::string_view path);

  /// The client for the directory's log service, whether there is one or not.
  [[nodiscard]] SuperviseClient log() const;

  /// Opens `supervise/ok` for writing, which fails with ENXIO if no runsv holds it open for reading. As long
  /// as it is held, poll(2) reports POLLERR on it once that runsv has gone.
  [[nodiscard]] Reached<Fd> open_ok();

  /// Reads what a runsv publishes, or the last one published.
  [[nodiscard]] Reached<core::StatusRecord> read_record();

  /// The same, having made sure that a runsv is there.
  [[nodiscard]] Reached<core::StatusRecord> read_status();

  /// Writes commands into the control FIFO, at once and without waiting.
  [[nodiscard]] Reached<void> send(std::string_view bytes);

  /// What is known of the commands written before. Anything that cannot be told counts against them.
  [[nodiscard]] core::ControlTrace trace();

  /// Whether the directory holds `name`.
  [[nodiscard]] bool has(std::string_view name);

  /// The directory, opened so that a child can enter it.
  [[nodiscard]] Reached<Fd> open_directory();

 private:
  SuperviseClient(int base, std::string_view path, core::Step entering);

  /// The path of a file in the directory, valid until the next call.
  [[nodiscard]] const char* path_of(std::string_view file);
  [[nodiscard]] Fd open(std::string_view file, int flags);
  [[nodiscard]] Fd open_supervised(std::string_view file, int flags);

  int base_;
  /// What fails if the directory cannot be entered.
  core::Step entering_;
  /// The directory's path with a slash at its end, and after it whatever was last asked for.
  std::string path_;
  std::size_t directory_length_;
};

}  // namespace runvisor::sys
