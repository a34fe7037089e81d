// Fuzzes the service machine in the world of the model tests, which holds it to their rules.
//
// The input's first byte tells how the course begins: bit 0 the service has a down file, bit 1 there is a log
// service, bit 2 there is one with a down file. Then a command's byte is written to the service's control
// FIFO, or with the top bit set to the log service's; any other byte picks one of the other things that can
// happen next. After the last byte the service is told to exit, and everything comes that is awaited.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "../model/world.hpp"
#include "require.hpp"

namespace runvisor::fuzz {
namespace {

using model::Event;
using model::World;

/// More steps than any way from any state to the end takes.
constexpr int kLongestEnd = 200;

model::Bounds everything() {
  model::Bounds bounds{.service_commands = {}, .log_commands = {}, .queue = 6, .log_appears = true};
  for (const core::CommandInfo& row : core::kCommands) {
    bounds.service_commands.push_back(row.command);
    bounds.log_commands.push_back(row.command);
  }
  return bounds;
}

class Course {
 public:
  explicit Course(unsigned first)
      : world_((first & 1U) != 0 ? core::Want::down : core::Want::up, log_want(first)) {}

  void go(std::span<const std::uint8_t> bytes) {
    while (!bytes.empty() && !world_.left()) {
      const unsigned byte = bytes.front();
      bytes = bytes.subspan(1);
      if (const auto command = core::command_from_byte(static_cast<char>(byte & 0x7fU))) {
        tell((byte & 0x80U) != 0 ? core::Role::log : core::Role::service, *command);
        continue;
      }
      std::vector<Event> events = world_.events(kBounds);
      std::erase_if(events, [](const Event& event) { return event.kind == Event::Kind::command; });
      Event event = events.at(byte % events.size());
      if (event.kind == Event::Kind::time_passes && !bytes.empty()) {
        event.time = std::chrono::milliseconds{10 * bytes.front()};
        bytes = bytes.subspan(1);
      }
      apply(event);
    }
  }

  void end() {
    for (int step = 0; step < kLongestEnd; ++step) {
      end_turn();
      if (world_.left()) return;
      if (!world_.will_exit() && tell(core::Role::service, core::Command::exit)) continue;
      std::vector<Event> events = world_.events(kBounds);
      std::erase_if(events, [this](const Event& event) { return world_.fulfils(event) == 0; });
      const auto of_service = std::find_if(
          events.begin(), events.end(), [](const Event& event) { return event.role == core::Role::service; });
      if (events.empty()) break;
      apply(of_service == events.end() ? events.front() : *of_service);
    }
    require(false, std::string{sentence(model::Rule::exit_is_reached)} + way());
  }

 private:
  static std::optional<core::Want> log_want(unsigned first) {
    if ((first & 2U) != 0) return core::Want::up;
    if ((first & 4U) != 0) return core::Want::down;
    return std::nullopt;
  }

  /// False if the command cannot come now.
  bool tell(core::Role role, core::Command command) {
    const std::vector<Event> events = world_.events(kBounds);
    const auto found = std::find_if(events.begin(), events.end(), [&](const Event& event) {
      return event.kind == Event::Kind::command && event.role == role && event.command == command;
    });
    if (found != events.end()) apply(*found);
    return found != events.end();
  }

  void end_turn() {
    const std::vector<Event> events = world_.events(kBounds);
    const auto found = std::find_if(events.begin(), events.end(),
                                    [](const Event& event) { return event.kind == Event::Kind::turn_ends; });
    if (found != events.end()) apply(*found);
  }

  void apply(const Event& event) {
    way_.push_back(event);
    const model::Rules broken = world_.apply(event);
    for (std::size_t rule = 0; broken.any() && rule < model::kRules; ++rule) {
      require(!broken.test(rule), std::string{sentence(static_cast<model::Rule>(rule))} + way());
    }
  }

  [[nodiscard]] std::string way() const {
    std::string text = ". The way:";
    for (const Event& event : way_) text += "\n  " + describe(event);
    return text;
  }

  inline static const model::Bounds kBounds = everything();

  World world_;
  std::vector<Event> way_;
};

}  // namespace
}  // namespace runvisor::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  runvisor::fuzz::Course course(*data);
  course.go({data + 1, size - 1});
  course.end();
  return 0;
}
