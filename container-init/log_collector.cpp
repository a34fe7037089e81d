#include "log_collector.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <utility>

namespace runvisor::container_init {
namespace {

constexpr const char* kProgram = RUNVISOR_LOG_DIR "/my_init-log";
/// The socket's number in the other programs. Source: log_main.cpp.
constexpr int kSocket = 3;

}  // namespace

sys::Result<pid_t> LogCollector::open(const char* format, const sigset_t& mask) {
  if (const auto there = sys::checked_void(::access(kProgram, X_OK)); !there) return there.error();
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) == -1) return sys::last_error();
  const sys::Fd receiver{ends[0]};
  sys::Fd sender{ends[1]};
  const char* const argv[] = {kProgram, "collect", format, nullptr};
  const std::array<sys::Handover, 1> handover{{{receiver.get(), kSocket}}};
  const auto pid = system_.spawn({.who = "*** ",
                                  .failure = "Unable to collect the services' output",
                                  .path = kProgram,
                                  .argv = argv,
                                  .handovers = handover,
                                  .signal_mask = &mask});
  if (pid) socket_ = std::move(sender);
  return pid;
}

std::vector<const char*> LogCollector::prefix() const { return {kProgram, "start"}; }

sys::Handover LogCollector::handover() const noexcept { return {socket_.get(), kSocket}; }

}  // namespace runvisor::container_init
