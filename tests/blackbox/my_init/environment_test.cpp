// The directory of variables, and its dumps. Every scenario needs root, for namespaces.
#include <sys/stat.h>

#include <array>

#include <catch2/catch.hpp>

#include "container.hpp"

using namespace runvisor::testing;

namespace {

constexpr std::array<const char*, 6> kPersonal{"HOME", "USER", "GROUP", "UID", "GID", "SHELL"};

constexpr const char* kPrints = "env -0 | sort -z | tr '\\0\\n' '\\n;' >/seen";

}  // namespace

SCENARIO_METHOD(Container, "my_init takes variables from files, and the container's own win (root)") {
  machine.file("etc/container_environment/PLAIN", "value\n");
  machine.file("etc/container_environment/LINES", "one\ntwo\n\n");
  machine.file("etc/container_environment/OWN", "of the file");
  set("OWN", "of the container");
  boot({"--skip-startup-files", "--", "sh", "-c", kPrints});
  REQUIRE(ended() == exited(0));
  const std::string seen = machine.content("seen");
  CHECK(seen.find("PLAIN=value\n") != std::string::npos);
  CHECK(seen.find("LINES=one;two;\n") != std::string::npos);
  CHECK(seen.find("OWN=of the container\n") != std::string::npos);
  CHECK(machine.content("etc/container_environment/OWN") == "of the container");
}

SCENARIO_METHOD(Container, "my_init writes its variables as files, for a shell, and as JSON (root)") {
  set("PLAIN", "value");
  set("HARD", "it's \"two\"\nlines $x");
  set_no_limits();
  for (const char* name : kPersonal) set(name, "own");
  set("A-B.C", "odd name");
  boot({"--skip-startup-files", "true"});
  REQUIRE(ended() == exited(0));
  CHECK(machine.content("etc/container_environment/PLAIN") == "value");
  CHECK(machine.content("etc/container_environment/HARD") == "it's \"two\"\nlines $x");
  CHECK(machine.content("etc/container_environment/A-B.C") == "odd name");

  const std::string shell = machine.content("etc/container_environment.sh");
  for (const char* name : kPersonal) {
    CHECK_FALSE(std::filesystem::exists(machine / "etc/container_environment" / name));
    CHECK(shell.find(name) == std::string::npos);
  }
  const auto sourced = run({"/bin/sh", "-c", ". \"$0\"; printf '%s|%s|%s' \"$PLAIN\" \"$HARD\" \"$A_B_C\"",
                            (machine / "etc/container_environment.sh").string()});
  CHECK(sourced.out == "value|it's \"two\"\nlines $x|odd name");

  CHECK(
      machine.content("etc/container_environment.json") ==
      R"({"A-B.C": "odd name", "GID": "own", "GROUP": "own", "HARD": "it's \"two\"\nlines $x", "HOME": "own", )"
      R"("PATH": "/sbin:/usr/sbin:/usr/bin:/bin", "PLAIN": "value", "SHELL": "own", "UID": "own", "USER": "own"})");
}

SCENARIO_METHOD(Container, "my_init lets startup files change the variables through the directory (root)") {
  set("HOME", "/root");
  set("GOES", "away");
  script(
      "etc/my_init.d/1",
      "echo changed >/etc/container_environment/CHANGES\nrm /etc/container_environment/GOES\nexport LOST=1");
  script("etc/my_init.d/2", "[ \"$CHANGES\" = changed ] && echo two >>/trace");
  service("web", "echo \"$CHANGES-$GOES-$HOME\" >>/trace; exec sleep 1000");
  boot({"--", "sh", "-c", "until grep -q -- - /trace; do sleep 0.01; done"});
  REQUIRE(ended() == exited(0));
  CHECK(trace() == "/etc/my_init.d/1\n/etc/my_init.d/2\ntwo\nweb up\nchanged--\n");
  CHECK(machine.content("etc/container_environment.sh").find("export CHANGES=changed\n") !=
        std::string::npos);
  CHECK(machine.content("etc/container_environment.json").find("GOES") == std::string::npos);
}

SCENARIO_METHOD(Container, "my_init never decodes a variable (root)") {
  machine.file("etc/container_environment/BYTES", "\xff\xfe\x80 \xc3\xa4\xf0\x9f\x98\x80\n");
  script("etc/my_init.d/1");
  boot({"--", "sh", "-c", "printf %s \"$BYTES\" >/seen"});
  REQUIRE(ended() == exited(0));
  CHECK(machine.content("seen") == "\xff\xfe\x80 \xc3\xa4\xf0\x9f\x98\x80");
  CHECK(machine.content("etc/container_environment.json")
            .find(R"("BYTES": "\udcff\udcfe\udc80 \u00e4\ud83d\ude00")") != std::string::npos);
}

