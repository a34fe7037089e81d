#include <signal.h>

#include "crowd.hpp"

namespace runvisor::benchmark {
namespace {

class RunitCrowd : public Crowd {
 public:
  using Crowd::Crowd;

  [[nodiscard]] Command command_for(Action action, int service) const override {
    return {peer().program("sv"), init_script_word(action), service_path(service)};
  }

  [[nodiscard]] std::vector<Command> status_commands(int first, int count) const override {
    Command command{peer().program("sv"), "status"};
    for (int service = first; service < first + count; ++service) {
      command.push_back(service_path(service));
    }
    return {command};
  }

  Clock::time_point begin_end() override { return signal_root(SIGHUP); }

 protected:
  [[nodiscard]] Command root_command() override { return {peer().program("runsvdir"), scan().string()}; }
};

}  // namespace

std::unique_ptr<Crowd> make_runit_crowd(const Peer& peer, const std::filesystem::path& base) {
  return std::make_unique<RunitCrowd>(peer, base);
}

}  // namespace runvisor::benchmark
