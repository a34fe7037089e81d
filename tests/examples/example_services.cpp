#include "example_services.hpp"

#include <signal.h>
#include <unistd.h>

#include <cstdlib>

#include "support/binaries.hpp"
#include "support/supervise_files.hpp"

namespace runvisor::testing {

namespace fs = std::filesystem;

namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

/// The user that `name`'s daemon can be run as on every Debian system.
std::string harmless_user(const std::string& name) { return name == "nginx" ? "www-data" : "nobody"; }

}  // namespace

ExampleServices::Environment ExampleServices::find_programs() {
  const fs::path daemons =
      fs::exists(RUNVISOR_DAEMONS) ? for_all_users(RUNVISOR_DAEMONS) : fs::path{RUNVISOR_DAEMONS};
  std::string path = fs::path(program("runsv")).parent_path();
  for (const char* folder : {"usr/sbin", "usr/bin", "sbin", "bin"}) {
    path += ":" + (daemons / folder).string();
  }
  std::string libraries;
  if (fs::exists(daemons / "usr/lib")) {
    for (const auto& folder : fs::directory_iterator(daemons / "usr/lib")) {
      libraries += folder.path().string() + ":";
    }
  }
  return {{"PATH", path + ":" + variable("PATH") + ":/usr/sbin:/sbin"},
          {"LD_LIBRARY_PATH", libraries + variable("LD_LIBRARY_PATH")}};
}

bool ExampleServices::start(const std::vector<std::string>& names) {
  fs::create_directory(scratch_ / "service");
  fs::create_directory(scratch_ / "data");
  environment_ = find_programs();
  for (const std::string& name : names) {
    const std::uint16_t port = ports_[name] = free_port();
    fs::copy(fs::path(RUNVISOR_SOURCE_DIR) / "service-examples" / name, directory(name),
             fs::copy_options::recursive);
    write_file(directory(name) / "conf", "PORT=" + std::to_string(port) + "\nDATA='" +
                                             (scratch_ / "data" / name).string() +
                                             "'\nRUN_AS=" + harmless_user(name) + "\nCRONTAB=./crontab\n");
  }
  runsvdir_.emplace(std::vector<std::string>{program("runsvdir"), "-P", scratch_ / "service"},
                    ProcessOptions{.environment = environment_});
  for (const std::string& name : names) {
    if (!eventually([&] { return supervised(directory(name)); })) {
      return false;
    }
  }
  return sv("check", names).ending == exited(0);
}

Finished ExampleServices::sv(const std::string& command, const std::vector<std::string>& services) const {
  std::vector<std::string> argv{program("sv"), "-w", "20", command};
  argv.insert(argv.end(), services.begin(), services.end());
  auto environment = environment_;
  environment.emplace_back("SVDIR", scratch_ / "service");
  return run(argv, {.environment = environment}, 60s);
}

bool ExampleServices::came_back(const std::string& service, pid_t before) const {
  return eventually([&] { return pid(service) != 0 && pid(service) != before; }) &&
         sv("check", {service}).ending == exited(0);
}

pid_t ExampleServices::pid(const std::string& service) const { return run_pid(directory(service)); }

fs::path ExampleServices::directory(const std::string& service) const {
  return scratch_ / "service" / service;
}

std::string ExampleServices::log(const std::string& service) const {
  const fs::path file = directory(service) / "log/main/current";
  return fs::exists(file) ? read_file(file) : "";
}

bool ExampleServices::leaves_nothing_behind() {
  runsvdir_->signal(SIGHUP);
  return runsvdir_->wait() == exited(111) && eventually([] { return descendants_of(::getpid()).empty(); });
}

}  // namespace runvisor::testing
