#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "support/process.hpp"

namespace runvisor::testing {

/// A container of one of the images that `make-images` has built, run by the engine that works on this
/// machine; removed at the end of the test.
class Container {
 public:
  using Words = std::vector<std::string>;

  /// Starts it with these options of `podman run`, and in place of the image's own command this one.
  explicit Container(const std::string& image, const Words& options = {}, const Words& command = {});
  ~Container();
  Container(const Container&) = delete;
  Container& operator=(const Container&) = delete;

  /// Runs a program in it, as `docker exec` would.
  [[nodiscard]] Finished exec(const Words& argv) const;
  /// The same for a line for the shell; what it has written to standard output.
  [[nodiscard]] std::string sh(const std::string& line) const;
  /// Waits until a line for the shell succeeds in it.
  [[nodiscard]] bool comes_true(const std::string& line,
                                std::chrono::milliseconds deadline = kDeadline) const;
  /// Waits until all services are as they are wanted, and available.
  [[nodiscard]] bool is_up() const;
  /// Adds a service with this shell script as `run`, and waits until it is up.
  [[nodiscard]] bool add_service(const std::string& name, const std::string& body) const;

  /// The pid that a service's `run` has in the container; empty without one.
  [[nodiscard]] std::string pid_of(const std::string& service) const;

  /// What the engine's health check, run now, exits with: 0 is healthy, 1 is not.
  [[nodiscard]] std::optional<Ending> health() const;

  struct Stopped {
    /// The exit code of the first process; nothing when it has not ended.
    std::optional<Ending> ending;
    /// With the time that the engine takes itself.
    std::chrono::milliseconds took{};
  };
  /// Stops it as an engine does: TERM, and KILL ten seconds later.
  [[nodiscard]] Stopped stop();
  /// Waits for the end of the first process, whose exit code it is.
  [[nodiscard]] std::optional<Ending> ends(std::chrono::milliseconds deadline = kDeadline);
  [[nodiscard]] bool running() { return process_.running(); }

  /// Waits until the container's output, or its error output, holds a text.
  [[nodiscard]] bool says(const std::string& text) const;
  [[nodiscard]] std::string out() const { return process_.out(); }
  [[nodiscard]] std::string err() const;

 private:
  std::string name_;
  Process process_;
};

}  // namespace runvisor::testing
