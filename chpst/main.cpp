#include <unistd.h>

#include <cstddef>
#include <new>
#include <span>
#include <variant>

#include "change.hpp"
#include "cli/chpst_command_line.hpp"
#include "sys/output.hpp"

int main(int argc, char** argv) try {
  using namespace runvisor;
  const auto parsed = cli::parse_chpst({argv, static_cast<std::size_t>(argc)});
  if (const auto* invocation = std::get_if<cli::ChpstInvocation>(&parsed)) {
    chpst::change_and_run(*invocation);
  }
  [[maybe_unused]] const auto written =
      sys::write_all(STDERR_FILENO, std::get<cli::ChpstUsageError>(parsed).text);
  return cli::kChpstUsage;
} catch (const std::bad_alloc&) {
  [[maybe_unused]] const auto written =
      runvisor::sys::write_all(STDERR_FILENO, "chpst: fatal: out of memory.\n");
  return runvisor::cli::kChpstFailure;
}
