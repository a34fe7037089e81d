// runsvchdir: has `current`, which the scan directory of runsvdir is a link to, lead to another directory.

#include <fcntl.h>
#include <fmt/compile.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string>
#include <string_view>

#include "sys/kernel_calls.hpp"
#include "sys/output.hpp"
#include "sys/result.hpp"
#include "sys/standard_descriptors.hpp"

namespace {

using namespace runvisor;

constexpr int kUsage = 1;
constexpr int kFatal = 111;

constexpr const char* kDirectories = "/etc/runit/runsvdir";
constexpr const char* kCurrent = "current";
constexpr const char* kPrevious = "previous";
constexpr const char* kNew = "current.new";

void tell(int fd, const std::string& line) { [[maybe_unused]] const auto written = sys::write_all(fd, line); }

/// Tells what has failed, and why.
class Fatal {
 public:
  explicit Fatal(const char* program) : program_(program) {}

  int operator()(const std::string& what) const {
    tell(STDERR_FILENO, fmt::format(FMT_COMPILE("{}: fatal: {}\n"), program_, what));
    return kFatal;
  }
  int operator()(const std::string& what, sys::Error error) const {
    return (*this)(fmt::format(FMT_COMPILE("{}: {}"), what, sys::words(error)));
  }

 private:
  const char* program_;
};

/// Puts `current.new` in the place of `current`, which becomes `previous`. A file system that can exchange
/// two names never has a moment without `current`; elsewhere there is a short one.
int take_over(const char* directory, const Fatal& fatal) {
  if (sys::rename_in(AT_FDCWD, kNew, kCurrent, RENAME_EXCHANGE) == 0) {
    if (::rename(kNew, kPrevious) == 0) return EXIT_SUCCESS;
    const sys::Error error = sys::last_error();
    if (sys::rename_in(AT_FDCWD, kNew, kCurrent, RENAME_EXCHANGE) == 0) ::unlink(kNew);
    return fatal("unable to copy: current to previous", error);
  }
  if (errno != EINVAL && errno != ENOSYS) {
    const sys::Error error = sys::last_error();
    ::unlink(kNew);
    return fatal(std::string("unable to move: current.new to ") + directory, error);
  }
  if (::rename(kCurrent, kPrevious) == -1) {
    return fatal("unable to copy: current to previous", sys::last_error());
  }
  if (::rename(kNew, kCurrent) == -1) {
    const sys::Error error = sys::last_error();
    if (::rename(kPrevious, kCurrent) == -1) {
      fatal("unable to move previous back to current", sys::last_error());
    }
    return fatal(std::string("unable to move: current.new to ") + directory, error);
  }
  return EXIT_SUCCESS;
}

/// A directory cannot give way to a link.
bool is_directory(const char* name) {
  struct stat found {};
  return ::lstat(name, &found) == 0 && S_ISDIR(found.st_mode);
}

int change(const char* directory, const Fatal& fatal) {
  if (directory[0] == '.') return fatal(std::string(directory) + ": must not start with a dot.");
  const char* place = std::getenv("RUNSVDIR");
  if (place == nullptr || *place == '\0') place = kDirectories;
  if (::chdir(place) == -1) return fatal(std::string("unable to chdir: ") + place, sys::last_error());

  struct stat wanted {};
  if (::stat(directory, &wanted) == -1) return fatal(directory, sys::last_error());
  if (!S_ISDIR(wanted.st_mode)) return fatal(std::string(directory) + ": not a directory.");
  struct stat current {};
  if (::stat(kCurrent, &current) == -1) return fatal("unable to stat: current", sys::last_error());
  if (wanted.st_dev == current.st_dev && wanted.st_ino == current.st_ino) {
    tell(STDOUT_FILENO, fmt::format(FMT_COMPILE("runsvchdir: {}: current.\n"), directory));
    return EXIT_SUCCESS;
  }

  if (::unlink(kNew) == -1 && errno != ENOENT) {
    return fatal(std::string("unable to unlink: ") + kNew, sys::last_error());
  }
  if (is_directory(kPrevious)) {
    return fatal(std::string("unable to unlink: ") + kPrevious, sys::Error{EISDIR});
  }
  if (::symlink(directory, kNew) == -1) {
    return fatal(std::string("unable to create: current.new -> ") + directory, sys::last_error());
  }
  if (const int failed = take_over(directory, fatal)) return failed;
  tell(STDOUT_FILENO, fmt::format(FMT_COMPILE("runsvchdir: {}: now current.\n"), directory));
  return EXIT_SUCCESS;
}

}  // namespace

int main(int argc, char** argv) {
  sys::open_standard_descriptors();
  const char* const program = argc > 0 ? argv[0] : "runsvchdir";
  if (argc < 2) {
    tell(STDERR_FILENO, fmt::format(FMT_COMPILE("usage: {} dir\n\n"), program));
    return kUsage;
  }
  return change(argv[1], Fatal(program));
}
