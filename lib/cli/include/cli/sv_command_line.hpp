#pragma once

#include <chrono>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/request.hpp"

namespace runvisor::cli {

/// What sv has been told to do.
struct SvInvocation {
  core::Caller caller = core::Caller::sv;
  core::Request request;
  /// Wait for the request's effect and report it.
  bool reports = false;
  /// How long to wait for it.
  std::chrono::seconds wait{0};
  /// Where services are looked up whose names are no paths.
  std::string_view service_directory;
  /// The services, as given.
  std::vector<const char*> services;
};

/// A command line that sv does not take: what to print on stderr and how to exit.
struct SvUsageError {
  std::string text;
  int exit_status = 0;
};

/// The variables that sv reads; null for those that are not set.
struct SvEnvironment {
  const char* svdir = nullptr;
  const char* svwait = nullptr;
};

/// The time sv waits for an effect when it is told nothing else.
inline constexpr std::chrono::seconds kDefaultWait{7};

/// Exit statuses of an init script asked for `status`, of its other failures, and of wrong usage. Source:
/// sv(8).
inline constexpr int kInitScriptFailure = 1;
inline constexpr int kInitScriptUsage = 2;
inline constexpr int kInitScriptDown = 3;
inline constexpr int kInitScriptUnknown = 4;

/// The exit status after `failures` errors: their number, at most 99; for an init script just 1.
[[nodiscard]] int exit_status(core::Caller caller, int failures) noexcept;

/// The exit status of wrong usage, and of running out of something.
[[nodiscard]] int usage_exit_status(core::Caller caller) noexcept;
[[nodiscard]] int fatal_exit_status(core::Caller caller) noexcept;

/// Who called: sv, unless the program's name without its folders is another one, which then is the service.
[[nodiscard]] core::Caller caller_of(std::string_view base_name) noexcept;

/// A path without its folders.
[[nodiscard]] const char* base_name(const char* path) noexcept;

/// Reads sv's command line, the program's name first. The result refers to the words and the environment
/// given.
[[nodiscard]] std::variant<SvInvocation, SvUsageError> parse_sv(std::span<const char* const> words,
                                                                const SvEnvironment& environment,
                                                                std::string_view default_service_directory);

/// The number at the beginning of `text`, 0 if there is none, at most kLongestWait. Source: runit 2.1.2.
[[nodiscard]] std::chrono::seconds parse_wait(std::string_view text) noexcept;
inline constexpr std::chrono::seconds kLongestWait{10L * 366 * 24 * 3600};

/// Whether a service's name is a path: it begins with `/` or `.` or ends with `/`, or is empty.
[[nodiscard]] bool is_path(std::string_view service) noexcept;

}  // namespace runvisor::cli
