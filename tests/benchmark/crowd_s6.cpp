#include <signal.h>

#include <utility>

#include "crowd.hpp"
#include "files.hpp"

namespace runvisor::benchmark {
namespace {

/// s6, and s6 with services that notify it of their readiness: without, it waits a second before each
/// restart.
class S6Crowd : public Crowd {
 public:
  using Crowd::Crowd;

  [[nodiscard]] Command command_for(Action action, int service) const override {
    const auto [wait, command] = [this, action]() -> std::pair<const char*, const char*> {
      switch (action) {
        case Action::Down:
          return {"-wd", "-d"};
        case Action::Up:
          return {ready() ? "-wU" : "-wu", "-u"};
        case Action::Restart:
          return {ready() ? "-wR" : "-wr", "-r"};
      }
      return {};
    }();
    return {peer().program("s6-svc"), wait, command, service_path(service)};
  }

  [[nodiscard]] std::vector<Command> status_commands(int first, int count) const override {
    std::vector<Command> commands;
    for (int service = first; service < first + count; ++service) {
      commands.push_back({peer().program("s6-svstat"), service_path(service)});
    }
    return commands;
  }

  Clock::time_point begin_end() override { return signal_root(SIGTERM); }

 protected:
  [[nodiscard]] Command root_command() override {
    // Newcomers want room, too.
    return {peer().program("s6-svscan"), "-c", std::to_string(size() + 100), "-t", "0", scan().string()};
  }

  [[nodiscard]] Command nudge_command() const override {
    return {peer().program("s6-svscanctl"), "-a", scan().string()};
  }

  void make_service(const std::filesystem::path& path, ServiceKind kind) const override {
    Crowd::make_service(path, kind);
    if (ready() && kind == ServiceKind::Reporting) {
      write_file(path / "notification-fd", "3\n");
    }
  }

  [[nodiscard]] std::filesystem::path service_program(ServiceKind kind) const override {
    if (ready() && kind == ServiceKind::Reporting) {
      return RUNVISOR_BENCHMARK_HELPERS "/benchmark-service-ready";
    }
    return Crowd::service_program(kind);
  }

 private:
  [[nodiscard]] bool ready() const noexcept { return peer().family == Family::S6Ready; }
};

}  // namespace

std::unique_ptr<Crowd> make_s6_crowd(const Peer& peer, const std::filesystem::path& base) {
  return std::make_unique<S6Crowd>(peer, base);
}

}  // namespace runvisor::benchmark
