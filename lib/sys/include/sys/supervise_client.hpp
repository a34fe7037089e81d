#pragma once

#include <optional>
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

/// One service directory, seen as a client of its runsv sees it. It holds a descriptor of the directory, so
/// nothing here depends on or changes the working directory.
class SuperviseClient {
 public:
  /// The directory `path`, relative to the directory descriptor `base`.
  [[nodiscard]] static Reached<SuperviseClient> open(int base, const char* path) noexcept;

  /// The client for the directory's log service; none if there is no `log`.
  [[nodiscard]] Reached<std::optional<SuperviseClient>> log() const noexcept;

  /// Opens `supervise/ok` for writing, which fails with ENXIO if no runsv holds it open for reading. As long
  /// as it is held, poll(2) reports POLLERR on it once that runsv has gone.
  [[nodiscard]] Reached<Fd> open_ok() const noexcept;

  /// Reads what a runsv publishes, or the last one published.
  [[nodiscard]] Reached<core::StatusRecord> read_record() const noexcept;

  /// The same, having made sure that a runsv is there.
  [[nodiscard]] Reached<core::StatusRecord> read_status() const noexcept;

  /// Writes commands into the control FIFO, at once and without waiting.
  [[nodiscard]] Reached<void> send(std::string_view bytes) const noexcept;

  /// What is known of the commands written before. Anything that cannot be told counts against them.
  [[nodiscard]] core::ControlTrace trace() const noexcept;

  /// Whether the directory holds `name`.
  [[nodiscard]] bool has(const char* name) const noexcept;

  /// The directory.
  [[nodiscard]] int directory() const noexcept { return directory_.get(); }

 private:
  explicit SuperviseClient(Fd directory) noexcept : directory_(std::move(directory)) {}

  Fd directory_;
};

}  // namespace runvisor::sys
