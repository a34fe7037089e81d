// utmpset on the login records of a machine of the test's own, for which every scenario needs root.
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utmp.h>

#include <cstring>
#include <ctime>
#include <utility>

#include <catch2/catch.hpp>

#include "support/machine.hpp"
#include "support/process.hpp"
#include "support/temp_dir.hpp"

using namespace runvisor::testing;
namespace fs = std::filesystem;

namespace {

template <std::size_t N>
void fill(char (&field)[N], const std::string& text) {
  std::memcpy(field, text.data(), std::min(text.size(), N));
}

/// A record in which every field is set.
utmp record(short type, const std::string& line, const std::string& user) {
  utmp made{};
  made.ut_type = type;
  made.ut_pid = 4711;
  fill(made.ut_line, line);
  fill(made.ut_id, "id");
  fill(made.ut_user, user);
  fill(made.ut_host, "host.example");
  made.ut_exit.e_termination = 3;
  made.ut_exit.e_exit = 4;
  made.ut_session = 77;
  made.ut_tv.tv_sec = 1000;
  made.ut_tv.tv_usec = 2000;
  made.ut_addr_v6[0] = 5;
  return made;
}

bool same(const utmp& one, const utmp& other) { return std::memcmp(&one, &other, sizeof one) == 0; }

struct Logins {
  Machine machine{{"utmpset"}};
  std::vector<utmp> before{record(BOOT_TIME, "~", "reboot"), record(USER_PROCESS, "tty1", "alice"),
                           record(LOGIN_PROCESS, "tty2", "LOGIN"), record(USER_PROCESS, "tty1", "bob"),
                           record(DEAD_PROCESS, "tty3", "")};

  Logins() { write(before); }

  void write(const std::vector<utmp>& records, const std::string& torn = "") const {
    const std::string bytes(reinterpret_cast<const char*>(records.data()), records.size() * sizeof(utmp));
    machine.file("run/utmp", bytes + torn);
  }
  [[nodiscard]] std::vector<utmp> read(const std::string& name) const {
    const std::string bytes = machine.content(name);
    REQUIRE(bytes.size() % sizeof(utmp) == 0);
    std::vector<utmp> records(bytes.size() / sizeof(utmp));
    std::memcpy(records.data(), bytes.data(), bytes.size());
    return records;
  }
  [[nodiscard]] std::vector<utmp> utmp_now() const { return read("run/utmp"); }
  [[nodiscard]] std::vector<utmp> wtmp_now() const { return read("var/log/wtmp"); }

  Finished log_out(const std::vector<std::string>& arguments) {
    std::vector<std::string> argv{"/sbin/utmpset"};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    return machine.run(argv);
  }
  /// Whether record `index` is marked as ended now, and all others are as before.
  void only_ended(std::size_t index) const {
    const std::vector<utmp> now = utmp_now();
    REQUIRE(now.size() == before.size());
    for (std::size_t i = 0; i < now.size(); ++i) {
      utmp expected = before[i];
      if (i == index) {
        CHECK(std::abs(static_cast<long>(now[i].ut_tv.tv_sec) - std::time(nullptr)) < 60);
        expected.ut_type = DEAD_PROCESS;
        std::memset(expected.ut_user, 0, sizeof expected.ut_user);
        std::memset(expected.ut_host, 0, sizeof expected.ut_host);
        expected.ut_tv.tv_sec = now[i].ut_tv.tv_sec;
      }
      INFO("record " << i);
      CHECK(same(now[i], expected));
    }
  }
  void nothing_ended() const { only_ended(before.size()); }
};

std::string no_entry(const std::string& line) {
  return "utmpset: warning: unable to logout line " + line + " in utmp: no such entry\n";
}

}  // namespace

SCENARIO_METHOD(Logins, "utmpset ends the first login on a line (root)") {
  const Finished result = log_out({"tty1", "tty2"});
  CHECK(result.ending == exited(0));
  CHECK(result.out.empty());
  CHECK(result.err.empty());
  only_ended(1);
  CHECK_FALSE(fs::exists(machine / "var/log/wtmp"));
  // The next one then is another's.
  CHECK(log_out({"tty1"}).ending == exited(0));
  CHECK(utmp_now()[3].ut_user[0] == '\0');
  CHECK(log_out({"tty1"}).err == no_entry("tty1"));
}

SCENARIO_METHOD(Logins, "utmpset ends a login of any type, also one that waits for a name (root)") {
  CHECK(log_out({"tty2"}).ending == exited(0));
  only_ended(2);
}

