#include "newcomers.hpp"

#include <utility>
#include <vector>

namespace runvisor::runsvdir {
namespace {

constexpr std::chrono::milliseconds kBetweenLooks{50};
/// Long enough for a copy on a busy machine to come to its next file.
constexpr std::chrono::milliseconds kQuiet{250};
constexpr std::chrono::seconds kLongestWait{5};

bool same(const timespec& a, const timespec& b) noexcept {
  return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

}  // namespace

bool Newcomers::Sight::operator==(const Sight& other) const noexcept {
  return same(directory_changed, other.directory_changed) && same(run_changed, other.run_changed) &&
         run_size == other.run_size;
}

Newcomers::Newcomers(sys::System& system, event::Loop& loop, const ScanDirectory& directory,
                     std::function<void(const std::string&)> ready)
    : system_(system),
      directory_(directory),
      ready_(std::move(ready)),
      timer_(loop, [this] { look_at_all(); }) {}

void Newcomers::add(const std::string& name) {
  const core::SteadyTime now = system_.now().steady;
  if (newcomers_.empty()) timer_.arm(now + kBetweenLooks);
  newcomers_.insert_or_assign(name, Newcomer{now, look(name), now});
}

std::optional<Newcomers::Sight> Newcomers::look(const std::string& name) {
  const auto directory = system_.status(directory_.descriptor(), name.c_str(), 0);
  const auto run = system_.status(directory_.descriptor(), (name + "/run").c_str(), 0);
  if (!directory || !run) return std::nullopt;
  return Sight{directory->st_ctim, run->st_ctim, run->st_size};
}

void Newcomers::look_at_all() {
  const core::SteadyTime now = system_.now().steady;
  std::vector<std::string> ready;
  for (auto& [name, newcomer] : newcomers_) {
    const auto sight = look(name);
    if (!sight || !newcomer.seen || *sight != *newcomer.seen) {
      newcomer.seen = sight;
      newcomer.unchanged_since = now;
    }
    const bool settled = sight && now - newcomer.unchanged_since >= kQuiet;
    if (settled || now - newcomer.since >= kLongestWait) ready.push_back(name);
  }
  for (const std::string& name : ready) newcomers_.erase(name);
  if (!newcomers_.empty()) timer_.arm(now + kBetweenLooks);
  for (const std::string& name : ready) ready_(name);
}

}  // namespace runvisor::runsvdir
