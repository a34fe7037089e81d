// my_init-log: shows the output of services by name, and stands before runsv to get hold of it.
//
//   my_init-log collect text|json   shows what comes from the pipes that it is sent through descriptor 3, and
//                                   answers there
//   my_init-log start PROGRAM ...   runs the supervisor so that it finds this program as `runsv`
//   runsv NAME                      sends a pipe for the service's output, and becomes the real runsv

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <span>
#include <string>
#include <string_view>

#include "log_sink.hpp"
#include "sys/descriptor_passing.hpp"
#include "sys/output.hpp"
#include "sys/result.hpp"
#include "sys/system.hpp"

namespace {

using namespace runvisor;

constexpr int kUsage = 100;
constexpr int kFailure = 111;
constexpr int kSocket = 3;
/// Tells the program called `runsv` that the socket is there, and in which folder of PATH it has been found.
constexpr const char* kMark = "MY_INIT_LOG_FOLDER";

int die(std::string_view what, sys::Error error) {
  std::string line = "my_init-log: fatal: ";
  line += what;
  line += ": ";
  line += sys::words(error);
  line += '\n';
  (void)sys::write_all(STDERR_FILENO, line);
  return kFailure;
}

std::string path_variable() {
  const char* const path = std::getenv("PATH");
  return path != nullptr ? path : "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
}

int start(const std::string& folder, char** argv) {
  // NOLINTBEGIN(concurrency-mt-unsafe): there is one thread.
  ::setenv("PATH", (folder + ':' + path_variable()).c_str(), 1);
  ::setenv(kMark, folder.c_str(), 1);
  // NOLINTEND(concurrency-mt-unsafe)
  ::execvp(argv[0], argv);
  const sys::Error error = sys::last_error();
  (void)die(argv[0], error);
  return 127;
}

/// Sends the reading end of a new pipe, and puts the other one in the place of `fd`. A service whose output
/// cannot be taken keeps the one it has.
void hand_over(int fd, std::string_view name) {
  auto pipe = sys::operating_system().make_pipe();
  if (!pipe) return;
  // One byte tells which of the two outputs it is.
  const std::string message = (fd == STDOUT_FILENO ? 'o' : 'e') + std::string(name);
  if (sys::send_descriptor(kSocket, message, pipe->read_end.get())) (void)::dup2(pipe->write_end.get(), fd);
}

int become_runsv(char** argv) {
  // NOLINTBEGIN(concurrency-mt-unsafe): there is one thread.
  if (const char* const folder = std::getenv(kMark)) {
    std::string path = path_variable();
    const std::string ours = std::string(folder) + ':';
    if (path.starts_with(ours)) ::setenv("PATH", path.erase(0, ours.size()).c_str(), 1);
    ::unsetenv(kMark);
    struct stat log {};
    const bool has_log = argv[1] == nullptr || ::stat((std::string(argv[1]) + "/log").c_str(), &log) == 0;
    if (!has_log) {
      hand_over(STDOUT_FILENO, argv[1]);
      hand_over(STDERR_FILENO, argv[1]);
    }
    ::close(kSocket);
  }
  // NOLINTEND(concurrency-mt-unsafe)
  ::execvp("runsv", argv);
  return die("unable to start runsv", sys::last_error());
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view called = argc > 0 ? argv[0] : "";
  if (called.substr(called.rfind('/') + 1) == "runsv") return become_runsv(argv);
  const std::string_view word = argc > 2 ? argv[1] : "";
  // my_init starts it by its path.
  if (word == "start") return start(std::string(called.substr(0, called.rfind('/'))), argv + 2);
  if (word != "collect") return kUsage;
  const bool is_json = std::string_view(argv[2]) == "json";
  container_init::LogSink sink(sys::Fd{kSocket}, is_json ? core::LineStyle::json : core::LineStyle::text);
  const auto ended = sink.run();
  // At once: it leaves while everything is being signalled, which LeakSanitizer's look around at an exit does
  // not bear.
  ::_exit(ended ? EXIT_SUCCESS : die("unable to collect output", ended.error()));
}
