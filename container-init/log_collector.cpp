#include "log_collector.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <string_view>
#include <utility>

namespace runvisor::container_init {
namespace {

constexpr std::string_view kProgram = "/my_init-log";
/// The socket's number in the other programs. Source: log_main.cpp.
constexpr int kSocket = 3;

/// The folder that this program has been started from, symlinks resolved; empty if that cannot be told.
std::string own_folder() {
  std::array<char, PATH_MAX> path{};
  const ssize_t size = ::readlink("/proc/self/exe", path.data(), path.size());
  if (size <= 0) return {};
  const std::string_view file(path.data(), static_cast<std::size_t>(size));
  return std::string(file.substr(0, file.rfind('/')));
}

/// Where an installed tree has it, wherever that tree has been put; or else where it was to be installed.
std::string find_program() {
  for (std::string folder : {own_folder() + "/" RUNVISOR_LOG_FROM_BIN, std::string(RUNVISOR_LOG_DIR)}) {
    folder += kProgram;
    if (::access(folder.c_str(), X_OK) == 0) return folder;
  }
  return {};
}

}  // namespace

LogCollector::LogCollector(sys::System& system) : system_(system), program_(find_program()) {}

sys::Result<pid_t> LogCollector::open(const char* format, const sigset_t& mask) {
  if (program_.empty()) return sys::Error{ENOENT};
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) == -1) return sys::last_error();
  const sys::Fd receiver{ends[0]};
  sys::Fd sender{ends[1]};
  const char* const argv[] = {program_.c_str(), "collect", format, nullptr};
  const std::array<sys::Handover, 1> handover{{{receiver.get(), kSocket}}};
  const auto pid = system_.spawn({.who = "*** ",
                                  .failure = "Unable to collect the services' output",
                                  .path = program_.c_str(),
                                  .argv = argv,
                                  .handovers = handover,
                                  .signal_mask = &mask});
  if (pid) socket_ = std::move(sender);
  return pid;
}

std::vector<const char*> LogCollector::prefix() const { return {program_.c_str(), "start"}; }

sys::Handover LogCollector::handover() const noexcept { return {socket_.get(), kSocket}; }

}  // namespace runvisor::container_init