SCENARIO_METHOD(Logins, "utmpset -w appends a record to wtmp (root)") {
  const bool exists = GENERATE(true, false);
  if (exists) machine.file("var/log/wtmp", std::string(sizeof(utmp), 'x'), 0664);
  CHECK(log_out({"-w", "tty1"}).ending == exited(0));
  only_ended(1);
  const std::vector<utmp> records = wtmp_now();
  REQUIRE(records.size() == (exists ? 2U : 1U));
  utmp expected{};
  expected.ut_type = DEAD_PROCESS;
  fill(expected.ut_line, "tty1");
  expected.ut_tv.tv_sec = utmp_now()[1].ut_tv.tv_sec;
  CHECK(std::abs(static_cast<long>(records.back().ut_tv.tv_sec) - expected.ut_tv.tv_sec) <= 1);
  expected.ut_tv.tv_sec = records.back().ut_tv.tv_sec;
  CHECK(same(records.back(), expected));
  CHECK(mode_of(machine / "var/log/wtmp") == (exists ? 0664U : 0600U));
}

SCENARIO_METHOD(Logins, "utmpset changes nothing if nobody is logged in on the line (root)") {
  const std::string line = GENERATE(std::string("tty3"), std::string("tty"), std::string("tty11"),
                                    std::string(""), std::string(100, 'a'));
  const Finished result = log_out({"-w", line});
  CHECK(result.ending == exited(111));
  CHECK(result.err == no_entry(line));
  nothing_ended();
  CHECK_FALSE(fs::exists(machine / "var/log/wtmp"));
}

SCENARIO_METHOD(Logins, "utmpset passes over what is left of a record at the end (root)") {
  write(before, "torn");
  CHECK(log_out({"tty9"}).err == no_entry("tty9"));
  CHECK(machine.content("run/utmp").size() == before.size() * sizeof(utmp) + 4);
}

SCENARIO_METHOD(Logins, "utmpset fails without utmp (root)") {
  fs::remove(machine / "run/utmp");
  const Finished result = log_out({"-w", "tty1"});
  CHECK(result.ending == exited(111));
  CHECK(result.err == "utmpset: fatal: unable to open /var/run/utmp: file does not exist\n");
  CHECK_FALSE(fs::exists(machine / "var/log/wtmp"));
}

SCENARIO_METHOD(Logins, "utmpset fails if it cannot write wtmp, after utmp (root)") {
  fs::create_directory(machine / "var/log/wtmp");
  const Finished result = log_out({"-w", "tty1"});
  CHECK(result.ending == exited(111));
  CHECK(result.err == "utmpset: fatal: unable to open /var/log/wtmp: is a directory\n");
  only_ended(1);
}

SCENARIO_METHOD(Logins, "utmpset without a line prints its usage and exits 1 (root)") {
  using Words = std::vector<std::string>;
  const auto [arguments, complaint] = GENERATE(table<Words, std::string>({
      {Words{}, ""},
      {Words{"-w"}, ""},
      {Words{"-x", "tty1"}, "utmpset: illegal option -- x\n"},
  }));
  const Finished result = log_out(arguments);
  CHECK(result.ending == exited(1));
  CHECK(result.err == complaint + "usage: /sbin/utmpset [-w] line\n\n");
  nothing_ended();
}

SCENARIO_METHOD(Logins, "utmpset waits while others write the records (root)") {
  const int fd = ::open((machine / "run/utmp").c_str(), O_RDWR | O_CLOEXEC);
  REQUIRE(::flock(fd, LOCK_EX) == 0);
  machine.boot({"/sbin/utmpset", "tty1"});
  CHECK(stays([&] { return machine.first().running(); }, 200ms));
  nothing_ended();
  ::close(fd);
  CHECK(machine.first().wait() == exited(0));
  only_ended(1);
}

SCENARIO_METHOD(Logins, "utmpset waits while the C library writes the records (root)", "[fixed]") {
  const int fd = ::open((machine / "run/utmp").c_str(), O_RDWR | O_CLOEXEC);
  struct flock whole {};
  whole.l_type = F_WRLCK;
  REQUIRE(::fcntl(fd, F_SETLK, &whole) == 0);
  machine.boot({"/sbin/utmpset", "tty1"});
  CHECK(stays([&] { return machine.first().running(); }, 200ms));
  nothing_ended();
  ::close(fd);
  CHECK(machine.first().wait() == exited(0));
  only_ended(1);
}

SCENARIO_METHOD(Logins, "utmpset knows a line whose name fills its field (root)", "[fixed]") {
  const std::string line(sizeof(utmp::ut_line), 'x');
  before[1] = record(USER_PROCESS, line, "alice");
  write(before);
  CHECK(log_out({line}).ending == exited(0));
  only_ended(1);
}
