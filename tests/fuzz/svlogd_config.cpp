// Fuzzes the reading of a log directory's config.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "log/config.hpp"
#include "require.hpp"

namespace runvisor::fuzz {
namespace {

void read(std::string_view text) {
  const log::Config config = log::parse_config(text);
  require(config.max_age.count() >= 0, "no age is negative");
  require(!config.only_remote || config.remote, "what is only sent is sent somewhere");
  require(!config.remote || config.remote->port != 0, "a port is one");
  for (const std::string_view word : {std::string_view{config.prefix}, std::string_view{config.processor}}) {
    require(word.find('\n') == std::string_view::npos && word.find('\0') == std::string_view::npos,
            "what a line tells ends with the line");
  }
  for (const std::string& warning : config.warnings) {
    require(warning.starts_with("unable to scan "), "warnings are about addresses");
  }
  // Comments and empty lines change nothing, wherever they stand.
  const log::Config again = log::parse_config("#x\n\n" + std::string{text} + "\n# s5\n");
  require(again.size == config.size && again.keep == config.keep &&
              again.keep_when_full == config.keep_when_full && again.max_age == config.max_age &&
              again.prefix == config.prefix && again.processor == config.processor &&
              again.remote == config.remote && again.only_remote == config.only_remote &&
              again.warnings == config.warnings,
          "comments say nothing");
}

}  // namespace
}  // namespace runvisor::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  runvisor::fuzz::read({reinterpret_cast<const char*>(data), size});
  return 0;
}
