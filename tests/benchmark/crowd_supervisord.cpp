#include <fmt/core.h>
#include <signal.h>

#include "crowd.hpp"
#include "files.hpp"

namespace runvisor::benchmark {
namespace {

/// One process for all services; each has a section in a file of its own.
class SupervisordCrowd : public Crowd {
 public:
  SupervisordCrowd(const Peer& peer, const std::filesystem::path& where) : Crowd(peer, where) {
    std::filesystem::create_directory(base() / "programs");
  }

  [[nodiscard]] Command command_for(Action action, int service) const override {
    return supervisorctl({init_script_word(action), name_of(service_path(service))});
  }

  [[nodiscard]] std::vector<Command> status_commands(int first, int count) const override {
    Command command = supervisorctl({"status"});
    for (int service = first; service < first + count; ++service) {
      command.push_back(name_of(service_path(service)));
    }
    return {command};
  }

  Clock::time_point begin_end() override { return signal_root(SIGTERM); }

 protected:
  [[nodiscard]] Command root_command() override {
    // Four descriptors a service, and some of its own.
    write_file(base() / "supervisord.conf",
               fmt::format("[supervisord]\nnodaemon=true\nlogfile={0}/log\npidfile={0}/pid\nchildlogdir={0}\n"
                           "minfds={1}\n[unix_http_server]\nfile={0}/socket\n[supervisorctl]\n"
                           "serverurl=unix://{0}/socket\n[rpcinterface:supervisor]\n"
                           "supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface\n"
                           "[include]\nfiles={0}/programs/*.conf\n",
                           base().string(), 4 * size() + 200));
    return {peer().program("supervisord"), "-c", (base() / "supervisord.conf").string()};
  }

  void make_service(const std::filesystem::path& path, ServiceKind kind) const override {
    Crowd::make_service(path, kind);
    if (path.parent_path() == scan()) {
      connect(path);
    }
  }

  void connect(const std::filesystem::path& service) const override {
    write_file(base() / "programs" / (name_of(service) + ".conf"),
               fmt::format("[program:{0}]\ncommand={1}/run\ndirectory={1}\nautorestart=true\n"
                           "stdout_logfile=NONE\nstderr_logfile=NONE\n",
                           name_of(service), service.string()));
  }

  [[nodiscard]] Command nudge_command() const override { return supervisorctl({"update"}); }

 private:
  [[nodiscard]] static std::string name_of(const std::filesystem::path& service) {
    return service.filename().string();
  }

  [[nodiscard]] Command supervisorctl(const Command& words) const {
    Command command{peer().program("supervisorctl"), "-c", (base() / "supervisord.conf").string()};
    command.insert(command.end(), words.begin(), words.end());
    return command;
  }
};

}  // namespace

std::unique_ptr<Crowd> make_supervisord_crowd(const Peer& peer, const std::filesystem::path& base) {
  return std::make_unique<SupervisordCrowd>(peer, base);
}

}  // namespace runvisor::benchmark
