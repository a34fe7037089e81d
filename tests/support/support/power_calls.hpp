#pragma once

#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace runvisor::testing {

/// Called in a process that is to become a machine's first: from now on, its calls of reboot(2) and sync(2)
/// and those of its descendants wait for the answer of whoever holds the descriptor returned. When nobody
/// holds it any more, they fail. The right to make these calls is given up, too.
[[nodiscard]] int hand_power_calls_over();

/// Answers those calls in a thread of its own, and keeps a record.
class PowerCalls {
 public:
  /// `listener` from hand_power_calls_over(), taken over. Power requests fail or stay without an answer.
  PowerCalls(int listener, bool answers_requests);
  ~PowerCalls();
  PowerCalls(const PowerCalls&) = delete;
  PowerCalls& operator=(const PowerCalls&) = delete;

  [[nodiscard]] std::vector<std::string> record() const;

 private:
  void serve();
  void answer();

  int listener_;
  bool answers_requests_;
  int stop_[2]{-1, -1};
  mutable std::mutex mutex_;
  std::vector<std::string> record_;
  std::thread thread_;
};

}  // namespace runvisor::testing
