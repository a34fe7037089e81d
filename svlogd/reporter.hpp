#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "sys/system.hpp"

namespace runvisor::svlogd {

/// Writes svlogd's diagnostics, in the words of runit's.
class Reporter {
 public:
  Reporter(sys::System& system, bool verbose) noexcept : system_(system), verbose_(verbose) {}

  /// What is only told with `-v`.
  void info(std::initializer_list<std::string_view> parts) {
    if (verbose_) say("info: ", parts, std::nullopt);
  }
  void warn(std::initializer_list<std::string_view> parts, std::optional<sys::Error> error = std::nullopt) {
    say("warning: ", parts, error);
  }
  /// Why there is a pause, before another try.
  void pause(std::initializer_list<std::string_view> parts, std::optional<sys::Error> error) {
    say("pausing: ", parts, error);
  }
  void fatal(std::initializer_list<std::string_view> parts, std::optional<sys::Error> error = std::nullopt) {
    say("fatal: ", parts, error);
  }

 private:
  void say(std::string_view kind, std::initializer_list<std::string_view> parts,
           std::optional<sys::Error> error);

  sys::System& system_;
  bool verbose_;
};

}  // namespace runvisor::svlogd
