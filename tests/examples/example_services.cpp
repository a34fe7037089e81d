#include "example_services.hpp"

#include <signal.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <system_error>

#include <catch2/catch.hpp>

#include "support/binaries.hpp"
#include "support/supervise_files.hpp"

namespace runvisor::testing {

namespace fs = std::filesystem;
using Catch::Matchers::StartsWith;

namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

/// The user that `name`'s daemon can be run as on every Debian system.
std::string harmless_user(const std::string& name) { return name == "nginx" ? "www-data" : "nobody"; }

/// What the examples' `conf` makes of the variables PORT and DATA where they know others.
constexpr std::string_view kSettings = R"(
CRONTAB=./crontab
SSHD_PORT=$PORT
SSHD_ADDRESS=127.0.0.1
SSHD_KEYS=$DATA
SYSLOG_RUN=$DATA
SYSLOG_DIR=$DATA
SYSLOG_SOCKET=$DATA/socket
SYSLOG_SNIPPETS=$DATA
PGDATA=$DATA/cluster
PGPORT=$PORT
POSTGRES_SOCKETS=$DATA.sockets
POSTGRES_INITDB=--no-sync
POSTGRES_OPTIONS='-c fsync=off'
TASK_DIR=$DATA
SHIP_TO=$DATA
SHIP_EVERY=0.1
)";

/// Where a daemon's package has been unpacked, syslog-ng has to be told about it: puts a script into `folder`
/// that stands for it.
void stand_for_syslog_ng(const fs::path& daemons, const fs::path& folder) {
  const fs::path syslog_ng = daemons / "usr/sbin/syslog-ng";
  if (fs::exists(syslog_ng)) {
    const fs::path modules = fs::directory_iterator(daemons / "usr/lib/syslog-ng/")->path();
    write_file(folder / "syslog-ng",
               "#!/bin/sh\nexec " + syslog_ng.string() + " --module-path " + modules.string() + " \"$@\"\n",
               0755);
  }
}

}  // namespace

ExampleServices::ExampleServices() {
  for (const char* folder : {"bin", "data", "service"}) {
    fs::create_directory(scratch_ / folder);
  }
  environment_ = environment();
}

ExampleServices::Environment ExampleServices::environment() const {
  std::string path = (scratch_ / "bin").string() + ":" + fs::path(program("runsv")).parent_path().string();
  std::string libraries;
  for (const char* unpacked : {RUNVISOR_DAEMONS, RUNVISOR_TEST_DAEMONS}) {
    if (!fs::exists(unpacked)) {
      continue;
    }
    const fs::path daemons = for_all_users(unpacked);
    for (const char* folder : {"usr/sbin", "usr/bin", "sbin", "bin", "usr/lib/postgresql/15/bin"}) {
      path += ":" + (daemons / folder).string();
    }
    for (const char* folder : {"usr/lib", "lib"}) {
      if (fs::exists(daemons / folder)) {
        for (const auto& entry : fs::directory_iterator(daemons / folder)) {
          libraries += entry.path().string() + ":";
        }
      }
    }
    stand_for_syslog_ng(daemons, scratch_ / "bin");
  }
  return {{"SVDIR", scratch_ / "service"},
          {"PATH", path + ":" + variable("PATH") + ":/usr/sbin:/sbin"},
          {"LD_LIBRARY_PATH", libraries + variable("LD_LIBRARY_PATH")}};
}

bool ExampleServices::start(const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    fs::copy(fs::path(RUNVISOR_SOURCE_DIR) / "service-examples" / name, directory(name),
             fs::copy_options::recursive);
    write_file(directory(name) / "conf", "PORT=" + std::to_string(port(name)) + "\nDATA='" +
                                             data(name).string() + "'\nRUN_AS=" + harmless_user(name) +
                                             std::string(kSettings) + lines_[name]);
  }
  runsvdir_.emplace(std::vector<std::string>{program("runsvdir"), "-P", scratch_ / "service"},
                    ProcessOptions{.environment = environment_, .prepare = prepare_});
  for (const std::string& name : names) {
    if (!eventually([&] { return supervised(directory(name)); })) {
      return false;
    }
  }
  return sv("check", names).ending == exited(0);
}

Finished ExampleServices::sv(const std::string& command, const std::vector<std::string>& services) const {
  std::vector<std::string> argv{"sv", "-w", "20", command};
  argv.insert(argv.end(), services.begin(), services.end());
  return run_tool(argv);
}

bool ExampleServices::tell(const std::string& command, const std::string& service) const {
  return run_tool({"sv", command, service}).ending == exited(0);
}

bool ExampleServices::came_back(const std::string& service, pid_t before) const {
  return eventually([&] { return pid(service) != 0 && pid(service) != before; }) &&
         sv("check", {service}).ending == exited(0);
}

void ExampleServices::check_life(const std::string& service, const std::function<void()>& use) const {
  use();

  const pid_t first = pid(service);
  REQUIRE(first != 0);
  REQUIRE(::kill(first, SIGKILL) == 0);
  REQUIRE(came_back(service, first));
  use();

  const pid_t second = pid(service);
  const Finished restart = sv("restart", {service});
  CHECK_THAT(restart.out, StartsWith("ok: run: " + service + ": (pid "));
  REQUIRE(restart.ending == exited(0));
  CHECK(pid(service) != second);
  CHECK_FALSE(alive(second));
  use();

  const pid_t third = pid(service);
  const Finished stop = sv("stop", {service});
  CHECK_THAT(stop.out, StartsWith("ok: down: " + service + ": "));
  CHECK(stop.ending == exited(0));
  CHECK_FALSE(alive(third));
}

Process ExampleServices::start_tool(const std::vector<std::string>& argv) const {
  std::vector<std::string> through{"/usr/bin/env"};
  through.insert(through.end(), argv.begin(), argv.end());
  return Process(through, {.environment = environment_});
}

Finished ExampleServices::run_tool(const std::vector<std::string>& argv) const {
  Process tool = start_tool(argv);
  const auto ending = tool.wait(60s);
  return {.ending = ending, .out = tool.out(), .err = tool.err()};
}

std::uint16_t ExampleServices::port(const std::string& service) {
  const auto [known, is_new] = ports_.try_emplace(service);
  if (is_new) {
    known->second = free_port();
  }
  return known->second;
}

pid_t ExampleServices::pid(const std::string& service) const { return run_pid(directory(service)); }

fs::path ExampleServices::directory(const std::string& service) const {
  return scratch_ / "service" / service;
}

fs::path ExampleServices::data(const std::string& service) const { return scratch_ / "data" / service; }

std::string ExampleServices::log(const std::string& service) const {
  const fs::path file = directory(service) / "log/main/current";
  return fs::exists(file) ? read_file(file) : "";
}

bool ExampleServices::leaves_nothing_behind() {
  runsvdir_->signal(SIGHUP);
  return runsvdir_->wait() == exited(111) && eventually([] { return descendants_of(::getpid()).empty(); });
}

void mount(const char* what, const fs::path& where, const char* type, unsigned long flags) {
  if (::mount(what, where.c_str(), type, flags, nullptr) != 0) {
    throw std::system_error(errno, std::generic_category(), where);
  }
}

}  // namespace runvisor::testing
