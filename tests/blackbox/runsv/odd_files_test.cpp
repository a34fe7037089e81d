// Something else where runsv looks for its FIFOs.
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <string>

#include <catch2/catch.hpp>

#include "support/supervised_service.hpp"

using namespace runvisor::testing;

namespace {

/// A service with a log service, and ways to put something in the place of one of its FIFOs.
struct OddFiles : SupervisedService {
  OddFiles() {
    service.probe("run", Probe()).probe("log/run", Probe::copies_input_to(scratch / "logged"));
    std::filesystem::create_directory(service / "supervise");
    std::filesystem::create_directory(service / "log/supervise");
  }

  /// Puts a "file", "directory", "socket" or "device" (a link to one) there.
  void put(const std::string& kind, const std::string& name) {
    const std::filesystem::path path = service / name;
    if (kind == "file") write_file(path, "what somebody left here\n");
    if (kind == "directory") std::filesystem::create_directory(path);
    if (kind == "device") std::filesystem::create_symlink("/dev/zero", path);
    if (kind == "socket") {
      sockaddr_un address{};
      address.sun_family = AF_UNIX;
      REQUIRE(path.native().size() < sizeof address.sun_path);
      std::memcpy(address.sun_path, path.c_str(), path.native().size());
      const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
      REQUIRE(::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
      ::close(fd);
    }
  }

  [[nodiscard]] Finished runsv_on_it() const {
    return run({program("runsv"), "svc"}, {.cwd = scratch.path()});
  }
};

mode_t kind_of(const std::filesystem::path& path) {
  struct stat found {};
  return ::lstat(path.c_str(), &found) == 0 ? found.st_mode & S_IFMT : 0;
}

}  // namespace

SCENARIO_METHOD(OddFiles, "runsv refuses whatever is no FIFO as supervise/control, and leaves it alone") {
  const std::string kind =
      GENERATE(std::string("file"), std::string("directory"), std::string("socket"), std::string("device"));
  CAPTURE(kind);
  put(kind, "supervise/control");
  const mode_t before = kind_of(service / "supervise/control");
  const Finished result = runsv_on_it();
  CHECK(result.ending == exited(111));
  CHECK(result.err == "runsv svc: fatal: supervise/control exists but is not a fifo\n");
  CHECK(kind_of(service / "supervise/control") == before);
  CHECK(service.history().empty());
}

SCENARIO_METHOD(OddFiles, "runsv refuses a supervise/control that leads nowhere") {
  std::filesystem::create_symlink("nowhere", service / "supervise/control");
  const Finished result = runsv_on_it();
  CHECK(result.ending == exited(111));
  CHECK(result.err == "runsv svc: fatal: unable to stat supervise/control: file does not exist\n");
  CHECK(service.history().empty());
}

SCENARIO_METHOD(OddFiles, "runsv refuses whatever is no FIFO as log/supervise/control", "[fixed]") {
  const std::string kind =
      GENERATE(std::string("file"), std::string("directory"), std::string("socket"), std::string("device"));
  CAPTURE(kind);
  put(kind, "log/supervise/control");
  const Finished result = runsv_on_it();
  CHECK(result.ending == exited(111));
  CHECK(result.err == "runsv svc: fatal: log/supervise/control exists but is not a fifo\n");
  CHECK(service.history().empty());
}

SCENARIO_METHOD(OddFiles, "a socket as ok is refused, the service's and the log's") {
  const std::string name = GENERATE(std::string("supervise/ok"), std::string("log/supervise/ok"));
  put("socket", name);
  const Finished result = runsv_on_it();
  CHECK(result.ending == exited(111));
  CHECK(result.err == "runsv svc: fatal: unable to read " + name + ": device not configured\n");
  CHECK(service.count("./run start") == 0);
}

SCENARIO_METHOD(OddFiles, "a file or a directory as ok is taken as it is, and does the service no harm") {
  const std::string kind = GENERATE(std::string("file"), std::string("directory"));
  const std::string name = GENERATE(std::string("supervise/ok"), std::string("log/supervise/ok"));
  CAPTURE(kind, name);
  put(kind, name);
  const mode_t before = kind_of(service / name);
  REQUIRE(start_and_run());
  REQUIRE(service.saw("log:./run start"));
  CHECK(leave());
  CHECK(kind_of(service / name) == before);
  CHECK(runsv->err().empty());
}

SCENARIO_METHOD(OddFiles, "a FIFO elsewhere serves as control or ok if a link leads to it") {
  const std::string name = GENERATE(std::string("control"), std::string("ok"));
  REQUIRE(::mkfifo((scratch / "fifo").c_str(), 0600) == 0);
  std::filesystem::create_symlink(scratch / "fifo", service / ("supervise/" + name));
  REQUIRE(start_and_run());
  CHECK(supervised(service.path()));
  CHECK(leave());
}
