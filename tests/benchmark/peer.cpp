#include "peer.hpp"

#include <fmt/core.h>

#include <array>
#include <stdexcept>

namespace runvisor::benchmark {
namespace {

const std::vector<const char*> kRunitPrograms{"runsv", "runsvdir", "sv", "chpst", "svlogd"};
const std::vector<const char*> kS6Programs{"s6-svscan", "s6-supervise", "s6-svscanctl",
                                           "s6-svc",    "s6-svstat",    "s6-log",
                                           "s6-envdir", "s6-softlimit", "s6-setuidgid"};

const std::array<FamilyTraits, 7> kFamilies{{
    {Family::Runvisor, "runvisor", true, true, false, kNoLimit, kRunitPrograms},
    {Family::Runit, "runit", true, true, true, 1000, kRunitPrograms},
    {Family::Busybox, "busybox", true, true, true, 1000, kRunitPrograms},
    {Family::S6, "s6", true, true, false, kNoLimit, kS6Programs},
    {Family::S6Ready, "s6-ready", true, true, false, 1000, kS6Programs},
    {Family::Daemontools,
     "daemontools",
     true,
     true,
     true,
     1000,
     {"svscan", "supervise", "svc", "svstat", "multilog", "envdir", "softlimit", "setuidgid"}},
    {Family::Supervisord, "supervisord", false, false, false, 500, {"supervisord", "supervisorctl"}},
}};

Family family_named(std::string_view word) {
  for (const auto& traits : kFamilies) {
    if (word == traits.word) {
      return traits.family;
    }
  }
  throw std::invalid_argument(fmt::format("no such family of peers: '{}'", word));
}

}  // namespace

const FamilyTraits& traits_of(Family family) {
  for (const auto& traits : kFamilies) {
    if (traits.family == family) {
      return traits;
    }
  }
  throw std::logic_error("a family without traits");
}

Peer parse_peer(std::string_view text) {
  const auto equals = text.find('=');
  if (equals == std::string_view::npos || equals == 0 || equals + 1 == text.size()) {
    throw std::invalid_argument(fmt::format("a peer is NAME=DIR or NAME:FAMILY=DIR, not '{}'", text));
  }
  const std::string_view who = text.substr(0, equals);
  const auto colon = who.find(':');
  const std::string_view name = who.substr(0, colon);
  const std::string_view family = colon == std::string_view::npos ? name : who.substr(colon + 1);
  return {std::string{name}, family_named(family), std::filesystem::absolute(text.substr(equals + 1))};
}

void require_programs(const Peer& peer) {
  for (const char* program : traits_of(peer.family).programs) {
    if (!std::filesystem::exists(peer.programs / program)) {
      throw std::invalid_argument(
          fmt::format("{}: {} has no {}", peer.name, peer.programs.string(), program));
    }
  }
}

}  // namespace runvisor::benchmark
