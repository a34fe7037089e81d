// setuser: runs a program as another user.

#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "core/environment.hpp"
#include "sys/account_lookup.hpp"
#include "sys/execute.hpp"
#include "sys/output.hpp"
#include "sys/privileges.hpp"
#include "sys/standard_descriptors.hpp"

namespace {

using namespace runvisor;

constexpr int kFailure = 1;
constexpr const char* kDefaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

[[noreturn]] void die(std::string_view text) {
  std::string line = "setuser: ";
  line += text;
  line += '\n';
  (void)sys::write_all(STDERR_FILENO, line);
  ::_exit(kFailure);
}

[[noreturn]] void die_unable_to(std::string_view what, sys::Error error) {
  std::string text = "unable to ";
  text += what;
  text += ": ";
  text += sys::words(error);
  die(text);
}

struct Found {
  core::Account account;
  std::string home;
};

Found look_up(const std::string& user) {
  auto account = sys::find_user_account(user);
  if (!account) die_unable_to("look up user " + user, account.error());
  if (!*account) die("user " + user + " not found");
  if (const auto added = sys::add_all_groups(**account, user); !added) {
    die_unable_to("look up groups of user " + user, added.error());
  }
  const auto home = sys::find_home(user);
  return {**account, home && *home && !(*home)->empty() ? **home : std::string("/")};
}

/// Without privileges nobody can become anybody, and need not to be who one is.
void become(const core::Account& account) {
  const bool is_already = !sys::is_root() && ::getuid() == account.uid && ::getgid() == account.gids.front();
  if (is_already) return;
  if (const auto failed = sys::become(account)) die_unable_to(failed->call, failed->error);
}

}  // namespace

int main(int argc, char** argv) {
  sys::open_standard_descriptors();
  if (argc < 3 || std::string_view(argv[1]).starts_with('-')) {
    (void)sys::write_all(STDERR_FILENO, "usage: setuser USER COMMAND [ARGUMENT ...]\n");
    return kFailure;
  }
  const std::string user = argv[1];
  const Found found = look_up(user);
  become(found.account);
  std::vector<core::VariableChange> changes{"USER=" + user, "HOME=" + found.home,
                                            "UID=" + std::to_string(found.account.uid)};
  const std::vector<char*> environment = core::changed_environment(environ, changes);
  const char* const path = std::getenv("PATH");
  const sys::Error error =
      sys::execute(argv[2], argv + 2, environment.data(), path != nullptr ? path : kDefaultPath);
  die_unable_to(std::string("run ") + argv[2], error);
}
