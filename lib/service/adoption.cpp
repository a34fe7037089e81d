#include "service/adoption.hpp"

#include <utility>

namespace runvisor::service {
namespace {

/// How a process has ended is told only after its parent has collected it: process 1, which does so at once,
/// or another, which may never do it.
constexpr std::chrono::milliseconds kBetweenLooks{10};
constexpr int kMostLooks = 10;

/// The process that `record` tells of, none if it has gone.
sys::Result<sys::Fd> find_process(sys::System& system, const core::ProcessRecord& record) {
  const auto pid = static_cast<pid_t>(record.status.pid);
  if (pid == 0) return sys::Fd{};
  auto process = system.open_process(pid);
  if (!process) {
    const int error = sys::number(process.error());
    // Gone; or a kernel before 5.3, on which this is a supervisor like runit's.
    if (error == ESRCH || error == EINVAL || error == ENOSYS) return sys::Fd{};
    return process.error();
  }
  // The pid may have been given away before the pidfd was opened, not after: it stands for the process that
  // is looked at here.
  const auto start = system.process_start(pid);
  if (!start) {
    const int error = sys::number(start.error());
    if (error == ENOENT || error == ESRCH) return sys::Fd{};
    return start.error();
  }
  return core::was_born(record.birth, *start) ? std::move(*process) : sys::Fd{};
}

}  // namespace

sys::Result<std::optional<Inheritance>> find_inheritance(sys::System& system, SuperviseDirectory& supervise,
                                                         core::Role role) {
  auto left = supervise.left_behind();
  if (!left) return left.error();
  std::optional<Inheritance> found;
  if (!*left || (*left)->role != role) return found;
  const auto boot_id = system.boot_id();
  if (!boot_id && sys::number(boot_id.error()) != ENOENT) return boot_id.error();
  if (!boot_id || *boot_id != (*left)->boot_id) return found;
  auto process = find_process(system, **left);
  if (!process) return process.error();
  if (!*process) {
    // With another process 1, the container of that time has gone.
    const auto first = system.process_start(1);
    if (!first || *first > (*left)->birth.before) return found;
  }
  found.emplace(Inheritance{std::move(**left), std::move(*process)});
  return found;
}

AdoptedProcess::AdoptedProcess(sys::System& system, event::Loop& loop, pid_t pid, sys::Fd process,
                               std::function<void(const core::ChildEnd&)> ended)
    : system_(system),
      pid_(pid),
      process_(loop, std::move(process), [this] { look(); }),
      look_again_(loop, [this] { look(); }),
      ended_(std::move(ended)) {}

void AdoptedProcess::watch() { process_.wait(); }

void AdoptedProcess::send_signal(int signal) { (void)system_.signal_process(process_.fd(), signal); }

void AdoptedProcess::look() {
  const auto end = system_.process_end(process_.fd());
  if (end && !*end && ++looks_ < kMostLooks) {
    look_again_.arm(system_.now().steady + kBetweenLooks);
    return;
  }
  has_ended_ = true;
  core::ChildEnd told{.pid = pid_, .exit_code = kUnknownCode, .status = kUnknownStatus};
  if (end && *end) told = {.pid = pid_, .exit_code = (*end)->exit_code, .status = (*end)->status};
  ended_(told);
}

}  // namespace runvisor::service
