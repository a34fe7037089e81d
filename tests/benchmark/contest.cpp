#include <fmt/core.h>

#include "rows.hpp"

namespace runvisor::benchmark {

Role Context::role_of(const Peer& peer) const {
  if (peer.name == ours().name) {
    return Role::Ours;
  }
  if (peer.family == Family::Runvisor) {
    return Role::Again;
  }
  return traits_of(peer.family).supervisor_per_service ? Role::Each : Role::One;
}

Contest::Contest(const Context& context, const std::string& name, int services, ServiceKind kind,
                 bool (*passes)(const FamilyTraits&))
    : context_(context) {
  for (const Peer& peer : context.peers) {
    if (!passes(traits_of(peer.family))) {
      continue;
    }
    crowds_.push_back(make_crowd(peer, context.folder / fmt::format("{}-{}", name, peer.name)));
    Crowd& crowd = *crowds_.back();
    crowd.add_services(services, kind);
    crowd.start();
    if (kind == ServiceKind::Reporting) {
      crowd.await_start();
    }
  }
}

std::vector<double>& Contest::samples_in(Row& row, const Crowd& crowd) const {
  return row.of(crowd.peer().name, context_.role_of(crowd.peer()));
}

void Contest::end() {
  for (auto& crowd : crowds_) {
    crowd->begin_end();
  }
  reap_all(std::chrono::seconds{120});
}

}  // namespace runvisor::benchmark
