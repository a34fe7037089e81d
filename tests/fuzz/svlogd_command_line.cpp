// Fuzzes the reading of svlogd's command line. The input's lines are the words, the program's name first.

#include "cli/svlogd_command_line.hpp"

#include <cstddef>
#include <cstdint>
#include <sstream>
#include <string>
#include <variant>
#include <vector>

#include "require.hpp"

namespace runvisor::fuzz {
namespace {

void read(const std::string& input) {
  std::vector<std::string> lines;
  std::istringstream in{input};
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  std::vector<const char*> words;
  for (const std::string& line : lines) words.push_back(line.c_str());

  const auto result = cli::parse_svlogd(words);
  if (const auto* svlogd = std::get_if<cli::SvlogdInvocation>(&result)) {
    require(!svlogd->directories.empty(), "there is a directory");
    require(svlogd->directories.back() == words.back(), "the directories are the last words");
    require(svlogd->line_size > 0 && svlogd->line_size < svlogd->buffer_size,
            "a line's part fits the buffer");
    require(svlogd->buffer_size <= std::size_t{1} << 30, "the buffer is bounded");
    require(svlogd->stamps >= 0 && svlogd->stamps <= 3, "stamps are known");
  } else {
    const std::string& text = std::get<cli::SvlogdUsageError>(result).text;
    require(text.find("usage: ") != std::string::npos && text.ends_with("\n\n"),
            "wrong usage is answered with the right one");
  }
}

}  // namespace
}  // namespace runvisor::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  runvisor::fuzz::read({reinterpret_cast<const char*>(data), size});
  return 0;
}
