#pragma once

#include <cerrno>
#include <string_view>

#include <boost/system/result.hpp>

#include "core/error_words.hpp"

namespace runvisor::sys {

/// Why a system call failed: an errno value.
enum class Error : int {};

/// The errno value.
[[nodiscard]] constexpr int number(Error error) noexcept { return static_cast<int>(error); }

/// The error in runit's words.
[[nodiscard]] inline std::string_view words(Error error) noexcept { return core::error_words(number(error)); }

/// A system call's result: its value, or why there is none.
template <typename T>
using Result = boost::system::result<T, Error>;

/// The error of the system call that has just failed.
[[nodiscard]] inline Error last_error() noexcept { return Error{errno}; }

/// Turns a system call's return value into a Result: -1 is the error in errno.
[[nodiscard]] inline Result<int> checked(int returned) noexcept {
  if (returned == -1) return last_error();
  return returned;
}

/// The same for a call whose value says nothing.
[[nodiscard]] inline Result<void> checked_void(int returned) noexcept {
  if (returned == -1) return last_error();
  return {};
}

/// Asked for by Result::value(), which nothing here calls without a check.
[[noreturn]] void throw_exception_from_error(Error error, const boost::source_location& where);

}  // namespace runvisor::sys