SCENARIO_METHOD(Container, "my_init warns of what is no variable in the directory, and goes on (root)") {
  std::filesystem::create_directories(machine / "etc/container_environment/directory");
  machine.file("etc/container_environment/ZERO", std::string("a\0b", 3));
  std::filesystem::create_symlink("/nowhere", machine / "etc/container_environment/LINK");
  REQUIRE(::mkfifo((machine / "etc/container_environment/FIFO").c_str(), 0600) == 0);
  set("FIFO", "a variable all the same");
  machine.file("etc/container_environment/.hidden", "none");
  machine.file("etc/container_environment/GOOD", "yes");
  script("etc/my_init.d/1", "env >/seen");
  boot({"true"});
  REQUIRE(ended() == exited(0));
  CHECK(says("*** Skipping /etc/container_environment/directory: is a directory\n"));
  CHECK(says("*** Skipping /etc/container_environment/ZERO: "));
  CHECK(says("*** Skipping /etc/container_environment/LINK: file does not exist\n"));
  CHECK(says("*** Skipping /etc/container_environment/FIFO: not a file\n"));
  CHECK(machine.content("seen").find("GOOD=yes\n") != std::string::npos);
  CHECK(machine.content("seen").find("hidden") == std::string::npos);
}

SCENARIO_METHOD(Container, "my_init does without the directory of variables (root)") {
  std::filesystem::remove(machine / "etc/container_environment");
  set("HOME", "/root");
  script("etc/my_init.d/1");
  boot({"--", "sh", "-c", "echo $HOME >>/trace"});
  REQUIRE(ended() == exited(0));
  CHECK(trace() == "/etc/my_init.d/1\n/root\n");
  CHECK_FALSE(std::filesystem::exists(machine / "etc/container_environment.sh"));
}

SCENARIO_METHOD(
    Container,
    "my_init keeps the rights of the files it replaces, and takes the directory's for new ones (root)") {
  machine.file("etc/container_environment.sh", "old\n", 0600);
  std::filesystem::permissions(machine / "etc/container_environment", std::filesystem::perms(0750));
  REQUIRE(::chown((machine / "etc/container_environment").c_str(), 0, 1236) == 0);
  set("SECRET", "x");
  boot({"--skip-startup-files", "true"});
  REQUIRE(ended() == exited(0));
  CHECK(mode_of(machine / "etc/container_environment.sh") == 0600);
  for (const char* name : {"etc/container_environment.json", "etc/container_environment/SECRET"}) {
    struct stat status {};
    REQUIRE(::stat((machine / name).c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0640);
    CHECK(status.st_gid == 1236);
  }
  CHECK(machine.content("etc/container_environment.sh").find("export SECRET=x\n") != std::string::npos);
  // Nothing is left of what was written beside.
  for (const auto& entry : std::filesystem::directory_iterator(machine / "etc/container_environment")) {
    CHECK(entry.path().filename().string().front() != '.');
  }
}

SCENARIO_METHOD(Container, "my_init replaces files in one step (root)") {
  for (const char* name : {"etc/container_environment.sh", "etc/container_environment.json",
                           "etc/container_environment/CHANGES"}) {
    machine.file(name, "old");
    // Whoever has the old file open goes on reading it.
    std::filesystem::create_hard_link(machine / name,
                                      machine / std::filesystem::path(name).filename().string());
  }
  set("CHANGES", "new");
  boot({"--skip-startup-files", "true"});
  REQUIRE(ended() == exited(0));
  for (const char* name : {"container_environment.sh", "container_environment.json", "CHANGES"}) {
    CHECK(machine.content(name) == "old");
  }
  CHECK(machine.content("etc/container_environment/CHANGES") == "new");
}

SCENARIO_METHOD(Container, "my_init works on a read-only root directory, and says what it skips (root)") {
  machine.file("etc/container_environment/FILE", "of the file");
  machine.script("etc/my_init.d/1", "true");
  machine.script("sbin/command",
                 "[ \"$FILE\" = 'of the file' ] && [ \"$GIVEN\" = 'by the engine' ] && exit 6");
  set("GIVEN", "by the engine");
  boot_with(
      {"/bin/sh", "-c",
       "mount --rbind / /tmp && mount -o remount,bind,ro /tmp && exec chroot /tmp /sbin/my_init command"});
  CHECK(ended() == exited(6));
  CHECK(says("*** Skipping /etc/container_environment/"));
  CHECK(says("read-only file system\n"));
}

SCENARIO_METHOD(Container, "my_init works as an ordinary user, and says what it skips (root)") {
  service("web");
  machine.file("trace", "", 0666);
  std::filesystem::permissions(machine / "etc/service/web", std::filesystem::perms(0777));
  machine.file("etc/container_environment/SECRET", "for root", 0600);
  machine.file("etc/container_environment/PUBLIC", "for all");
  boot_with({"/sbin/setuser", "app", "/sbin/my_init", "--", "sh", "-c",
             "until grep -q up /trace; do sleep 0.01; done; id -u >>/trace; exit 8"});
  CHECK(ended() == exited(8));
  CHECK(trace() == "web up\n1234\n");
  CHECK(says("*** Skipping /etc/container_environment/SECRET: access denied\n"));
  CHECK(says("*** Skipping /etc/container_environment.sh: access denied\n"));
}
