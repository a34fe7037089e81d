#include "core/command.hpp"

#include <algorithm>

namespace runvisor::core {

std::optional<Command> command_from_byte(char byte) noexcept {
  for (const CommandInfo& row : kCommands) {
    if (static_cast<char>(row.command) == byte) return row.command;
  }
  return std::nullopt;
}

const CommandInfo& info(Command command) noexcept {
  return *std::find_if(kCommands.begin(), kCommands.end(),
                       [command](const CommandInfo& row) { return row.command == command; });
}

}  // namespace runvisor::core
