#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace runvisor::cli {

/// How the output of services without a log service is shown.
enum class LogFormat : unsigned char { none, text, json };

/// What my_init has been told to do.
struct MyInitInvocation {
  bool enable_insecure_key = false;
  bool skip_startup_files = false;
  bool skip_services = false;
  bool no_kill_all_on_exit = false;
  bool quiet = false;
  std::vector<std::string_view> critical;
  std::optional<std::chrono::milliseconds> stop_timeout;
  std::optional<std::chrono::milliseconds> stop_delay;
  std::optional<LogFormat> log_format;
  std::span<const char* const> command;
};

/// What my_init prints in place of running, and its exit status then: to standard output if that is 0.
struct MyInitReply {
  std::string text;
  int status = 0;
};

/// Reads my_init's command line, the program's name first. Long options may be abbreviated as long as they
/// are told apart; the first word that is no option begins the command. The result refers to the words given.
/// Source: phusion's README, and the behaviour of its my_init.
[[nodiscard]] std::variant<MyInitInvocation, MyInitReply> parse_my_init(std::span<const char* const> words);

/// A number of seconds, with a fraction or not; none if `text` is none, or more than a day.
[[nodiscard]] std::optional<std::chrono::milliseconds> parse_seconds(std::string_view text) noexcept;

/// `text`, `json` or `none`; none if it is something else.
[[nodiscard]] std::optional<LogFormat> parse_log_format(std::string_view text) noexcept;

}  // namespace runvisor::cli
