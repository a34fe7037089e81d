// -m -d -o -p -f -c -r -t: soft limits.
#include <linux/capability.h>

#include "may_become_another_user.hpp"
#include "scene.hpp"

using namespace runvisor::testing;

namespace {

constexpr rlim_t kMuch = 1'000'000'000;

/// The limits of a program started with the test's own and these arguments, less those that have not changed.
std::map<int, Limit> changed(const Scene& scene, const std::vector<std::string>& arguments) {
  const ProcessState before = scene.state({});
  std::map<int, Limit> result;
  for (const auto& [resource, limit] : scene.state(arguments).limits) {
    if (limit != before.limits.at(resource)) result.emplace(resource, limit);
  }
  return result;
}

/// What a soft limit of `value` comes to under the hard limit that the test itself has.
Limit capped(int resource, rlim_t value) {
  rlimit own{};
  ::getrlimit(static_cast<__rlimit_resource>(resource), &own);
  return {.soft = std::min(value, own.rlim_max), .hard = own.rlim_max};
}

}  // namespace

SCENARIO_METHOD(Scene, "chpst sets the soft limit that each option names, and leaves the hard ones") {
  struct Case {
    const char* option;
    const char* value;
    int resource;
  };
  for (const Case& one :
       {Case{"-d", "123456789", RLIMIT_DATA}, Case{"-o", "123", RLIMIT_NOFILE},
        Case{"-p", "1234", RLIMIT_NPROC}, Case{"-f", "12345678", RLIMIT_FSIZE},
        Case{"-c", "1234", RLIMIT_CORE}, Case{"-r", "1234567", RLIMIT_RSS}, Case{"-t", "1234", RLIMIT_CPU}}) {
    INFO(one.option);
    CHECK(changed(*this, {one.option, one.value}) ==
          std::map<int, Limit>{{one.resource, capped(one.resource, std::stoull(one.value))}});
  }
}

SCENARIO_METHOD(Scene, "chpst -m limits data, stack, locked memory and address space") {
  const std::string value = "123456789";
  const auto found = state({"-m", value}).limits;
  for (const int resource : {RLIMIT_DATA, RLIMIT_STACK, RLIMIT_MEMLOCK, RLIMIT_AS}) {
    CHECK(found.at(resource) == capped(resource, std::stoull(value)));
  }
  CHECK(found.at(RLIMIT_RSS) == state({}).limits.at(RLIMIT_RSS));
  CHECK(found.at(RLIMIT_NOFILE) == state({}).limits.at(RLIMIT_NOFILE));
}

SCENARIO_METHOD(Scene, "of -m and -d the last one limits the data segment") {
  const auto first = state({"-m", "1000000000", "-d", "2000000000"}).limits;
  CHECK(first.at(RLIMIT_DATA).soft == 2 * kMuch);
  CHECK(first.at(RLIMIT_AS).soft == kMuch);
  const auto second = state({"-d", "2000000000", "-m", "1000000000"}).limits;
  CHECK(second.at(RLIMIT_DATA).soft == kMuch);
  CHECK(second.at(RLIMIT_AS).soft == kMuch);
}

SCENARIO_METHOD(Scene, "chpst does not raise a soft limit above the hard one") {
  options.limits = {{RLIMIT_NOFILE, 100}, {RLIMIT_FSIZE, kMuch}, {RLIMIT_CORE, 5}};
  const auto found = state({"-o", "500", "-f", "999999999999", "-c", "4"}).limits;
  CHECK(found.at(RLIMIT_NOFILE) == Limit{.soft = 100, .hard = 100});
  CHECK(found.at(RLIMIT_FSIZE) == Limit{.soft = kMuch, .hard = kMuch});
  CHECK(found.at(RLIMIT_CORE) == Limit{.soft = 4, .hard = 5});
}

SCENARIO_METHOD(Scene, "chpst raises a soft limit up to the hard one, without privileges too") {
  if (may_become_another_user()) options.uid = kNobody;
  options.limits = {{RLIMIT_NOFILE, 100}};
  const Finished result = chpst({"-o", "50", path() / "called/chpst", "-o", "80", "./probe"});
  CHECK(read_process_state(result.out).limits.at(RLIMIT_NOFILE) == Limit{.soft = 80, .hard = 100});
  const Finished above = chpst({"-o", "50", path() / "called/chpst", "-o", "800", "./probe"});
  CHECK(read_process_state(above.out).limits.at(RLIMIT_NOFILE) == Limit{.soft = 100, .hard = 100});
}

SCENARIO_METHOD(Scene, "chpst sets limits for root and for another user alike") {
  if (!may_become_another_user()) return;
  options.limits = {{RLIMIT_NOFILE, 100}};
  CHECK(state({"-o", "500"}).limits.at(RLIMIT_NOFILE) == Limit{.soft = 100, .hard = 100});
  CHECK(state({"-o", "500", "-u", "nobody"}).limits.at(RLIMIT_NOFILE) == Limit{.soft = 100, .hard = 100});
  CHECK(state({"-o", "50", "-u", "nobody"}).limits.at(RLIMIT_NOFILE) == Limit{.soft = 50, .hard = 100});
}

