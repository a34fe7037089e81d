// runsvdir: keeps a runsv for every service directory in a scan directory.

#include <fmt/compile.h>

#include <cstring>
#include <span>
#include <string>

#include "supervisor.hpp"
#include "sys/standard_descriptors.hpp"
#include "sys/system.hpp"

namespace {

constexpr int kUsage = 1;

}  // namespace

int main(int argc, char** argv) {
  using namespace runvisor;
  sys::System& system = sys::operating_system();
  std::span<char*> arguments(argv + 1, argv + (argc > 0 ? argc : 1));
  runsvdir::Supervisor::Options options;
  // As runit's does: only the first argument is looked at, and only its second character.
  if (!arguments.empty() && arguments[0][0] == '-' && (arguments[0][1] == 'P' || arguments[0][1] == '-')) {
    options.new_session = arguments[0][1] == 'P';
    arguments = arguments.subspan(1);
  }
  if (arguments.empty()) {
    system.complain(fmt::format(FMT_COMPILE("usage: {} [-P] dir\n\n"), argc > 0 ? argv[0] : "runsvdir"));
    return kUsage;
  }
  options.directory = arguments[0];
  if (arguments.size() > 1) options.log = {arguments[1], std::strlen(arguments[1])};
  sys::open_standard_descriptors();
  return runsvdir::Supervisor(system, std::move(options)).run();
}
