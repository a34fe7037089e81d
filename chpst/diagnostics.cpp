#include "diagnostics.hpp"

#include <unistd.h>

#include <string>

#include "cli/chpst_command_line.hpp"
#include "sys/output.hpp"

namespace runvisor::chpst {
namespace {

void tell(std::string_view kind, std::string_view what, Subject subject, std::optional<sys::Error> error) {
  std::string line{"chpst: "};
  line += kind;
  line += what;
  if (subject) (line += ": ") += *subject;
  if (error) (line += ": ") += sys::words(*error);
  line += '\n';
  [[maybe_unused]] const auto written = sys::write_all(STDERR_FILENO, line);
}

}  // namespace

void die(std::string_view what, Subject subject, std::optional<sys::Error> error) {
  tell("fatal: ", what, subject, error);
  ::_exit(cli::kChpstFailure);
}

void die_unable_to(std::string_view step, Subject subject, sys::Error error) {
  std::string what{"unable to "};
  what += step;
  die(what, subject, error);
}

void require(const sys::Outcome& outcome) {
  if (outcome) die_unable_to(outcome->call, {}, outcome->error);
}

void warn(std::string_view what, Subject subject, sys::Error error) {
  tell("warning: ", what, subject, error);
}

}  // namespace runvisor::chpst
