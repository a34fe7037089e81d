#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <new>
#include <span>
#include <variant>

#include "cli/sv_command_line.hpp"
#include "control.hpp"
#include "status.hpp"
#include "sys/output.hpp"
#include "sys/standard_descriptors.hpp"

namespace {

using namespace runvisor;

int run(const cli::SvInvocation& invocation) {
  sv::Printer printer;
  if (invocation.request.task == core::Task::status) {
    const int status = sv::print_status(invocation, printer);
    if (invocation.caller == core::Caller::init_script) return status;
  } else {
    sv::control(invocation, printer);
  }
  return cli::exit_status(invocation.caller, printer.failures());
}

}  // namespace

int main(int argc, char** argv) try {
  sys::open_standard_descriptors();
  const std::span<const char* const> words{argv, static_cast<std::size_t>(argc)};
  const auto parsed =
      cli::parse_sv(words, {std::getenv("SVDIR"), std::getenv("SVWAIT")}, RUNVISOR_SERVICE_DIR);
  if (const auto* invocation = std::get_if<cli::SvInvocation>(&parsed)) return run(*invocation);
  const auto& error = std::get<cli::SvUsageError>(parsed);
  [[maybe_unused]] const auto written = sys::write_all(STDERR_FILENO, error.text);
  return error.exit_status;
} catch (const std::bad_alloc&) {
  [[maybe_unused]] const auto written = sys::write_all(STDERR_FILENO, "fatal: out of memory\n");
  return cli::fatal_exit_status(cli::caller_of(argc > 0 ? cli::base_name(argv[0]) : "sv"));
}
