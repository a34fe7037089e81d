#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "event/loop.hpp"
#include "event/signals.hpp"
#include "faulty_system.hpp"
#include "service/service.hpp"
#include "support/temp_dir.hpp"

namespace runvisor::testing {

/// A service directory with a log service, under a Service whose system the test controls.
class ServiceBench {
 public:
  explicit ServiceBench(std::optional<FaultySystem::Fault> fault = std::nullopt) : system_(fault) {
    std::filesystem::create_directory(home_ / "control");
    std::filesystem::create_directory(home_ / "log");
    for (const char* script : {"run", "finish", "control/t", "control/d", "log/run"}) {
      write_file(home_ / script, "never executed\n", 0755);
    }
    directory_ = ::open(home_.path().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
    replace_supervisor();
  }

  ~ServiceBench() {
    service_.reset();
    ::close(directory_);
  }

  /// The supervisor is gone, and what it has started goes on; another one takes its place.
  void replace_supervisor() {
    service_.reset();
    service_ = std::make_unique<service::Service>(
        system_, loop_, reaper_,
        service::Service::Options{
            .name = "example", .directory = directory_, .left = [this] { left_ = true; }});
  }

  /// Lets a child of an earlier supervisor end, after two seconds.
  bool end_orphan(const std::string& path, std::optional<int> exit_code) {
    for (const auto& [pid, running] : system_.children()) {
      if (running != path) continue;
      system_.advance(std::chrono::seconds{2});
      system_.end_orphan(pid, exit_code);
      turn();
      turn();
      return true;
    }
    return false;
  }

  [[nodiscard]] bool start() {
    sigset_t mask;
    ::sigemptyset(&mask);
    if (service_->open(mask)) return false;
    service_->begin(mask);
    turn();
    return true;
  }

  /// Lets the loop handle what is ready.
  void turn() {
    event::Timer end(loop_, [this] { loop_.stop(); });
    end.arm(core::SteadyTime{});
    loop_.run();
  }

  void command(const std::string& bytes, const char* control = "supervise/control") {
    const int fifo = ::open((home_ / control).c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC);
    ASSERT_NE(fifo, -1);
    ASSERT_EQ(::write(fifo, bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
    ::close(fifo);
    turn();
    turn();
  }

  /// Lets the child that runs `path` end, if there is one, after two seconds.
  bool end(const std::string& path, int exit_code = 0) {
    if (count(path) == 0) return false;
    system_.advance(std::chrono::seconds{2});
    return end_now(path, exit_code);
  }
  /// The same, without any time passing.
  bool end_now(const std::string& path, int exit_code = 0) {
    for (const auto& [pid, running] : system_.children()) {
      if (running != path) continue;
      system_.end_child(pid, exit_code);
      reaper_.reap();
      turn();
      return true;
    }
    return false;
  }

  [[nodiscard]] std::size_t count(const std::string& path) const {
    std::size_t found = 0;
    for (const auto& [pid, running] : system_.children()) found += running == path ? 1U : 0U;
    return found;
  }

  [[nodiscard]] std::string stat(const char* name = "supervise/stat") { return read_file(home_ / name); }
  [[nodiscard]] FaultySystem& system() { return system_; }
  [[nodiscard]] const TempDir& home() const { return home_; }
  [[nodiscard]] bool left() const { return left_; }

 private:
  TempDir home_;
  FaultySystem system_;
  event::Loop loop_;
  event::Reaper reaper_{system_};
  int directory_ = -1;
  std::unique_ptr<service::Service> service_;
  bool left_ = false;
};

}  // namespace runvisor::testing
