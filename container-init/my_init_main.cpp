// my_init: the first process of a container.

#include <unistd.h>

#include <csignal>
#include <span>
#include <variant>

#include "init.hpp"
#include "sys/output.hpp"
#include "sys/standard_descriptors.hpp"
#include "sys/system.hpp"

namespace {

/// What this process ignores, its children would ignore.
void ignore_nothing() noexcept {
  struct sigaction defaults {};
  defaults.sa_handler = SIG_DFL;
  for (int signal = 1; signal <= SIGRTMAX; ++signal) ::sigaction(signal, &defaults, nullptr);
}

}  // namespace

int main(int argc, char** argv) {
  using namespace runvisor;
  container_init::Init::block_signals();
  sys::open_standard_descriptors();
  ignore_nothing();
  const auto parsed = cli::parse_my_init(std::span<const char* const>(argv, static_cast<std::size_t>(argc)));
  if (const auto* const reply = std::get_if<cli::MyInitReply>(&parsed)) {
    (void)sys::write_all(reply->status == 0 ? STDOUT_FILENO : STDERR_FILENO, reply->text);
    return reply->status;
  }
  return container_init::Init(sys::operating_system(), std::get<cli::MyInitInvocation>(parsed)).run();
}
