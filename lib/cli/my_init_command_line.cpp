#include "cli/my_init_command_line.hpp"

#include <algorithm>
#include <array>

namespace runvisor::cli {
namespace {

constexpr int kUsage = 2;
constexpr int kNothingToDo = 1;

enum class Word : unsigned char {
  help,
  enable_insecure_key,
  skip_startup_files,
  skip_services,
  no_kill_all_on_exit,
  quiet,
  critical,
  stop_timeout,
  stop_delay,
  log,
};

/// The one table of my_init's options.
struct Row {
  std::string_view name;
  Word word;
  /// What its argument is called, empty if it takes none.
  std::string_view argument;
  std::string_view meaning;
};
constexpr std::array<Row, 10> kRows{{
    {"help", Word::help, "", "show this text and exit"},
    {"enable-insecure-key", Word::enable_insecure_key, "", "install the well-known SSH key"},
    {"skip-startup-files", Word::skip_startup_files, "", "run neither /etc/my_init.d/* nor /etc/rc.local"},
    {"skip-runit", Word::skip_services, "", "start no services"},
    {"no-kill-all-on-exit", Word::no_kill_all_on_exit, "", "leave other processes alone at the end"},
    {"quiet", Word::quiet, "", "print warnings and errors only"},
    {"critical", Word::critical, "NAME", "leave when this service ends (may be given again)"},
    {"stop-timeout", Word::stop_timeout, "SECONDS", "bound on the whole stop"},
    {"stop-delay", Word::stop_delay, "SECONDS", "wait before a requested stop begins"},
    {"log", Word::log, "FORMAT", "show services' output by name: text, json or none"},
}};

std::string usage(std::string_view program) {
  std::string text = "usage: ";
  text += program;
  for (const Row& row : kRows) {
    text += row.word == Word::help ? " [-h | --" : " [--";
    text += row.name;
    if (!row.argument.empty()) text += '=';
    text += row.argument;
    text += ']';
  }
  text += " [--] [COMMAND [ARGUMENT ...]]\n";
  return text;
}

std::string help(std::string_view program) {
  constexpr std::size_t kColumn = 26;
  std::string text = usage(program);
  text += "\nFirst process of a container.\n\n";
  for (const Row& row : kRows) {
    std::string line = "  --";
    line += row.name;
    if (!row.argument.empty()) line += '=';
    line += row.argument;
    line.resize(std::max(line.size() + 2, kColumn), ' ');
    line += row.meaning;
    text += line + '\n';
  }
  return text;
}

/// The option called `name`, or the only one that begins so; none or more of them is an error.
std::variant<const Row*, std::string> find_row(std::string_view name) {
  const Row* found = nullptr;
  for (const Row& row : kRows) {
    if (row.name == name) return &row;
    if (!row.name.starts_with(name)) continue;
    if (found != nullptr) return "ambiguous option: --" + std::string(name);
    found = &row;
  }
  if (found == nullptr) return "unrecognized arguments: --" + std::string(name);
  return found;
}

/// Takes one option's word into account; an error otherwise.
std::optional<std::string> obey(const Row& row, std::string_view argument, MyInitInvocation& invocation) {
  bool is_valid = true;
  switch (row.word) {
    case Word::help:
      break;
    case Word::enable_insecure_key:
      invocation.enable_insecure_key = true;
      break;
    case Word::skip_startup_files:
      invocation.skip_startup_files = true;
      break;
    case Word::skip_services:
      invocation.skip_services = true;
      break;
    case Word::no_kill_all_on_exit:
      invocation.no_kill_all_on_exit = true;
      break;
    case Word::quiet:
      invocation.quiet = true;
      break;
    case Word::critical:
      is_valid = !argument.empty() && argument.find('/') == std::string_view::npos;
      invocation.critical.push_back(argument);
      break;
    case Word::stop_timeout:
      invocation.stop_timeout = parse_seconds(argument);
      is_valid = invocation.stop_timeout.has_value();
      break;
    case Word::stop_delay:
      invocation.stop_delay = parse_seconds(argument);
      is_valid = invocation.stop_delay.has_value();
      break;
    case Word::log:
      invocation.log_format = parse_log_format(argument);
      is_valid = invocation.log_format.has_value();
      break;
  }
  if (is_valid) return std::nullopt;
  return "argument --" + std::string(row.name) + ": invalid value: '" + std::string(argument) + "'";
}

}  // namespace

std::optional<std::chrono::milliseconds> parse_seconds(std::string_view text) noexcept {
  constexpr long kMost = 24L * 60 * 60;
  long seconds = 0;
  long thousandths = 0;
  /// What the next digit is worth, in thousandths; 0 before the point.
  long place = 0;
  bool is_fraction = false;
  bool has_digit = false;
  for (const char c : text) {
    if (c == '.' && !is_fraction) {
      is_fraction = true;
      place = 100;
      continue;
    }
    if (c < '0' || c > '9') return std::nullopt;
    has_digit = true;
    if (is_fraction) {
      thousandths += place * (c - '0');
      place /= 10;
    } else {
      seconds = seconds * 10 + (c - '0');
      if (seconds > kMost) return std::nullopt;
    }
  }
  if (!has_digit) return std::nullopt;
  return std::chrono::seconds{seconds} + std::chrono::milliseconds{thousandths};
}

std::optional<LogFormat> parse_log_format(std::string_view text) noexcept {
  if (text == "text") return LogFormat::text;
  if (text == "json") return LogFormat::json;
  if (text == "none") return LogFormat::none;
  return std::nullopt;
}

std::variant<MyInitInvocation, MyInitReply> parse_my_init(std::span<const char* const> words) {
  const std::string_view program = words.empty() ? "my_init" : words.front();
  const auto error = [program](const std::string& what) {
    return MyInitReply{usage(program) + std::string(program) + ": error: " + what + "\n", kUsage};
  };
  MyInitInvocation invocation;
  std::size_t at = 1;
  for (; at < words.size(); ++at) {
    const std::string_view word = words[at];
    if (word == "--") {
      ++at;
      break;
    }
    if (word == "-h") return MyInitReply{help(program), 0};
    if (!word.starts_with('-') || word == "-") break;
    if (!word.starts_with("--")) return error("unrecognized arguments: " + std::string(word));
    const std::size_t equals = word.find('=');
    const bool has_argument = equals != std::string_view::npos;
    const auto found = find_row(word.substr(2, has_argument ? equals - 2 : equals));
    if (const auto* const wrong = std::get_if<std::string>(&found)) return error(*wrong);
    const Row& row = **std::get_if<const Row*>(&found);
    if (row.word == Word::help) return MyInitReply{help(program), 0};
    std::string_view argument;
    if (has_argument) {
      if (row.argument.empty()) return error("--" + std::string(row.name) + " takes no argument");
      argument = word.substr(equals + 1);
    } else if (!row.argument.empty()) {
      if (at + 1 == words.size()) return error("--" + std::string(row.name) + " needs an argument");
      argument = words[++at];
    }
    if (const auto wrong = obey(row, argument, invocation)) return error(*wrong);
  }
  if (at < words.size()) invocation.command = words.subspan(at);
  if (invocation.skip_services && invocation.command.empty()) {
    return MyInitReply{"*** When --skip-runit is given, you must also pass a main command.\n", kNothingToDo};
  }
  return invocation;
}

}  // namespace runvisor::cli
