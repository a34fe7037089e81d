#include "cli/chpst_command_line.hpp"

#include <algorithm>

#include "cli/option_scanner.hpp"
#include "cli/sv_command_line.hpp"
#include "core/number.hpp"

namespace runvisor::cli {
namespace {

using core::Resource;

constexpr std::string_view kUsage =
    " [-vVP012] [-u user[:group]] [-U user[:group]] [-b argv0] [-e dir] [-/ root] [-C pwd] [-n nice]"
    " [-l|-L lock] [-m n] [-d n] [-o n] [-p n] [-f n] [-c n] [-t n] prog";
constexpr std::string_view kSetlockUsage = " [ -nNxX ] file program [ arg ... ]";
constexpr std::string_view kSoftlimitUsage =
    " [-a allbytes] [-c corebytes] [-d databytes] [-f filebytes] [-l lockbytes] [-m membytes]"
    " [-o openfiles] [-p processes] [-r residentbytes] [-s stackbytes] [-t cpusecs] child";

/// What stands for the long options, which have no letters.
enum LongLetter : char {
  kInitGroups = 1,
  kUmask,
  kOom,
  kIoScheduler,
  kCpuScheduler,
  kCapsKeep,
  kCapsDrop,
  kBoundingKeep,
  kBoundingDrop,
  kNoNewPrivs,
};

/// The options beyond runit's. Those that xchpst has, too, are called as there.
constexpr LongOption kLongOptions[] = {
    {"init-groups", false, kInitGroups},
    {"umask", true, kUmask},
    {"oom", true, kOom},
    {"io-scheduler", true, kIoScheduler},
    {"cpu-scheduler", true, kCpuScheduler},
    {"caps-keep", true, kCapsKeep},
    {"caps-drop", true, kCapsDrop},
    {"caps-bs-keep", true, kBoundingKeep},
    {"caps-bs-drop", true, kBoundingDrop},
    {"cap-bs-keep", true, kBoundingKeep},
    {"cap-bs-drop", true, kBoundingDrop},
    {"no-new-privs", false, kNoNewPrivs},
};

ChpstUsageError usage(std::string_view name, std::string_view syntax, std::string text = {}) {
  text += "usage: ";
  text += name;
  text += syntax;
  text += "\n\n";
  return {std::move(text)};
}

/// The options of one command line, while they are being read.
class Options {
 public:
  explicit Options(ChpstInvocation& invocation) noexcept : chpst_(invocation) {}

  /// Takes an option. False if its argument is not valid, or may not come again.
  [[nodiscard]] bool take(char letter, std::string_view argument) {
    switch (letter) {
      case 'u':
        chpst_.account = AccountArgument{argument};
        return true;
      case 'U':
        chpst_.environment_account = AccountArgument{argument};
        return true;
      case 'b':
        chpst_.argv0 = argument.data();
        return true;
      case 'e':
        chpst_.variables = argument.data();
        return true;
      case '/':
        chpst_.root = argument.data();
        return true;
      case 'C':
        chpst_.directory = argument.data();
        return true;
      case 'n':
        return set(chpst_.nice, core::parse_signed(argument, kMostNice));
      case 'l':
      case 'L':
        if (chpst_.lock) return false;
        chpst_.lock = LockArgument{argument.data(), letter == 'l', false};
        return true;
      case 'm':
        return limit({Resource::data, Resource::stack, Resource::locked_memory, Resource::address_space},
                     argument);
      case 'd':
        return limit({Resource::data}, argument);
      case 'o':
        return limit({Resource::open_files}, argument);
      case 'p':
        return limit({Resource::processes}, argument);
      case 'f':
        return limit({Resource::file_size}, argument);
      case 'c':
        return limit({Resource::core_size}, argument);
      case 'r':
        return limit({Resource::resident_memory}, argument);
      case 't':
        return limit({Resource::cpu_time}, argument);
      case 'v':
        chpst_.verbose = true;
        return true;
      case 'P':
        chpst_.new_session = true;
        return true;
      case '0':
      case '1':
      case '2':
        chpst_.closes[static_cast<std::size_t>(letter - '0')] = true;
        return true;
      case kInitGroups:
        chpst_.all_groups = true;
        return true;
      case kUmask:
        return set(chpst_.file_mode_mask, parse_file_mode_mask(argument));
      case kOom:
        return set(chpst_.oom_score, parse_oom_score(argument));
      case kIoScheduler:
        return set(chpst_.io_priority, parse_io_priority(argument));
      case kCpuScheduler:
        return set(chpst_.scheduling, parse_scheduling(argument));
      case kCapsKeep:
      case kCapsDrop:
        return capabilities(chpst_.capabilities, letter == kCapsKeep, argument);
      case kBoundingKeep:
      case kBoundingDrop:
        return capabilities(chpst_.bounding_set, letter == kBoundingKeep, argument);
      case kNoNewPrivs:
        chpst_.no_new_privileges = true;
        return true;
      default:
        return false;
    }
  }

  /// Whether the options go together.
  [[nodiscard]] bool are_consistent() const {
    const bool names_a_user = chpst_.account && !chpst_.account->text.starts_with(':');
    return !chpst_.all_groups || names_a_user;
  }

 private:
  /// More than the whole range of nice values.
  static constexpr int kMostNice = 100;

  template <typename T>
  [[nodiscard]] static bool set(std::optional<T>& field, const std::optional<T>& value) {
    if (value) field = value;
    return value.has_value();
  }

  [[nodiscard]] bool limit(std::initializer_list<Resource> resources, std::string_view argument) {
    const auto limit = parse_limit(argument);
    if (!limit) return false;
    for (const Resource resource : resources) chpst_.limits[resource] = *limit;
    return true;
  }

