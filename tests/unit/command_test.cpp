#include "core/command.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <set>

namespace runvisor::core {
namespace {

/// From runsv(8) and sv(8): the byte in the control FIFO, sv's word, the signal.
struct Documented {
  char byte;
  std::string_view word;
  int signal;
};
constexpr Documented kDocumented[] = {
    {'u', "up", 0},         {'d', "down", SIGTERM},  {'o', "once", 0},
    {'x', "exit", SIGTERM}, {'p', "pause", SIGSTOP}, {'c', "cont", SIGCONT},
    {'h', "hup", SIGHUP},   {'a', "alarm", SIGALRM}, {'i', "interrupt", SIGINT},
    {'q', "quit", SIGQUIT}, {'1', "1", SIGUSR1},     {'2', "2", SIGUSR2},
    {'t', "term", SIGTERM}, {'k', "kill", SIGKILL},
};

TEST(Command, EveryDocumentedByteHasItsWordAndSignal) {
  EXPECT_EQ(std::size(kDocumented), kCommands.size());
  for (const Documented& row : kDocumented) {
    const auto command = command_from_byte(row.byte);
    ASSERT_TRUE(command.has_value()) << row.byte;
    EXPECT_EQ(info(*command).word, row.word);
    EXPECT_EQ(info(*command).signal, row.signal) << row.word;
  }
}

TEST(Command, EveryOtherByteIsIgnored) {
  std::set<char> documented;
  for (const Documented& row : kDocumented) documented.insert(row.byte);
  for (int value = 0; value < 256; ++value) {
    const char byte = static_cast<char>(value);
    EXPECT_EQ(command_from_byte(byte).has_value(), documented.contains(byte)) << value;
  }
}

TEST(Command, ItsValueIsItsByte) {
  for (const CommandInfo& row : kCommands) {
    EXPECT_EQ(command_from_byte(static_cast<char>(row.command)), row.command) << row.word;
    EXPECT_EQ(&info(row.command), &row);
  }
}

}  // namespace
}  // namespace runvisor::core
