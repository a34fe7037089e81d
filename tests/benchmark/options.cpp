#include "options.hpp"

#include <fmt/core.h>
#include <fmt/format.h>
#include <getopt.h>

#include <algorithm>
#include <charconv>
#include <stdexcept>
#include <string_view>

namespace runvisor::benchmark {
namespace {

template <typename Number>
Number number(std::string_view option, std::string_view text, Number least) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < least) {
    throw std::invalid_argument(fmt::format("--{} wants a number from {} on, not '{}'", option, least, text));
  }
  return value;
}

std::chrono::seconds seconds(std::string_view option, std::string_view text) {
  return std::chrono::seconds{number(option, text, 1)};
}

std::vector<int> sizes(std::string_view text) {
  std::vector<int> all;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    all.push_back(number("sizes", text.substr(begin, end - begin), 1));
    begin = end + 1;
  }
  std::sort(all.begin(), all.end());
  return all;
}

Group group(std::string_view word) {
  for (const Group candidate : all_groups()) {
    if (word == group_name(candidate)) {
      return candidate;
    }
  }
  throw std::invalid_argument(fmt::format("no such group of rows: '{}'", word));
}

/// What shows the lead in a few minutes.
void make_quick(Options& options) {
  options.rounds = 2;
  options.sizes = {10, 1000};
  options.idle = std::chrono::seconds{10};
  options.groups = {Group::Floors, Group::Commands, Group::Control, Group::Growth,
                    Group::Idle,   Group::Chpst,    Group::Logger,  Group::Container};
}

}  // namespace

const std::vector<Group>& all_groups() {
  static const std::vector<Group> all{Group::Floors, Group::Commands, Group::Control,   Group::PickUp,
                                      Group::Status, Group::Growth,   Group::Idle,      Group::Dying,
                                      Group::Chpst,  Group::Logger,   Group::Container, Group::Size};
  return all;
}

const char* group_name(Group group) noexcept {
  switch (group) {
    case Group::Floors:
      return "floors";
    case Group::Commands:
      return "commands";
    case Group::Control:
      return "control";
    case Group::PickUp:
      return "pick-up";
    case Group::Status:
      return "status";
    case Group::Growth:
      return "growth";
    case Group::Idle:
      return "idle";
    case Group::Dying:
      return "dying";
    case Group::Chpst:
      return "chpst";
    case Group::Logger:
      return "logger";
    case Group::Container:
      return "container";
    case Group::Size:
      return "size";
  }
  return "";
}

std::string usage(const char* program) {
  std::string groups;
  for (const Group group : all_groups()) {
    groups += fmt::format(" {}", group_name(group));
  }
  return fmt::format(
      "usage: {0} [--ours DIR] [--peer NAME[:FAMILY]=DIR]... [--only GROUP]... [--quick] [--rounds N]\n"
      "       [--sizes N,N...] [--idle SECONDS] [--dying SECONDS] [--directory DIR] [--logs DIR]\n"
      "       [--tini FILE] [--dumb-init FILE] [--phusion DIR] [--json FILE] [--curves DIR]\n"
      "       {0} --compare [--tolerance FACTOR] BEFORE.json AFTER.json\n"
      "groups:{1}\n"
      "families: runvisor runit busybox s6 s6-ready daemontools supervisord\n",
      program, groups);
}

Options parse_options(int argc, char** argv) {
  enum : int {
    kOurs,
    kPeer,
    kOnly,
    kQuick,
    kRounds,
    kSizes,
    kIdle,
    kDying,
    kDirectory,
    kLogs,
    kTini,
    kDumbInit,
    kPhusion,
    kJson,
    kCurves,
    kCompare,
    kTolerance
  };
  static const option kLong[] = {{"ours", required_argument, nullptr, kOurs},
                                 {"peer", required_argument, nullptr, kPeer},
                                 {"only", required_argument, nullptr, kOnly},
                                 {"quick", no_argument, nullptr, kQuick},
                                 {"rounds", required_argument, nullptr, kRounds},
                                 {"sizes", required_argument, nullptr, kSizes},
                                 {"idle", required_argument, nullptr, kIdle},
                                 {"dying", required_argument, nullptr, kDying},
                                 {"directory", required_argument, nullptr, kDirectory},
                                 {"logs", required_argument, nullptr, kLogs},
                                 {"tini", required_argument, nullptr, kTini},
                                 {"dumb-init", required_argument, nullptr, kDumbInit},
                                 {"phusion", required_argument, nullptr, kPhusion},
                                 {"json", required_argument, nullptr, kJson},
                                 {"curves", required_argument, nullptr, kCurves},
                                 {"compare", no_argument, nullptr, kCompare},
                                 {"tolerance", required_argument, nullptr, kTolerance},
                                 {nullptr, 0, nullptr, 0}};
  Options options;
  bool comparing = false;
  std::vector<Group> chosen;
  optind = 0;  // a second call starts afresh
  for (int which = 0; (which = getopt_long(argc, argv, "", kLong, nullptr)) != -1;) {
    switch (which) {
      case kOurs:
        options.ours = std::filesystem::absolute(optarg);
        break;
      case kPeer:
        options.peers.push_back(parse_peer(optarg));
        break;
      case kOnly:
        chosen.push_back(group(optarg));
        break;
      case kQuick:
        make_quick(options);
        break;
      case kRounds:
        options.rounds = number("rounds", optarg, 1);
        break;
      case kSizes:
        options.sizes = sizes(optarg);
        break;
      case kIdle:
        options.idle = seconds("idle", optarg);
        break;
      case kDying:
        options.dying = seconds("dying", optarg);
        break;
      case kDirectory:
        options.directory = optarg;
        break;
      case kLogs:
        options.logs = optarg;
        break;
      case kTini:
        options.tini = std::filesystem::absolute(optarg);
        break;
      case kDumbInit:
        options.dumb_init = std::filesystem::absolute(optarg);
        break;
      case kPhusion:
        options.phusion = std::filesystem::absolute(optarg);
        break;
      case kJson:
        options.json = optarg;
        break;
      case kCurves:
        options.curves = optarg;
        break;
      case kCompare:
        comparing = true;
        break;
      case kTolerance:
        options.tolerance = number("tolerance", optarg, 1.0);
        break;
      default:
        throw std::invalid_argument("wrong option");
    }
  }
  if (argc - optind != (comparing ? 2 : 0)) {
    throw std::invalid_argument(comparing ? "--compare wants two reports" : "only options are wanted");
  }
  if (comparing) {
    options.compared = Reports{argv[optind], argv[optind + 1]};
  }
  if (!chosen.empty()) {
    options.groups = chosen;
  } else if (options.groups.empty()) {
    options.groups = all_groups();
  }
  return options;
}

}  // namespace runvisor::benchmark
