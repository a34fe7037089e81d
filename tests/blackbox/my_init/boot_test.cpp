// What is started, in which order, and what is said about it. Every scenario needs root, for namespaces.
#include <catch2/catch.hpp>

#include "container.hpp"

using namespace runvisor::testing;

SCENARIO_METHOD(Container,
                "my_init runs startup files, services and COMMAND, and leaves with its status (root)") {
  script("etc/my_init.d/20_second");
  script("etc/my_init.d/10_first");
  script("etc/rc.local");
  script("etc/my_init.pre_shutdown.d/pre");
  script("etc/my_init.post_shutdown.d/post");
  service("web");
  finish("web");
  machine.script("sbin/command", "until grep -q up /trace; do sleep 0.01; done; echo $1 >>/trace; exit 7");
  boot({"--", "command", "word"});
  CHECK(ended() == exited(7));
  CHECK(trace() ==
        "/etc/my_init.d/10_first\n/etc/my_init.d/20_second\n/etc/rc.local\nweb up\nword\n"
        "/etc/my_init.pre_shutdown.d/pre\nweb finish -1 15\n/etc/my_init.post_shutdown.d/post\n");
  CHECK(said() ==
        "*** Running /etc/my_init.d/10_first...\n*** Running /etc/my_init.d/20_second...\n"
        "*** Running /etc/rc.local...\n" +
            kBooted +
            "*** Running command word...\n*** command exited with status 7.\n"
            "*** Running /etc/my_init.pre_shutdown.d/pre...\n" +
            kStopped + "*** Running /etc/my_init.post_shutdown.d/post...\n" + kKilling);
  CHECK(machine.first().out().empty());
}

SCENARIO_METHOD(Container, "my_init says only warnings when it is to be quiet (root)") {
  script("etc/my_init.d/script");
  service("web");
  boot({"--quiet", "true"});
  CHECK(ended() == exited(0));
  CHECK(said().empty());
}

SCENARIO_METHOD(Container,
                "my_init leaves with 1, and starts nothing more, when a startup file fails (root)") {
  script("etc/my_init.d/1", "exit 3");
  script("etc/my_init.d/2");
  script("etc/rc.local");
  service("web");
  boot({"true"});
  CHECK(ended() == exited(1));
  CHECK(trace() == "/etc/my_init.d/1\n");
  CHECK(said() ==
        "*** Running /etc/my_init.d/1...\n*** /etc/my_init.d/1 failed with status 3\n" + kAborted + kKilling);
}

SCENARIO_METHOD(Container, "my_init tells the signal that a startup file was killed by (root)") {
  script("etc/my_init.d/1", "kill -9 $$");
  boot();
  CHECK(ended() == exited(1));
  CHECK(says("*** /etc/my_init.d/1 failed with status 137\n"));
}

SCENARIO_METHOD(Container, "my_init passes over what cannot be executed among the startup files (root)") {
  script("etc/my_init.d/runs");
  machine.file("etc/my_init.d/text", "no program");
  std::filesystem::create_directories(machine / "etc/my_init.d/directory");
  machine.file("etc/rc.local", "no program");
  boot({"true"});
  CHECK(ended() == exited(0));
  CHECK(trace() == "/etc/my_init.d/runs\n");
}

SCENARIO_METHOD(Container, "my_init takes startup files from ENV_INIT_DIRECTORY if it is set (root)") {
  script("etc/my_init.d/usual");
  script("other/special");
  set("ENV_INIT_DIRECTORY", "/other");
  boot({"true"});
  CHECK(ended() == exited(0));
  CHECK(trace() == "/other/special\n");
}

SCENARIO_METHOD(Container, "my_init leaves startup files out if told so (root)") {
  script("etc/my_init.d/1");
  script("etc/rc.local");
  service("web");
  boot({"--skip-startup-files", "--", "sh", "-c", "until grep -q up /trace; do sleep 0.01; done"});
  CHECK(ended() == exited(0));
  CHECK(trace() == "web up\n");
}

SCENARIO_METHOD(Container, "my_init leaves services and shutdown files out if told so (root)") {
  script("etc/my_init.d/1");
  script("etc/my_init.pre_shutdown.d/1");
  script("etc/my_init.post_shutdown.d/1");
  service("web");
  boot({"--skip-runit", "--", "sh", "-c", "exit 4"});
  CHECK(ended() == exited(4));
  CHECK(trace() == "/etc/my_init.d/1\n");
  CHECK(said() ==
        "*** Running /etc/my_init.d/1...\n*** Running sh -c exit 4...\n*** sh exited with status 4.\n" +
            kKilling);
}

SCENARIO_METHOD(Container, "my_init leaves with 1 when there are neither services nor COMMAND (root)") {
  script("etc/my_init.d/1");
  boot({"--skip-runit"});
  CHECK(ended() == exited(1));
  CHECK(trace().empty());
  CHECK(said() == "*** When --skip-runit is given, you must also pass a main command.\n");
}