SCENARIO_METHOD(Scene, "chpst takes a limit of nothing, and leading zeros") {
  CHECK(state({"-c", "0"}).limits.at(RLIMIT_CORE).soft == 0);
  CHECK(state({"-c", ""}).limits.at(RLIMIT_CORE).soft == 0);
  CHECK(state({"-c", "010"}).limits.at(RLIMIT_CORE).soft == 10);
  CHECK(state({"-o", "0"}).limits.at(RLIMIT_NOFILE).soft == 0);
}

SCENARIO_METHOD(Scene, "chpst takes the largest limits there are") {
  options.limits = {{RLIMIT_CORE, RLIM_INFINITY}};
  CHECK(state({"-c", "9223372036854775807"}).limits.at(RLIMIT_CORE).soft == 9223372036854775807U);
}

SCENARIO_METHOD(Scene, "chpst takes a number beyond all limits for no limit", "[fixed]") {
  options.limits = {{RLIMIT_CORE, 5}, {RLIMIT_FSIZE, RLIM_INFINITY}, {RLIMIT_NOFILE, 100}};
  for (const char* value : {"9223372036854775808", "18446744073709551614", "18446744073709551615",
                            "18446744073709551616", "99999999999999999999", "99999999999999999999999999"}) {
    INFO(value);
    const Finished result = chpst({"-c1", "-f1000000000", "-o50", path() / "called/chpst", "-c", value, "-f",
                                   value, "-o", value, "./probe"});
    REQUIRE(result.ending == exited(0));
    const ProcessState found = read_process_state(result.out);
    CHECK(found.limits.at(RLIMIT_CORE).soft == 5);
    CHECK(found.limits.at(RLIMIT_FSIZE).soft > kMuch * kMuch);
    CHECK(found.limits.at(RLIMIT_NOFILE).soft == 100);
  }
}

SCENARIO_METHOD(Scene, "chpst does not take what is no number for a limit or a nice level") {
  for (const char letter : std::string("mdopfcrt")) {
    for (const char* value : {"x", "5x", "-1", " 5", "5 ", "0x10", "5=", "1k", "1.5", "++5", "5-"}) {
      INFO(letter << " " << value);
      check_usage(chpst({{'-', letter}, value, "./probe"}));
    }
  }
  for (const char* value : {"x", "5x", " 5", "--5", "+-5", "1.5"}) {
    INFO(value);
    check_usage(chpst({"-n", value, "./probe"}));
  }
}

SCENARIO_METHOD(Scene, "a limit set by chpst has its effect on the program") {
  CHECK(chpst({"-o", "10", "sh", "-c", "ulimit -n"}).out == "10\n");
  CHECK(chpst({"-t", "7", "sh", "-c", "ulimit -t"}).out == "7\n");
  CHECK(chpst({"-f", "0", "sh", "-c", "echo text > file"}).ending == killed_by(SIGXFSZ));
}

SCENARIO_METHOD(Scene, "chpst needs next to no memory of its own once it has set -d") {
  for (int i = 0; i < 3000; ++i) file("env/LONG_VARIABLE_NAME_" + std::to_string(i), std::string(20, 'x'));
  // Enough for chpst's beginning, and not for the probe: it ends by itself, of a signal.
  const Finished result = chpst({"-d", "100000", "-e", "env", "./probe"});
  CHECK(result.ending->signal.has_value());
  CHECK(result.err.find("chpst") == std::string::npos);
}

SCENARIO_METHOD(Scene, "chpst needs no descriptor of its own once it has set -o") {
  const ProcessState found = state({"-o", "0", "-v", "-c", "0"});
  CHECK(found.limits.at(RLIMIT_NOFILE).soft == 0);
  check_fatal(chpst({"-o", "0", "nosuch"}), "unable to run: nosuch: file does not exist");
}

SCENARIO_METHOD(Scene, "chpst -n adds to the nice level") {
  const int own = state({}).nice;
  CHECK(state({"-n", "3"}).nice == own + 3);
  CHECK(state({"-n", "+3"}).nice == own + 3);
  CHECK(state({"-n", "03"}).nice == own + 3);
  CHECK(state({"-n", "0"}).nice == own);
  CHECK(state({"-n", ""}).nice == own);
  CHECK(state({"-n", "99"}).nice == 19);
  const Finished twice = chpst({"-n", "3", path() / "called/chpst", "-n", "4", "./probe"});
  CHECK(read_process_state(twice.out).nice == own + 7);
}

SCENARIO_METHOD(Scene, "chpst -n lowers the nice level for those who may") {
  if (!may_become_another_user()) return;
  const int own = state({}).nice;
  if (has_capability(CAP_SYS_NICE, "a lower nice level")) {
    CHECK(state({"-n", "-3"}).nice == own - 3);
    CHECK(state({"-n", "-99"}).nice == -20);
    CHECK(state({"-n", "-3", "-u", "nobody"}).nice == own - 3);
  }
  options.uid = kNobody;
  check_fatal(chpst({"-n", "-3", "./probe"}), "unable to set nice level: permission denied");
  CHECK(state({"-n", "3"}).nice == own + 3);
}
