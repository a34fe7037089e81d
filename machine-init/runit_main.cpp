// runit: process number 1, which takes the machine through its three stages.

#include <unistd.h>

#include "first_process.hpp"
#include "sys/standard_descriptors.hpp"

namespace {

constexpr int kFatal = 111;

}  // namespace

int main() {
  using namespace runvisor;
  sys::System& system = sys::operating_system();
  if (::getpid() != 1) {
    system.complain("- runit: fatal: must be run as process no 1.\n");
    return kFatal;
  }
  sys::open_standard_descriptors();
  machine_init::FirstProcess(system, sys::machine_control(),
                             {.stop = RUNVISOR_STOP_FILE, .restart = RUNVISOR_RESTART_FILE})
      .run("runvisor " RUNVISOR_VERSION);
}
