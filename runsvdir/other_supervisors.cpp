#include "other_supervisors.hpp"

#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <utility>

#include "sys/foreign_process.hpp"

namespace runvisor::runsvdir {

std::optional<pid_t> OtherSupervisors::watch(int scan, const std::string& name) {
  const std::string path = name + "/supervise/lock";
  const auto holder = sys::find_lock_holder(scan, path.c_str());
  if (!holder || watched_.contains(holder->pid)) return std::nullopt;
  // One of this runsvdir's own, for another directory: both have one supervise directory.
  const auto parent = sys::process_parent(holder->pid);
  if (!parent || *parent == ::getpid()) return std::nullopt;
  auto process = sys::open_process(holder->pid);
  // Found again, it cannot have ended before the pidfd was opened.
  if (!process || sys::find_lock_holder(scan, path.c_str()) != holder) return std::nullopt;
  auto readable = std::make_unique<event::Readable>(loop_, std::move(*process),
                                                    [this, pid = holder->pid] { has_ended(pid); });
  readable->wait();
  watched_.emplace(holder->pid, Watched{*holder, std::move(readable)});
  return holder->pid;
}

void OtherSupervisors::terminate(pid_t pid) {
  const auto& [holder, process] = watched_.at(pid);
  const auto parent = sys::process_parent(pid);
  if (parent && *parent != holder.parent) (void)sys::signal_process(process->fd(), SIGTERM);
}

void OtherSupervisors::has_ended(pid_t pid) {
  auto node = watched_.extract(pid);
  const auto end = sys::process_end(node.mapped().process->fd());
  gone_.push_back(std::move(node.mapped()));
  loop_.at_turn_end(*this);
  ended_(pid, end && *end && (*end)->exit_code == EXIT_SUCCESS);
}

}  // namespace runvisor::runsvdir
