#include <fmt/core.h>

#include <algorithm>

#include "rows.hpp"

namespace runvisor::benchmark {
namespace {

constexpr int kFewServices = 50;
/// In a round. Both suites take turns within it, so that whatever else the machine does meets both.
constexpr int kSamples = 40;
/// Until the file system has written what the start left behind.
constexpr std::chrono::seconds kSettle{3};
constexpr std::chrono::seconds kEndDeadline{120};

/// A suite's supervisors at rest, and the command that asks for the state of all.
class Resting {
 public:
  Resting(const Context& context, const Suite& suite, int round)
      : scan_(suite, context.folder / fmt::format("status-{}-{}", suite.name, round)) {
    const int count = context.options.services;
    scan_.add_services(count, ServiceKind::Reporting);
    scan_.start();
    for (int service = 0; service < count; ++service) {
      static_cast<void>(scan_.next_event(EventKind::Started));
      all_.push_back(scan_.service_path(service).string());
    }
    const auto few = std::min<std::ptrdiff_t>(kFewServices, count);
    few_.insert(few_.end(), all_.begin() + 1, all_.begin() + 1 + few);
    scan_.flush();
  }

  [[nodiscard]] double few_ms() const { return scan_.run_sv(few_).count() / 1000; }
  [[nodiscard]] double all_ms() const { return scan_.run_sv(all_).count() / 1000; }
  void hang_up() { scan_.hang_up(); }

 private:
  ScanDirectory scan_;
  std::vector<std::string> few_{"status"};
  std::vector<std::string> all_{"status"};
};

}  // namespace

std::vector<Row> measure_status(const Context& context) {
  const int count = context.options.services;
  Row few{.name = fmt::format("sv status of {}", std::min(count, kFewServices)), .unit = "ms", .target = 0.8};
  Row all{.name = fmt::format("sv status of {}", count), .unit = "ms", .target = 0.8};
  for (int round = 0; round < context.options.rounds; ++round) {
    Resting ours(context, context.ours, round);
    Resting original(context, context.original, round);
    rest(kSettle);
    for (int sample = 0; sample < kSamples; ++sample) {
      few.ours.push_back(ours.few_ms());
      few.original.push_back(original.few_ms());
      all.ours.push_back(ours.all_ms());
      all.original.push_back(original.all_ms());
    }
    ours.hang_up();
    original.hang_up();
    reap_all(kEndDeadline);
  }
  return {few, all};
}

}  // namespace runvisor::benchmark