SCENARIO_METHOD(Container, "my_init tells of a COMMAND that cannot be executed by status 127 (root)") {
  boot({"--", "/no/such/program"});
  CHECK(ended() == exited(127));
  CHECK(says("*** Unable to run /no/such/program: file does not exist\n"));
  CHECK(says("*** /no/such/program exited with status 127.\n"));
}

SCENARIO_METHOD(Container,
                "my_init leaves with 128 and the signal's number when a signal kills COMMAND (root)") {
  boot({"--", "sh", "-c", "kill -SEGV $$"});
  CHECK(ended() == exited(128 + SIGSEGV));
}

SCENARIO_METHOD(Container, "my_init runs a startup file that another has made executable (root)") {
  script("etc/my_init.d/1",
         "chmod 755 /etc/my_init.d/2; cp /etc/my_init.d/2 /etc/rc.local; chmod 644 /etc/my_init.d/3");
  script("etc/my_init.d/2");
  std::filesystem::permissions(machine / "etc/my_init.d/2", std::filesystem::perms(0644));
  script("etc/my_init.d/3");
  boot({"true"});
  CHECK(ended() == exited(0));
  CHECK(trace() == "/etc/my_init.d/1\n/etc/my_init.d/2\n/etc/rc.local\n");
}

SCENARIO_METHOD(Container, "my_init installs the well-known key before anything else, if asked to (root)") {
  machine.script("key", "echo key >>/trace");
  script("etc/my_init.d/1");
  boot_with({"/bin/sh", "-c",
             "mount -t tmpfs tmpfs /usr/sbin && cp /key /usr/sbin/enable_insecure_key && exec /sbin/my_init "
             "--enable-insecure-key --skip-runit true"});
  CHECK(ended() == exited(0));
  CHECK(trace() == "key\n/etc/my_init.d/1\n");
  CHECK(said() ==
        "*** Installing insecure SSH key for user root\n*** Running /etc/my_init.d/1...\n"
        "*** Running true...\n*** true exited with status 0.\n" +
            kKilling);
}

SCENARIO_METHOD(Container, "my_init aborts when the well-known key cannot be installed (root)") {
  boot({"--enable-insecure-key", "--skip-startup-files", "true"});
  CHECK(ended() == exited(1));
  CHECK(says("*** /usr/sbin/enable_insecure_key failed with status 127\n"));
}

SCENARIO_METHOD(Container, "my_init tells how it is used (root)") {
  boot({"--help"});
  CHECK(ended() == exited(0));
  for (const char* option :
       {"--enable-insecure-key", "--skip-startup-files", "--skip-runit", "--no-kill-all-on-exit", "--quiet",
        "--critical", "--stop-timeout", "--stop-delay", "--log"}) {
    CHECK(machine.first().out().find(option) != std::string::npos);
  }
  CHECK(said().empty());
}

SCENARIO_METHOD(Container, "my_init refuses options that it does not know (root)") {
  boot({"--no-such-option"});
  CHECK(ended() == exited(2));
  CHECK(said().find("usage: ") == 0);
  CHECK(says("error: unrecognized arguments: --no-such-option\n"));
}

SCENARIO_METHOD(Container, "my_init gives its children default dispositions and no blocked signals (root)") {
  std::filesystem::copy_file(test_program("probe-process"), machine / "sbin/probe-process");
  script("etc/my_init.d/1", "exec /sbin/probe-process >/script.state");
  service("web", "/sbin/probe-process >/service.new; mv /service.new /service.state; exec sleep 1000");
  ProcessOptions options;
  options.environment = variables;
  options.bare_environment = true;
  options.ignored_signals = {SIGPIPE, SIGXFSZ, SIGHUP};
  options.blocked_signals = {SIGUSR1, SIGTERM};
  machine.boot({"/sbin/my_init", "--", "sh", "-c",
                "until [ -s /service.state ]; do sleep 0.01; done; exec /sbin/probe-process >/command.state"},
               options);
  CHECK(ended() == exited(0));
  for (const char* who : {"script", "service", "command"}) {
    const ProcessState state = read_process_state(machine.content(std::string(who) + ".state"));
    INFO(who);
    CHECK(state.blocked == 0);
    CHECK(state.ignored == 0);
    CHECK(state.descriptors.size() == 3);
  }
}

SCENARIO_METHOD(Container, "my_init works where the standard descriptors are closed (root)") {
  service("web");
  ProcessOptions options;
  options.environment = variables;
  options.bare_environment = true;
  options.closed = {0, 1, 2};
  machine.boot({"/sbin/my_init", "--", "sh", "-c", "until grep -q up /trace; do sleep 0.01; done; exit 5"},
               options);
  CHECK(ended() == exited(5));
}