  /// Only one list of a kind makes sense.
  [[nodiscard]] static bool capabilities(std::optional<CapabilityArgument>& field, bool keeps,
                                         std::string_view names) {
    const auto set = core::parse_capabilities(names);
    if (!set || field) return false;
    field = CapabilityArgument{*set, keeps};
    return true;
  }

  ChpstInvocation& chpst_;
};

using Parsed = std::variant<ChpstInvocation, ChpstUsageError>;
using Words = std::span<const char* const>;

Parsed parse_chpst_itself(std::string_view called, std::string_view name, Words words) {
  ChpstInvocation invocation;
  Options options{invocation};
  OptionScanner scanner{words, "u:U:b:e:m:d:o:p:f:c:r:t:/:C:n:l:L:vP012V", kLongOptions};
  while (const auto option = scanner.next()) {
    if (option->letter == 'V') return usage(name, kUsage, "runvisor " RUNVISOR_VERSION "\n");
    if (options.take(option->letter, option->argument)) continue;
    std::string text;
    if (!option->name.empty()) {
      ((text += called) += ": invalid argument -- ") += option->name;
      text += '\n';
    }
    return usage(name, kUsage, std::move(text));
  }
  if (scanner.error()) return usage(name, kUsage, message(called, *scanner.error()));
  invocation.program = scanner.rest();
  if (invocation.program.empty() || !options.are_consistent()) return usage(name, kUsage);
  return invocation;
}

Parsed parse_envdir(std::string_view name, Words words) {
  if (words.size() < 2) return usage(name, " dir child");
  ChpstInvocation invocation;
  invocation.variables = words[0];
  invocation.variables_are_strict = true;
  invocation.program = words.subspan(1);
  return invocation;
}

Parsed parse_account_and_program(std::string_view name, Words words,
                                 std::optional<AccountArgument> ChpstInvocation::*account) {
  if (words.size() < 2) return usage(name, " account child");
  ChpstInvocation invocation;
  invocation.*account = AccountArgument{words[0], true};
  invocation.program = words.subspan(1);
  return invocation;
}

Parsed parse_pgrphack(std::string_view name, Words words) {
  if (words.empty()) return usage(name, " child");
  ChpstInvocation invocation;
  invocation.new_session = true;
  invocation.program = words;
  return invocation;
}

Parsed parse_setlock(std::string_view called, std::string_view name, Words words) {
  // daemontools waits by default and takes -n for not waiting; runit does the opposite, and scripts rely on
  // it.
  LockArgument lock{nullptr, false, false};
  OptionScanner scanner{words, "nNxX"};
  while (const auto option = scanner.next()) {
    if (option->letter == 'n' || option->letter == 'N') lock.waits = option->letter == 'n';
    if (option->letter == 'x' || option->letter == 'X') lock.fails_silently = option->letter == 'x';
  }
  if (scanner.error()) return usage(name, kSetlockUsage, message(called, *scanner.error()));
  const Words rest = scanner.rest();
  if (rest.size() < 2) return usage(name, kSetlockUsage);
  lock.file = rest[0];
  ChpstInvocation invocation;
  invocation.lock = lock;
  invocation.program = rest.subspan(1);
  return invocation;
}

std::optional<Resource> softlimit_resource(char letter) noexcept {
  switch (letter) {
    case 'a':
      return Resource::address_space;
    case 'c':
      return Resource::core_size;
    case 'd':
      return Resource::data;
    case 'f':
      return Resource::file_size;
    case 'l':
      return Resource::locked_memory;
    case 'o':
      return Resource::open_files;
    case 'p':
      return Resource::processes;
    case 'r':
      return Resource::resident_memory;
    case 's':
      return Resource::stack;
    case 't':
      return Resource::cpu_time;
    default:
      return std::nullopt;
  }
}

Parsed parse_softlimit(std::string_view called, std::string_view name, Words words) {
  ChpstInvocation invocation;
  OptionScanner scanner{words, "a:c:d:f:l:m:o:p:r:s:t:"};
  while (const auto option = scanner.next()) {
    const auto limit = parse_soft_limit(option->argument);
    // For a bad number, runit's softlimit prints the usage of chpst.
    if (!limit) return usage(name, kUsage);
    if (const auto resource = softlimit_resource(option->letter)) {
      invocation.limits[*resource] = *limit;
    } else {
      for (const Resource memory :
           {Resource::data, Resource::stack, Resource::locked_memory, Resource::address_space}) {
        invocation.limits[memory] = *limit;
      }
    }
  }
  if (scanner.error()) return usage(name, kSoftlimitUsage, message(called, *scanner.error()));
  invocation.program = scanner.rest();
  if (invocation.program.empty()) return usage(name, kSoftlimitUsage);
  return invocation;
}

}  // namespace

std::variant<ChpstInvocation, ChpstUsageError> parse_chpst(Words words) {
  static constexpr std::array<const char*, 1> kNameless{"chpst"};
  if (words.empty()) words = kNameless;
  const std::string_view called = base_name(words.front());
  std::string_view name = called;
  if (name.starts_with('d')) name.remove_prefix(1);
  words = words.subspan(1);
  if (name == "setuidgid") return parse_account_and_program(name, words, &ChpstInvocation::account);
  if (name == "envuidgid") {
    return parse_account_and_program(name, words, &ChpstInvocation::environment_account);
  }
  if (name == "envdir") return parse_envdir(name, words);
  if (name == "pgrphack") return parse_pgrphack(name, words);
  if (name == "setlock") return parse_setlock(called, name, words);
  if (name == "softlimit") return parse_softlimit(called, name, words);
  return parse_chpst_itself(called, name, words);
}

}  // namespace runvisor::cli
