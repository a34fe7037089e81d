// Runs a program for which some system calls succeed and do nothing:
//
//   without-effect CALL[,CALL...] PROGRAM [ARGUMENT...]
//
// with setuid, setgid, setgroups, capset, and no-new-privileges, which is a call of prctl. `capability-loss`
// is what happens to the capabilities of root when it becomes another user. Exits 77 where the kernel has no
// such filters.
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <linux/securebits.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstddef>
#include <string_view>
#include <vector>

namespace {

long number_of(std::string_view name) {
  if (name == "setuid") return SYS_setuid;
  if (name == "setgid") return SYS_setgid;
  if (name == "setgroups") return SYS_setgroups;
  if (name == "capset") return SYS_capset;
  if (name == "no-new-privileges") return SYS_prctl;
  return -1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 100;
  std::vector<sock_filter> filter;
  for (std::string_view names = argv[1]; !names.empty();) {
    const std::string_view name = names.substr(0, names.find(','));
    names.remove_prefix(name.size() < names.size() ? name.size() + 1 : name.size());
    if (name == "capability-loss") {
      if (::prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP) != 0) return 77;
      continue;
    }
    const long number = number_of(name);
    if (number < 0) return 100;
    filter.push_back(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)));
    if (number == SYS_prctl) {
      filter.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_prctl, 0, 3));
      filter.push_back(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, args)));
      filter.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PR_SET_NO_NEW_PRIVS, 0, 1));
    } else {
      filter.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<unsigned>(number), 0, 1));
    }
    filter.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO));
  }
  filter.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
  sock_fprog program{.len = static_cast<unsigned short>(filter.size()), .filter = filter.data()};
  if (::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) return 77;
  ::execv(argv[2], argv + 2);
  return 127;
}
