#include <signal.h>

#include "crowd.hpp"

namespace runvisor::benchmark {
namespace {

class DaemontoolsCrowd : public Crowd {
 public:
  using Crowd::Crowd;

  /// svc does not wait.
  [[nodiscard]] Command command_for(Action, int) const override { return {}; }

  [[nodiscard]] std::vector<Command> status_commands(int first, int count) const override {
    return {command("svstat", {}, first, count)};
  }

  /// svscan first, which would start the supervisors again, and then these.
  Clock::time_point begin_end() override {
    const Command end = command("svc", {"-dx"}, 0, size());
    const auto before = signal_root(SIGTERM);
    static_cast<void>(start_command(end));
    return before;
  }

 protected:
  [[nodiscard]] Command root_command() override { return {peer().program("svscan"), scan().string()}; }

 private:
  [[nodiscard]] Command command(const char* program, const Command& options, int first, int count) const {
    Command words{peer().program(program)};
    words.insert(words.end(), options.begin(), options.end());
    for (int service = first; service < first + count; ++service) {
      words.push_back(service_path(service));
    }
    return words;
  }
};

}  // namespace

std::unique_ptr<Crowd> make_daemontools_crowd(const Peer& peer, const std::filesystem::path& base) {
  return std::make_unique<DaemontoolsCrowd>(peer, base);
}

}  // namespace runvisor::benchmark
