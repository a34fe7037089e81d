#pragma once

#include <string>
#include <string_view>

#include "sys/fd.hpp"
#include "sys/supervise_client.hpp"

namespace runvisor::sv {

/// Finds services by the names given: paths, or names below the directory of services. It keeps the folder of
/// the last one open, which most often is the next one's as well.
class Locator {
 public:
  explicit Locator(std::string_view service_directory) : service_directory_(service_directory) {}

  /// The service's client, of use until the next call. Fails if the folder that it is in cannot be opened.
  [[nodiscard]] sys::Reached<sys::SuperviseClient> find(std::string_view service);

  /// Where the service's `supervise` is.
  [[nodiscard]] std::string supervise_path(std::string_view service) const;

 private:
  [[nodiscard]] sys::Reached<sys::SuperviseClient> find_in(std::string_view folder, std::string_view name);

  std::string service_directory_;
  std::string folder_;
  sys::Fd descriptor_;
};

}  // namespace runvisor::sv
