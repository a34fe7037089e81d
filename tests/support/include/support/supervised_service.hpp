#pragma once

#include <functional>
#include <optional>
#include <string>

#include "support/binaries.hpp"
#include "support/eventually.hpp"
#include "support/process.hpp"
#include "support/service_dir.hpp"
#include "support/temp_dir.hpp"

namespace runvisor::testing {

/// The fixture of most scenarios: one service directory in a directory of its own, and the `runsv` under test
/// supervising it once `start` is called. Use with SCENARIO_METHOD.
struct SupervisedService {
  TempDir scratch;
  ServiceDir service{scratch / "svc", scratch / "events"};
  std::optional<Process> runsv;

  /// Starts runsv on the service.
  void start(const ProcessOptions& options = {}) {
    runsv.emplace(std::vector<std::string>{program("runsv"), service.path().string()}, options);
  }
  /// Starts runsv and waits until `run`, a probe, has recorded its start and is published as running.
  [[nodiscard]] bool start_and_run(const ProcessOptions& options = {}) {
    start(options);
    return service.saw("./run start") && eventually_stat("run");
  }

  /// Tells runsv to exit; whether it did, with code 0. All that was written before has been obeyed then.
  [[nodiscard]] bool leave() { return service.control("x") && runsv->wait() == exited(0); }

  /// Ends the running `run` by KILL without a command.
  [[nodiscard]] bool end_run() const {
    const pid_t pid = run_pid(service.path());
    return pid != 0 && ::kill(pid, SIGKILL) == 0;
  }

  [[nodiscard]] std::optional<Status> status() const { return read_status(service.path()); }
  [[nodiscard]] std::optional<Status> log_status() const { return read_status(service.log()); }
  [[nodiscard]] std::string stat() const { return read_stat(service.path()); }
  [[nodiscard]] std::string log_stat() const { return read_stat(service.log()); }
  /// Waits until the status fulfils `condition`.
  [[nodiscard]] bool eventually_status(const std::function<bool(const Status&)>& condition) const {
    return eventually([&] {
      const auto now = status();
      return now && condition(*now);
    });
  }
  /// Waits until `supervise/stat` is this line (without its newline), and `status` and `pid` say the same:
  /// the three are replaced one after the other.
  [[nodiscard]] bool eventually_stat(const std::string& line) const {
    return eventually([&] { return published(service.path(), line); });
  }
  [[nodiscard]] bool eventually_log_stat(const std::string& line) const {
    return eventually([&] { return published(service.log(), line); });
  }
  /// Opens a gate that a probe waits for (Probe::until), named as by `gate`.
  void open(std::string_view name) const { write_file(gate(name), ""); }
  [[nodiscard]] std::filesystem::path gate(std::string_view name) const {
    return scratch / ("gate-" + std::string(name));
  }
};

}  // namespace runvisor::testing
