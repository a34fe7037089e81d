#pragma once

#include <string>
#include <vector>

#include "core/environment.hpp"
#include "sys/result.hpp"

namespace runvisor::sys {

/// The changes that a directory of variables asks for, and the entries that are directories themselves.
struct VariableDirectory {
  std::vector<core::VariableChange> changes;
  std::vector<std::string> directories;
};

/// What of reading a directory of variables has failed.
struct VariableFailure {
  enum class Step : unsigned char { enter, open, list, read };
  Step step = Step::enter;
  /// The file, for `read`.
  std::string file;
  Error error{};
};

/// Reads a directory of variables. Names with a dot in front are passed over, and so are links that lead
/// nowhere; a first line longer than the kernel takes for a variable fails with E2BIG.
[[nodiscard]] boost::system::result<VariableDirectory, VariableFailure> read_variables(const char* directory);

/// Asked for by value(), which nothing here calls without a check.
[[noreturn]] void throw_exception_from_error(const VariableFailure& failure,
                                             const boost::source_location& where);

}  // namespace runvisor::sys
