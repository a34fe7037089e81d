// Fuzzes the reading of sv's command line. The input's lines are $SVDIR and $SVWAIT, empty for not set, and
// then the words, the program's name first.

#include "cli/sv_command_line.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <sstream>
#include <string>
#include <variant>
#include <vector>

#include "core/command.hpp"
#include "require.hpp"

namespace runvisor::fuzz {
namespace {

void check(const cli::SvInvocation& sv, const std::vector<const char*>& words) {
  require(sv.wait.count() >= 0 && sv.wait <= cli::kLongestWait, "the wait is neither negative nor endless");
  require(!sv.services.empty(), "there is a service");
  require(sv.services.size() < words.size() || sv.caller == core::Caller::init_script,
          "services are words of the command line");
  if (sv.caller == core::Caller::sv) {
    require(std::equal(sv.services.rbegin(), sv.services.rend(), words.rbegin()),
            "the services are the last words");
  }
  require(sv.reports || !sv.request.reports, "a word that reports does so without an option");
  for (const char byte : sv.request.bytes) {
    require(core::command_from_byte(byte).has_value(), "only commands are sent");
  }
}

void check(const cli::SvUsageError& error) {
  require(error.text.find("usage: ") != std::string::npos && error.text.ends_with("\n\n"),
          "wrong usage is answered with the right one");
  require(error.exit_status == cli::kInitScriptUsage || error.exit_status == 100,
          "wrong usage has its exit status");
}

void read(const std::string& input) {
  std::vector<std::string> lines;
  std::istringstream in{input};
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  lines.resize(std::max<std::size_t>(lines.size(), 2));
  const auto variable = [&lines](std::size_t at) { return lines[at].empty() ? nullptr : lines[at].c_str(); };
  std::vector<const char*> words;
  for (std::size_t at = 2; at < lines.size(); ++at) words.push_back(lines[at].c_str());

  const auto result = cli::parse_sv(words, {.svdir = variable(0), .svwait = variable(1)}, "/etc/service");
  if (const auto* sv = std::get_if<cli::SvInvocation>(&result)) {
    check(*sv, words);
  } else {
    check(std::get<cli::SvUsageError>(result));
  }
}

}  // namespace
}  // namespace runvisor::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  runvisor::fuzz::read({data, data + size});
  return 0;
}
