#include "support/container.hpp"

#include <unistd.h>

#include <atomic>
#include <sstream>

namespace runvisor::testing {

namespace {

using Words = Container::Words;

/// The command line of the engine for these words.
Words engine(Words words) {
  words.insert(words.begin(), {RUNVISOR_ENGINE, RUNVISOR_STORE});
  return words;
}

Words joined(Words first, const Words& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

std::string new_name() {
  static std::atomic<int> number = 0;
  return "test-" + std::to_string(::getpid()) + "-" + std::to_string(++number);
}

Words run_words(const std::string& name, const std::string& image, const Words& options,
                const Words& command) {
  Words words = joined({"run", "--name", name}, options);
  words.push_back("localhost/runvisor:" + image);
  return engine(joined(words, command));
}

}  // namespace

Container::Container(const std::string& image, const Words& options, const Words& command)
    : name_(new_name()), process_(run_words(name_, image, options, command)) {}

Container::~Container() { (void)run(engine({"rm", "--force", "--time", "0", name_}), {}, 60s); }

Finished Container::exec(const Words& argv) const {
  return run(engine(joined({"exec", name_}, argv)), {}, 60s);
}

std::string Container::sh(const std::string& line) const { return exec({"sh", "-c", line}).out; }

bool Container::comes_true(const std::string& line, std::chrono::milliseconds deadline) const {
  return eventually([&] { return exec({"sh", "-c", line}).ending == exited(0); }, deadline);
}

bool Container::is_up() const {
  return comes_true("set -- /etc/service/*; [ ! -e \"$1\" ] || sv -w 10 check \"$@\"");
}

bool Container::add_service(const std::string& name, const std::string& body) const {
  const std::string directory = "/tmp/" + name;
  // What is linked into the scan directory is complete.
  const Words make{
      "sh",
      "-ec",
      R"(mkdir -p "$1"; printf '#!/bin/sh\n%s\n' "$2" >"$1/run"; chmod +x "$1/run"; ln -sfn "$1" /etc/service/)",
      "sh",
      directory,
      body};
  return eventually([&] { return exec(make).ending == exited(0); }) && comes_true("sv -w 5 check " + name);
}

std::string Container::pid_of(const std::string& service) const {
  std::string pid = sh("cat /etc/service/" + service + "/supervise/pid");
  while (pid.ends_with('\n')) pid.pop_back();
  return pid;
}

std::optional<Ending> Container::health() const {
  return run(engine({"healthcheck", "run", name_}), {}, 60s).ending;
}

Container::Stopped Container::stop() {
  const auto begin = Clock::now();
  (void)run(engine({"stop", "--time", "10", name_}), {}, 60s);
  Stopped stopped;
  stopped.ending = ends();
  stopped.took = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - begin);
  return stopped;
}

std::optional<Ending> Container::ends(std::chrono::milliseconds deadline) { return process_.wait(deadline); }

bool Container::says(const std::string& text) const {
  return eventually(
      [&] { return out().find(text) != std::string::npos || err().find(text) != std::string::npos; });
}

std::string Container::err() const {
  // Without systemd podman cannot do health checks by itself, and says so.
  std::string text;
  std::istringstream lines(process_.err());
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("time=\"")) text += line + '\n';
  }
  return text;
}

}  // namespace runvisor::testing
