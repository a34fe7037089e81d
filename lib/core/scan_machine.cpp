#include "core/scan_machine.hpp"

#include <algorithm>
#include <optional>
#include <set>

namespace runvisor::core {

/// `keep_name` tells that the name known for this directory still leads to it: a directory with two names
/// keeps the one its supervisor was started under.
void ScanMachine::see(const FoundDirectory& found, bool keep_name, Now now) {
  const auto [position, is_new] = entries_.try_emplace(found.identity);
  Entry& entry = position->second;
  if (is_new) entry.not_before = now.steady;
  if (is_new || !keep_name) entry.name = found.name;
  entry.present = true;
}

ScanMachine::Actions ScanMachine::scanned(const std::vector<FoundDirectory>& found, Now now) {
  std::set<std::pair<DirectoryIdentity, std::string_view>> names;
  for (const FoundDirectory& directory : found) names.emplace(directory.identity, directory.name);

  Actions out;
  std::map<DirectoryIdentity, bool> name_kept;
  for (auto& [identity, entry] : entries_) {
    name_kept[identity] = names.contains({identity, entry.name});
    const auto first = names.lower_bound({identity, {}});
    if (first != names.end() && first->first == identity) continue;
    if (entry.present && entry.pid != 0) {
      out.push_back({.kind = Action::Kind::terminate, .directory = {}, .pid = entry.pid});
    }
    entry.present = false;
  }
  std::erase_if(entries_, [](const auto& entry) { return !entry.second.present && entry.second.pid == 0; });

  for (const FoundDirectory& directory : found) {
    bool& kept = name_kept[directory.identity];
    see(directory, kept, now);
    kept = true;
  }
  advance(out, now);
  return out;
}

ScanMachine::Actions ScanMachine::appeared(const FoundDirectory& found, Now now) {
  Actions out;
  const auto known = entries_.find(found.identity);
  see(found, known != entries_.end() && known->second.present, now);
  advance(out, now);
  return out;
}

ScanMachine::Actions ScanMachine::child_ended(pid_t pid, bool told_to, Now now) {
  Actions out;
  for (auto position = entries_.begin(); position != entries_.end(); ++position) {
    if (position->second.pid != pid) continue;
    position->second.pid = 0;
    if (told_to) position->second.not_before = now.steady + kSupervisorPause;
    if (!position->second.present) entries_.erase(position);
    break;
  }
  advance(out, now);
  return out;
}

ScanMachine::Actions ScanMachine::timer_expired(Now now) {
  Actions out;
  advance(out, now);
  return out;
}

void ScanMachine::started(const DirectoryIdentity& identity, pid_t pid, Now now) {
  Entry& entry = entries_.at(identity);
  entry.pid = pid;
  entry.not_before = now.steady + kSupervisorPause;
}

void ScanMachine::start_failed(const DirectoryIdentity& identity, Now now) {
  entries_.at(identity).not_before = now.steady + kSupervisorPause;
}

bool ScanMachine::supervises(const DirectoryIdentity& identity) const {
  const auto known = entries_.find(identity);
  return known != entries_.end() && known->second.present;
}

bool ScanMachine::knows(std::string_view name) const {
  return std::any_of(entries_.begin(), entries_.end(),
                     [name](const auto& known) { return known.second.present && known.second.name == name; });
}

std::vector<pid_t> ScanMachine::supervisors() const {
  std::vector<pid_t> pids;
  for (const auto& [identity, entry] : entries_) {
    if (entry.pid != 0 && entry.present) pids.push_back(entry.pid);
  }
  return pids;
}

/// Starts what is due and arms the timer for what will be.
void ScanMachine::advance(Actions& out, Now now) const {
  std::optional<SteadyTime> next;
  for (const auto& [identity, entry] : entries_) {
    if (entry.pid != 0 || !entry.present) continue;
    if (now.steady >= entry.not_before) {
      out.push_back({.kind = Action::Kind::start, .directory = {entry.name, identity}});
    } else if (!next || entry.not_before < *next) {
      next = entry.not_before;
    }
  }
  if (next) out.push_back({.kind = Action::Kind::arm_timer, .directory = {}, .at = *next});
}

}  // namespace runvisor::core
