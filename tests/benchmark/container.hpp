#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "crowd.hpp"

namespace runvisor::benchmark {

/// What is compared as the first process of a container.
struct ContainerKind {
  std::string name;
  /// The first process: paths as seen from inside.
  std::vector<std::string> command;
  /// What becomes /usr/bin, empty if `image` has it.
  std::filesystem::path programs = {};
  /// A single program that becomes /first, if not empty.
  std::filesystem::path first = {};
  /// A root directory with all it needs, of which nothing is changed; if empty, one is made with this
  /// machine's libraries.
  std::filesystem::path image = {};
};

/// A container with some services, in namespaces of its own for processes and mounts; its mounts are gone
/// with its processes. Needs root.
class Container {
 public:
  Container(const ContainerKind& kind, const std::filesystem::path& base, int services);
  ~Container();
  Container(const Container&) = delete;
  Container& operator=(const Container&) = delete;

  /// Starts the first process.
  void start();
  /// The time just before its program was executed; known when a service has reported.
  [[nodiscard]] Clock::time_point executed() const noexcept;
  /// Asks it to stop, and returns the time just before. The caller reaps.
  Clock::time_point stop() const;
  [[nodiscard]] Crowd& services() noexcept { return *crowd_; }
  [[nodiscard]] pid_t first() const noexcept { return first_; }
  /// The first process and all below it but the services.
  [[nodiscard]] std::vector<pid_t> supervisors() const;

 private:
  void make_root() const;
  void mount_root() const;
  [[noreturn]] void become_first() const;

  ContainerKind kind_;
  std::filesystem::path base_;
  std::filesystem::path root_;
  std::unique_ptr<Crowd> crowd_;
  pid_t first_ = 0;
  /// Shared with the first process.
  volatile long long* executed_ns_ = nullptr;
};

}  // namespace runvisor::benchmark
