#pragma once

#include <optional>
#include <string_view>

#include "sys/call_failure.hpp"
#include "sys/result.hpp"

namespace runvisor::chpst {

/// What a message is about, if it says that.
using Subject = std::optional<std::string_view>;

/// Tells what has failed and exits 111: `chpst: fatal: WHAT: SUBJECT: ERROR`, without the parts that are
/// missing. The words are those of runit's chpst, which names itself whatever it was called.
[[noreturn]] void die(std::string_view what, Subject subject, std::optional<sys::Error> error = {});

/// The same with `unable to` and what the failed step was to do.
[[noreturn]] void die_unable_to(std::string_view step, Subject subject, sys::Error error);

/// Goes on only after a success.
void require(const sys::Outcome& outcome);

/// Tells `chpst: warning: WHAT: SUBJECT: ERROR`.
void warn(std::string_view what, Subject subject, sys::Error error);

}  // namespace runvisor::chpst
