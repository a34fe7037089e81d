#include "core/scan_machine.hpp"

namespace runvisor::core {

/// Changes an entry; everything that is known of entries is changed through here.
template <typename Change>
void ScanMachine::change(Entries::iterator position, Change&& edit) {
  auto& [identity, entry] = *position;
  leave_indexes(*position);
  edit(entry);
  if (entry.pid != 0) supervised_.emplace(entry.pid, identity);
  if (entry.present) named_.emplace(entry.name, identity);
  if (entry.present && entry.pid == 0) waiting_.emplace(entry.not_before, identity);
}

ScanMachine::Entries::iterator ScanMachine::forget(Entries::iterator position) {
  leave_indexes(*position);
  return entries_.erase(position);
}

void ScanMachine::leave_indexes(const Entries::value_type& known) {
  const auto& [identity, entry] = known;
  supervised_.erase(entry.pid);
  named_.erase({entry.name, identity});
  waiting_.erase({entry.not_before, identity});
}

/// `keep_name` tells that the name known for this directory still leads to it: a directory with two names
/// keeps the one its supervisor was started under.
void ScanMachine::see(const FoundDirectory& found, bool keep_name, Now now) {
  const auto [position, is_new] = entries_.try_emplace(found.identity);
  const bool rename = is_new || (!keep_name && position->second.name != found.name);
  if (!rename && position->second.present) return;
  change(position, [&, first = is_new](Entry& entry) {
    if (first) entry.not_before = now.steady;
    if (rename) entry.name = found.name;
    entry.present = true;
  });
}

ScanMachine::Actions ScanMachine::scanned(const std::vector<FoundDirectory>& found, Now now) {
  std::set<std::pair<DirectoryIdentity, std::string_view>> names;
  for (const FoundDirectory& directory : found) names.emplace(directory.identity, directory.name);

  Actions out;
  std::map<DirectoryIdentity, bool> name_kept;
  for (auto position = entries_.begin(); position != entries_.end();) {
    const auto& [identity, entry] = *position;
    const auto first = names.lower_bound({identity, {}});
    if (first != names.end() && first->first == identity) {
      name_kept[identity] = names.contains({identity, entry.name});
      ++position;
    } else if (entry.pid == 0) {
      position = forget(position);
    } else {
      if (entry.present) out.push_back({.kind = Action::Kind::terminate, .directory = {}, .pid = entry.pid});
      change(position++, [](Entry& gone) { gone.present = false; });
    }
  }

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
  if (const auto supervisor = supervised_.find(pid); supervisor != supervised_.end()) {
    const auto position = entries_.find(supervisor->second);
    change(position, [&](Entry& entry) {
      entry.pid = 0;
      if (told_to) entry.not_before = now.steady + kSupervisorPause;
    });
    if (!position->second.present) forget(position);
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
  change(entries_.find(identity), [&](Entry& entry) {
    entry.pid = pid;
    entry.not_before = now.steady + kSupervisorPause;
  });
}

void ScanMachine::start_failed(const DirectoryIdentity& identity, Now now) {
  change(entries_.find(identity), [&](Entry& entry) { entry.not_before = now.steady + kSupervisorPause; });
}

bool ScanMachine::supervises(const DirectoryIdentity& identity) const {
  const auto known = entries_.find(identity);
  return known != entries_.end() && known->second.present;
}

bool ScanMachine::knows(std::string_view name) const {
  const auto first = named_.lower_bound({name, {}});
  return first != named_.end() && first->first == name;
}

std::optional<FoundDirectory> ScanMachine::directory_of(pid_t pid) const {
  const auto supervisor = supervised_.find(pid);
  if (supervisor == supervised_.end()) return std::nullopt;
  const Entry& entry = entries_.at(supervisor->second);
  if (!entry.present) return std::nullopt;
  return FoundDirectory{entry.name, supervisor->second};
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
  for (const auto& [at, identity] : waiting_) {
    if (now.steady < at) {
      out.push_back({.kind = Action::Kind::arm_timer, .directory = {}, .at = at});
      return;
    }
    out.push_back({.kind = Action::Kind::start, .directory = {entries_.at(identity).name, identity}});
  }
}

}  // namespace runvisor::core
