#include "scheduling.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <string>

#include "diagnostics.hpp"
#include "sys/call_failure.hpp"
#include "sys/fd.hpp"
#include "sys/kernel_calls.hpp"
#include "sys/output.hpp"

namespace runvisor::chpst {
namespace {

void set_oom_score(int score) {
  constexpr std::string_view kStep = "set OOM score";
  const sys::Fd file{::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC)};
  if (!file) die_unable_to(kStep, {}, sys::last_error());
  const auto written = sys::write_all(file.get(), std::to_string(score));
  if (!written) die_unable_to(kStep, {}, written.error());
}

sys::Outcome set_io_priority(const cli::IoPriority& priority) {
  // The kernel's header for this is no C++. Source: ioprio_set(2).
  constexpr int kWhoProcess = 1;
  constexpr int kClassShift = 13;
  const int value = static_cast<int>(priority.io_class) << kClassShift | priority.level;
  return sys::outcome("set I/O priority", ::syscall(SYS_ioprio_set, kWhoProcess, 0, value));
}

int kernel_policy(cli::Scheduling::Policy policy) {
  using Policy = cli::Scheduling::Policy;
  switch (policy) {
    case Policy::other:
      return SCHED_OTHER;
    case Policy::batch:
      return SCHED_BATCH;
    case Policy::idle:
      return SCHED_IDLE;
    case Policy::fifo:
      return SCHED_FIFO;
    case Policy::round_robin:
      return SCHED_RR;
  }
  return SCHED_OTHER;
}

sys::Outcome set_policy(const cli::Scheduling& scheduling) {
  sched_param parameter{};
  parameter.sched_priority = scheduling.priority;
  const int policy = kernel_policy(scheduling.policy);
  return sys::outcome("set scheduling policy", sys::set_scheduler(policy, parameter));
}

}  // namespace

void set_scheduling(const cli::ChpstInvocation& invocation) {
  if (invocation.oom_score) set_oom_score(*invocation.oom_score);
  if (invocation.io_priority) require(set_io_priority(*invocation.io_priority));
  if (invocation.scheduling) require(set_policy(*invocation.scheduling));
}

}  // namespace runvisor::chpst
