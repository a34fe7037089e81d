#pragma once

#include <string>

#include "sys/fd.hpp"
#include "sys/supervise_client.hpp"

namespace runvisor::sv {

/// Finds services by the names given: paths, or names below the directory of services.
class Locator {
 public:
  explicit Locator(std::string_view service_directory) : service_directory_(service_directory) {}

  [[nodiscard]] sys::Reached<sys::SuperviseClient> open(const char* service);

  /// Where the service's `supervise` is.
  [[nodiscard]] std::string supervise_path(const char* service) const;

 private:
  std::string service_directory_;
  /// Opened when it is first needed.
  sys::Fd descriptor_;
};

}  // namespace runvisor::sv
