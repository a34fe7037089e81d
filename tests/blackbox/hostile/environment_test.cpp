// A directory of variables that has been given to a user, read by root's chpst.
#include <unistd.h>

#include <filesystem>
#include <string>

#include <catch2/catch.hpp>

#include "chpst/scene.hpp"
#include "neighbour.hpp"

using namespace runvisor::testing;

namespace {

struct GivenAway : Scene {
  Neighbour neighbour{*this};

  GivenAway() {
    Neighbour::give_directory(path() / "env");
    write_file(path() / "env/GIVEN", "value\n", 0600);
    Neighbour::give(path() / "env/GIVEN", 0600);
    write_file(path() / "env/PUBLIC", "public\n", 0644);
  }
};

}  // namespace

SCENARIO_METHOD(GivenAway, "chpst -e reads a directory that belongs to another user (root)") {
  const ProcessState found = state({"-e", "env"});
  CHECK(found.environment.at("GIVEN") == "value");
  CHECK(found.environment.at("PUBLIC") == "public");
}

SCENARIO_METHOD(GivenAway, "chpst -e reads no secret for whoever may write in its directory (root)",
                "[fixed]") {
  const std::string kind = GENERATE(std::string("symlink"), std::string("hard link"), std::string("moved"));
  CAPTURE(kind);
  const std::filesystem::path planted = path() / "env/LEAK";
  if (kind == "symlink") std::filesystem::create_symlink(neighbour.secret(), planted);
  if (kind == "hard link") std::filesystem::create_hard_link(neighbour.secret(), planted);
  if (kind == "moved") std::filesystem::rename(neighbour.secret(), planted);
  const std::string why = kind == "symlink" ? "symbolic link loop" : "access denied";
  check_fatal(chpst({"-e", "env", "./probe"}), "unable to read env/LEAK: " + why);
}
