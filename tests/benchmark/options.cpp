#include "options.hpp"

#include <fmt/core.h>
#include <getopt.h>

#include <charconv>
#include <iterator>
#include <stdexcept>
#include <string_view>

namespace runvisor::benchmark {
namespace {

int positive(std::string_view option, std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < 1) {
    throw std::invalid_argument(fmt::format("--{} wants a positive number, not '{}'", option, text));
  }
  return value;
}

Group group(std::string_view word) {
  for (const Group candidate : kAllGroups) {
    if (word == group_name(candidate)) {
      return candidate;
    }
  }
  throw std::invalid_argument(fmt::format("no such group of rows: '{}'", word));
}

}  // namespace

const char* group_name(Group group) noexcept {
  switch (group) {
    case Group::Commands:
      return "commands";
    case Group::Control:
      return "control";
    case Group::PickUp:
      return "pick-up";
    case Group::Status:
      return "status";
    case Group::Boot:
      return "boot";
    case Group::Idle:
      return "idle";
    case Group::Dying:
      return "dying";
    case Group::Chpst:
      return "chpst";
    case Group::Logger:
      return "logger";
  }
  return "";
}

std::string usage(const char* program) {
  return fmt::format(
      "usage: {} --original DIR [--ours DIR] [--only GROUP]... [--rounds N] [--services N]\n"
      "       [--idle SECONDS] [--dying SECONDS] [--directory DIR] [--json FILE]\n"
      "       [--logs DIR] [--multilog FILE] [--s6-log FILE] [--busybox FILE]\n"
      "groups: commands control pick-up status boot idle dying chpst logger\n",
      program);
}

Options parse_options(int argc, char** argv) {
  static const option kLong[] = {
      {"ours", required_argument, nullptr, 'o'},     {"original", required_argument, nullptr, 'r'},
      {"only", required_argument, nullptr, 'g'},     {"rounds", required_argument, nullptr, 'n'},
      {"services", required_argument, nullptr, 's'}, {"idle", required_argument, nullptr, 'i'},
      {"dying", required_argument, nullptr, 'd'},    {"directory", required_argument, nullptr, 'w'},
      {"json", required_argument, nullptr, 'j'},     {"logs", required_argument, nullptr, 'l'},
      {"multilog", required_argument, nullptr, 'm'}, {"s6-log", required_argument, nullptr, '6'},
      {"busybox", required_argument, nullptr, 'b'},  {nullptr, 0, nullptr, 0},
  };
  Options options;
  options.ours = RUNVISOR_BENCHMARK_OURS;
  for (int letter = 0; (letter = getopt_long(argc, argv, "", kLong, nullptr)) != -1;) {
    switch (letter) {
      case 'o':
        options.ours = optarg;
        break;
      case 'r':
        options.original = optarg;
        break;
      case 'g':
        options.groups.push_back(group(optarg));
        break;
      case 'n':
        options.rounds = positive("rounds", optarg);
        break;
      case 's':
        options.services = positive("services", optarg);
        break;
      case 'i':
        options.idle = std::chrono::seconds{positive("idle", optarg)};
        break;
      case 'd':
        options.dying = std::chrono::seconds{positive("dying", optarg)};
        break;
      case 'w':
        options.directory = optarg;
        break;
      case 'j':
        options.json = optarg;
        break;
      case 'l':
        options.logs = optarg;
        break;
      case 'm':
        options.multilog = std::filesystem::absolute(optarg);
        break;
      case '6':
        options.s6_log = std::filesystem::absolute(optarg);
        break;
      case 'b':
        options.busybox = std::filesystem::absolute(optarg);
        break;
      default:
        throw std::invalid_argument("wrong option");
    }
  }
  if (options.original.empty() || optind != argc) {
    throw std::invalid_argument("--original DIR is needed, and nothing but options");
  }
  if (options.groups.empty()) {
    options.groups.assign(std::begin(kAllGroups), std::end(kAllGroups));
  }
  for (const auto& folder : {options.ours, options.original}) {
    for (const char* program : {"runsv", "runsvdir", "sv", "chpst", "svlogd"}) {
      if (!std::filesystem::exists(folder / program)) {
        throw std::invalid_argument(fmt::format("{} has no {}", folder.string(), program));
      }
    }
  }
  options.ours = std::filesystem::absolute(options.ours);
  options.original = std::filesystem::absolute(options.original);
  return options;
}

}  // namespace runvisor::benchmark
