#include "cli/sv_command_line.hpp"

#include <algorithm>
#include <cstring>

#include "cli/option_scanner.hpp"

namespace runvisor::cli {
namespace {

SvUsageError usage(std::string_view program, core::Caller caller, std::string text) {
  text += "usage: ";
  text += program;
  switch (caller) {
    case core::Caller::sv:
      text += " [-v] [-w sec] command service ...\n\n";
      break;
    case core::Caller::init_script:
      text += " [-w sec] command\n\n";
      break;
  }
  return {std::move(text), usage_exit_status(caller)};
}

}  // namespace

const char* base_name(const char* path) noexcept {
  const char* slash = std::strrchr(path, '/');
  return slash == nullptr ? path : slash + 1;
}

core::Caller caller_of(std::string_view base_name) noexcept {
  return base_name == "sv" ? core::Caller::sv : core::Caller::init_script;
}

int exit_status(core::Caller caller, int failures) noexcept {
  constexpr int kMost = 99;
  switch (caller) {
    case core::Caller::sv:
      return std::min(failures, kMost);
    case core::Caller::init_script:
      return failures == 0 ? 0 : kInitScriptFailure;
  }
  return kMost;
}

int usage_exit_status(core::Caller caller) noexcept {
  return caller == core::Caller::sv ? 100 : kInitScriptUsage;
}

int fatal_exit_status(core::Caller caller) noexcept { return caller == core::Caller::sv ? 100 : 151; }

std::chrono::seconds parse_wait(std::string_view text) noexcept {
  std::chrono::seconds wait{0};
  for (const char c : text) {
    if (c < '0' || c > '9') break;
    wait = std::min(wait * 10 + std::chrono::seconds{c - '0'}, kLongestWait);
  }
  return wait;
}

bool is_path(std::string_view service) noexcept {
  return service.empty() || service.front() == '/' || service.front() == '.' || service.back() == '/';
}

std::variant<SvInvocation, SvUsageError> parse_sv(std::span<const char* const> words,
                                                  const SvEnvironment& environment,
                                                  std::string_view default_service_directory) {
  static constexpr std::array<const char*, 1> kNameless{"sv"};
  if (words.empty()) words = kNameless;
  const char* const program = base_name(words.front());
  SvInvocation invocation;
  invocation.caller = caller_of(program);
  invocation.service_directory = environment.svdir != nullptr ? environment.svdir : default_service_directory;
  invocation.wait = environment.svwait != nullptr ? parse_wait(environment.svwait) : kDefaultWait;

  OptionScanner options{words.subspan(1), "vw:V"};
  while (const auto option = options.next()) {
    switch (option->letter) {
      case 'w':
        invocation.wait = parse_wait(option->argument);
        invocation.reports = true;
        break;
      case 'v':
        invocation.reports = true;
        break;
      default:
        return usage(program, invocation.caller, "runvisor " RUNVISOR_VERSION "\n");
    }
  }
  if (options.error()) return usage(program, invocation.caller, message(program, *options.error()));

  const auto rest = options.rest();
  if (rest.empty()) return usage(program, invocation.caller, {});
  const auto request = core::find_request(rest.front(), invocation.caller);
  if (!request) return usage(program, invocation.caller, {});
  invocation.request = *request;
  invocation.reports = invocation.reports || request->reports;
  switch (invocation.caller) {
    case core::Caller::sv:
      invocation.services.assign(rest.begin() + 1, rest.end());
      if (invocation.services.empty()) return usage(program, invocation.caller, {});
      break;
    case core::Caller::init_script:
      invocation.services.push_back(program);
      break;
  }
  return invocation;
}

}  // namespace runvisor::cli
