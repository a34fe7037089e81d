// Fuzzes the reading of my_init's command line. The input's lines are the words, the program's name first.

#include "cli/my_init_command_line.hpp"

#include <cstddef>
#include <cstdint>
#include <sstream>
#include <string>
#include <variant>
#include <vector>

#include "require.hpp"

namespace runvisor::fuzz {
namespace {

using namespace std::chrono_literals;

void require_time(const std::optional<std::chrono::milliseconds>& time) {
  require(!time || (*time >= 0ms && *time <= 24h), "times are none, or up to a day");
}

void read(const std::string& input) {
  std::vector<std::string> lines{"my_init"};
  std::istringstream in{input};
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  std::vector<const char*> words;
  for (const std::string& line : lines) words.push_back(line.c_str());

  const auto result = cli::parse_my_init(words);
  if (const auto* invocation = std::get_if<cli::MyInitInvocation>(&result)) {
    require_time(invocation->stop_timeout);
    require_time(invocation->stop_delay);
    require(invocation->command.size() < words.size(), "the program's name is no command");
    require(invocation->command.empty() || &invocation->command.back() == &words.back(),
            "the command is the last words");
    for (const std::string_view name : invocation->critical) require(!name.empty(), "services have names");
  } else {
    const auto& reply = std::get<cli::MyInitReply>(result);
    require(reply.text.ends_with('\n'), "what is printed are lines");
    require(reply.status >= 0 && reply.status <= 2,
            "help is no error, nothing to do is 1, and wrong usage is 2");
  }
  require_time(cli::parse_seconds(input));
  (void)cli::parse_log_format(input);
}

}  // namespace
}  // namespace runvisor::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  runvisor::fuzz::read({reinterpret_cast<const char*>(data), size});
  return 0;
}
