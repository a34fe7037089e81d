#pragma once

#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/container_environment.hpp"
#include "sys/result.hpp"

namespace runvisor::container_init {

/// The variables of this process and of its children, and the directory that holds a file for each. Source:
/// phusion's README, "Environment variables".
class Environment {
 public:
  /// `warn` is told what is passed over, a file or a variable, and why.
  Environment(std::string directory, std::function<void(const std::string& what, std::string_view why)> warn);

  /// Adds what the directory has and the environment has not. Without a directory this and all below do
  /// nothing.
  void import_missing();
  /// Writes a file for each variable into the directory, and the two dumps beside it.
  void export_all();
  /// Makes the directory's variables the environment, but for those that could not be written there, and
  /// writes the dumps.
  void replace();

  /// A variable's value, null for none.
  [[nodiscard]] const std::string* find(std::string_view name) const;

 private:
  struct Found {
    core::Variables variables;
    /// Whether the directory could be read.
    bool is_there = false;
  };

  [[nodiscard]] Found read();
  void read_file(const std::string& name, core::Variables& found);
  void write_dumps();
  void write(const std::string& path, std::string_view content);
  void install();
  /// Warns once of each thing.
  void warn(const std::string& what, std::string_view why);

  std::string directory_;
  std::function<void(const std::string&, std::string_view)> warn_;
  core::Variables variables_;
  /// Variables whose files could not be written.
  std::set<std::string, std::less<>> unwritten_;
  std::set<std::string> warned_;
  /// What `environ` points to.
  std::vector<std::string> entries_;
  std::vector<char*> pointers_;
};

}  // namespace runvisor::container_init
