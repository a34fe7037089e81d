#pragma once

#include <array>
#include <csignal>
#include <optional>
#include <string_view>

namespace runvisor::core {

/// A command that runsv obeys, as one byte in the control FIFO. The enumerator's value is that byte.
/// Source: runsv(8).
enum class Command : char {
  up = 'u',
  down = 'd',
  once = 'o',
  exit = 'x',
  term = 't',
  kill = 'k',
  pause = 'p',
  cont = 'c',
  hangup = 'h',
  alarm = 'a',
  interrupt = 'i',
  quit = 'q',
  usr1 = '1',
  usr2 = '2',
};

/// What the field knows about one command.
struct CommandInfo {
  Command command;
  /// The word that `sv` takes for it.
  std::string_view word;
  /// The signal it sends to a running service, 0 if it only changes what is wanted.
  int signal;
};

/// The one table of commands: byte, word and signal. `down` and `exit` send TERM and then CONT.
inline constexpr std::array<CommandInfo, 14> kCommands{{
    {Command::up, "up", 0},
    {Command::down, "down", SIGTERM},
    {Command::once, "once", 0},
    {Command::exit, "exit", SIGTERM},
    {Command::term, "term", SIGTERM},
    {Command::kill, "kill", SIGKILL},
    {Command::pause, "pause", SIGSTOP},
    {Command::cont, "cont", SIGCONT},
    {Command::hangup, "hup", SIGHUP},
    {Command::alarm, "alarm", SIGALRM},
    {Command::interrupt, "interrupt", SIGINT},
    {Command::quit, "quit", SIGQUIT},
    {Command::usr1, "1", SIGUSR1},
    {Command::usr2, "2", SIGUSR2},
}};

/// The command that `byte` stands for in a control FIFO; none for a byte that runsv ignores.
[[nodiscard]] std::optional<Command> command_from_byte(char byte) noexcept;

/// The table's row for `command`.
[[nodiscard]] const CommandInfo& info(Command command) noexcept;

}  // namespace runvisor::core
