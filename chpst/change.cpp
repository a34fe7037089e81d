#include "change.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string>
#include <vector>

#include "core/environment.hpp"
#include "diagnostics.hpp"
#include "identity.hpp"
#include "scheduling.hpp"
#include "sys/execute.hpp"
#include "sys/limits.hpp"
#include "sys/privileges.hpp"
#include "sys/variable_directory.hpp"

namespace runvisor::chpst {
namespace {

/// Where programs are looked for without PATH. Source: the behaviour of runit 2.1.2.
constexpr const char* kDefaultPath = "/bin:/usr/bin";

std::string_view step_of(const sys::VariableFailure& failure) {
  switch (failure.step) {
    case sys::VariableFailure::Step::enter:
      return "switch to directory";
    case sys::VariableFailure::Step::open:
      return "open directory";
    case sys::VariableFailure::Step::list:
      return "read directory";
    case sys::VariableFailure::Step::read:
      return "read ";
  }
  return {};
}

/// `unable to read DIRECTORY/FILE`, without a colon between as in the original.
std::string unable_to_read(const char* directory, const std::string& file) {
  return std::string{"unable to read "} + directory + '/' + file;
}

std::vector<core::VariableChange> read_variables(const cli::ChpstInvocation& invocation) {
  const char* const directory = invocation.variables;
  auto found = sys::read_variables(directory);
  if (!found) {
    const sys::VariableFailure& failure = found.error();
    if (failure.step == sys::VariableFailure::Step::read) {
      die(unable_to_read(directory, failure.file), {}, failure.error);
    }
    die_unable_to(step_of(failure), directory, failure.error);
  }
  constexpr sys::Error kIsDirectory{EISDIR};
  for (const std::string& name : found->directories) {
    if (invocation.variables_are_strict) die(unable_to_read(directory, name), {}, kIsDirectory);
    if (invocation.verbose) warn(unable_to_read(directory, name), {}, kIsDirectory);
  }
  return std::move(found->changes);
}

void change_root(const char* root) {
  if (::chdir(root) == -1) die_unable_to("change directory", root, sys::last_error());
  if (::chroot(".") == -1) die_unable_to("change root directory", {}, sys::last_error());
}

/// Adds to the nice value. -1 is a value as well, so only errno tells.
void change_nice(int increment) {
  errno = 0;
  if (::nice(increment) == -1 && errno != 0) die_unable_to("set nice level", {}, sys::last_error());
}

/// Whether what goes wrong with the lock or the program is neither told nor a failure, as for `setlock -x`.
bool fails_silently(const cli::ChpstInvocation& invocation) {
  return invocation.lock && invocation.lock->fails_silently;
}

/// Takes the lock, on a descriptor that stays open in the program and is none of the standard ones.
void take_lock(const cli::LockArgument& lock) {
  const auto fail = [&lock](std::string_view step) {
    if (lock.fails_silently) ::_exit(0);
    die_unable_to(step, lock.file, sys::last_error());
  };
  int fd = ::open(lock.file, O_WRONLY | O_CREAT | O_APPEND | O_NONBLOCK, 0600);
  if (fd != -1 && fd <= STDERR_FILENO) {
    const int standard = fd;
    fd = ::fcntl(standard, F_DUPFD, STDERR_FILENO + 1);
    ::close(standard);
  }
  if (fd == -1) fail("open lock");
  if (::flock(fd, LOCK_EX | (lock.waits ? 0 : LOCK_NB)) == -1) fail("lock");
}

void close_standard_descriptors(const std::array<bool, 3>& closes) {
  static constexpr std::array<std::string_view, 3> kSteps{"close stdin", "close stdout", "close stderr"};
  for (std::size_t fd = 0; fd < closes.size(); ++fd) {
    if (closes[fd]) require(sys::outcome(kSteps[fd], ::close(static_cast<int>(fd))));
  }
}

/// Late, so that they do not hinder what comes before: a number of open files the lock, a number of processes
/// the change to a user who has more.
void set_limits(const core::Limits& limits) {
  for (const core::Resource resource : core::kResources) {
    const core::Limit& limit = limits[resource];
    if (limit.soft || limit.hard) require(sys::set_limit(resource, limit));
  }
}

/// What exec is given.
struct Program {
  std::vector<char*> words;
  std::vector<char*> variables;
};

/// Puts together what the program gets, before memory may be limited.
Program prepare(const cli::ChpstInvocation& invocation, std::vector<core::VariableChange>& changes) {
  // exec takes the words for changeable and leaves them as they are.
  char* const* const words = const_cast<char* const*>(invocation.program.data());
  Program program{{words, words + invocation.program.size() + 1},
                  core::changed_environment(environ, changes)};
  if (invocation.argv0 != nullptr) program.words.front() = const_cast<char*>(invocation.argv0);
  return program;
}

[[noreturn]] void run(const cli::ChpstInvocation& invocation, const Program& program) {
  const char* const file = invocation.program.front();
  const char* const path = std::getenv("PATH");
  const sys::Error error = sys::execute(file, program.words.data(), program.variables.data(),
                                        path != nullptr ? path : kDefaultPath);
  if (fails_silently(invocation)) ::_exit(0);
  die_unable_to("run", file, error);
}

}  // namespace

void change_and_run(const cli::ChpstInvocation& invocation) {
  std::vector<core::VariableChange> changes;
  // It fails for the leader of a process group, which needs no new one.
  if (invocation.new_session) ::setsid();
  set_scheduling(invocation);
  if (invocation.variables != nullptr) changes = read_variables(invocation);
  if (invocation.root != nullptr) change_root(invocation.root);
  if (invocation.directory != nullptr && ::chdir(invocation.directory) == -1) {
    die_unable_to("change directory", invocation.directory, sys::last_error());
  }
  if (invocation.nice) change_nice(*invocation.nice);
  if (invocation.environment_account) export_account(look_up(*invocation.environment_account), changes);
  take_identity(invocation);
  if (invocation.file_mode_mask) ::umask(*invocation.file_mode_mask);
  if (invocation.lock) take_lock(*invocation.lock);
  const Program program = prepare(invocation, changes);
  close_standard_descriptors(invocation.closes);
  set_limits(invocation.limits);
  if (invocation.no_new_privileges) require(sys::refuse_new_privileges());
  run(invocation, program);
}

}  // namespace runvisor::chpst
