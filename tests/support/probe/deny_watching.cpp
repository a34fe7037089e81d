// deny-watching COUNT PROGRAM ARGUMENT...
// Executes PROGRAM where epoll watches no descriptor but the first COUNT that are opened: all others get
// ENOSPC, as when the user may have no more watches. A seccomp filter sees to it, for PROGRAM and all its
// children.
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <bit>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

namespace {

/// Where the lower half of a system call's argument lies.
constexpr std::uint32_t argument(std::uint32_t number) {
  const std::uint32_t lower_half = std::endian::native == std::endian::little ? 0 : 4;
  return static_cast<std::uint32_t>(offsetof(seccomp_data, args)) + 8 * number + lower_half;
}

constexpr sock_filter load(std::uint32_t from) { return BPF_STMT(BPF_LD | BPF_W | BPF_ABS, from); }

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 100;
  const int lowest = ::dup(STDERR_FILENO);
  ::close(lowest);
  const auto first_denied = static_cast<std::uint32_t>(lowest + std::atoi(argv[1]));
  sock_filter filter[] = {
      load(offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_epoll_ctl, 0, 5),
      load(argument(1)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, EPOLL_CTL_ADD, 0, 3),
      load(argument(2)),
      BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, first_denied, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSPC),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog program{.len = sizeof filter / sizeof *filter, .filter = filter};
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1 ||
      ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == -1) {
    std::perror("deny-watching: seccomp");
    return 100;
  }
  ::execv(argv[2], argv + 2);
  std::perror(argv[2]);
  return 100;
}
