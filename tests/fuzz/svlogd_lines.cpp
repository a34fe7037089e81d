// Fuzzes the way of lines from reading to files: intake, formatter and rotation. The input's first byte
// chooses the config, the next four the sizes; the rest is the text, and how it is cut into reads.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "log/config.hpp"
#include "log/formatter.hpp"
#include "log/intake.hpp"
#include "log/rotation.hpp"
#include "require.hpp"

namespace runvisor::fuzz {
namespace {

constexpr const char* kConfigs[] = {
    "", "pP ", "-a*\n+ab*\ne*c*", "u1.2.3.4\n-b*", "U1.2.3.4\ne*\npQ", "-*\n+*b*\npR"};

/// What log files a text becomes.
class Log {
 public:
  Log(const log::Config& config, const log::RotationLimits& limits, std::size_t match_size, std::size_t block)
      : limits_(limits), formatter_(config, false, match_size), block_(block + config.prefix.size() + 1) {
    formatter_.set_stamp({});
  }

  void take(std::string_view text) {
    if (text.empty()) return;
    if (formatter_.transparent()) {
      formatter_.pass(text);
      write(text);
      return;
    }
    while (!text.empty()) {
      const auto [consumed, produced] = formatter_.format(text, block_, alerts_, messages_);
      require(consumed > 0 || produced > 0, "there is progress");
      write({block_.data(), produced});
      text.remove_prefix(consumed);
    }
  }

  std::string all;
  std::vector<std::size_t> cuts;

 private:
  void write(std::string_view text) {
    for (int idle = 0; !text.empty();) {
      const auto step = log::plan(limits_, file_, text);
      require(step.rotate || step.write == text.size(), "all is written unless a new file is due");
      idle = step.write == 0 ? idle + 1 : 0;
      require(idle < 2, "there is progress");
      all += text.substr(0, step.write);
      file_ = log::written(file_, text.substr(0, step.write));
      text.remove_prefix(step.write);
      if (!step.rotate) continue;
      require(file_.size > 0, "no empty file is rotated");
      cuts.push_back(all.size());
      file_ = {};
    }
  }

  log::RotationLimits limits_;
  log::Formatter formatter_;
  std::vector<char> block_;
  log::FileState file_;
  log::Alerts alerts_;
  log::Messages messages_;
};

std::string expected(const log::Config& config, std::string_view text, std::size_t match_size) {
  std::string all;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (config.selection.logs(line.substr(0, match_size)) && !config.only_remote) {
      ((all += config.prefix) += line) += '\n';
    }
  }
  return all;
}

void run(const std::uint8_t* data, std::size_t size) {
  if (size < 5) return;
  const log::Config config = log::parse_config(kConfigs[data[0] % std::size(kConfigs)]);
  const std::size_t match_size = 1 + data[1] % 16;
  const log::RotationLimits limits{data[2], match_size};
  log::Intake intake(1 + data[4], match_size);
  Log log(config, limits, match_size, data[3]);
  std::string_view text{reinterpret_cast<const char*>(data) + 5, size - 5};
  const std::string whole{text};
  while (!text.empty()) {
    const auto space = intake.space();
    require(!space.empty(), "there is room to read");
    const std::size_t count =
        std::min({space.size(), text.size(), std::size_t{1} + static_cast<unsigned char>(text.front())});
    std::memcpy(space.data(), text.data(), count);
    (void)intake.received(count);
    text.remove_prefix(count);
    log.take(intake.take());
  }
  log.take(intake.take_held());
  if (intake.within_line()) log.take("\n");
  require(log.all == expected(config, whole, match_size), "nothing is lost, doubled or out of order");
  for (const std::size_t cut : log.cuts) {
    if (log.all[cut - 1] == '\n') continue;
    const std::size_t begin = log.all.rfind('\n', cut - 1) + 1;
    const std::size_t end = log.all.find('\n', cut) + 1;
    require(end - begin > limits.size, "only a line that alone exceeds the size is cut");
  }
}

}  // namespace
}  // namespace runvisor::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  runvisor::fuzz::run(data, size);
  return 0;
}
