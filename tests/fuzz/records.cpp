// Fuzzes the reading of what runsv leaves in supervise/lock, and of the names of old log files: whatever is
// understood is exactly what would have been written.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/end_record.hpp"
#include "core/process_record.hpp"
#include "log/old_files.hpp"
#include "log/stamp.hpp"
#include "require.hpp"

namespace runvisor::fuzz {
namespace {

void read(std::string_view input) {
  if (const auto end = core::parse_end_record(input)) {
    require(core::parse_end_record(core::end_line(*end)) == *end, "an end is read as it was written");
  }
  if (const auto process = core::parse_process_record(input)) {
    const auto again = core::parse_process_record(core::process_line(*process));
    require(again && core::process_line(*again) == core::process_line(*process),
            "a process is read as it was written");
  }
  if (const auto time = log::parse_label(input)) {
    const auto label = log::tai64n_label(*time);
    require(input == std::string_view(label.data(), label.size()), "a label has one form only");
  }
  if (const auto name = log::parse_name(input)) {
    require(log::file_name(name->label, name->kind) == input, "a name has one form only");
  }
  const log::OldFiles files =
      log::sort_out({std::string{input}, std::string{input.substr(input.size() / 2)}});
  require(files.count() <= 2, "no file counts twice");
}

}  // namespace
}  // namespace runvisor::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  runvisor::fuzz::read({reinterpret_cast<const char*>(data), size});
  return 0;
}
