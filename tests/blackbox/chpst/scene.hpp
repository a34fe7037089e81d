#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <catch2/catch.hpp>

#include "support/binaries.hpp"
#include "support/process.hpp"
#include "support/process_state.hpp"
#include "support/temp_dir.hpp"

namespace runvisor::testing {

/// The fixture of chpst's scenarios: a directory in which chpst is called, by any of its names, with the
/// probe `./probe` there to be run. The environment holds PATH and HOME only.
struct Scene : TempDir {
  ProcessOptions options{.environment = {{"PATH", "/usr/bin:/bin"}, {"HOME", "/home"}},
                         .bare_environment = true};

  Scene() {
    options.cwd = path();
    std::filesystem::copy_file(test_program("probe-process"), path() / "probe");
  }

  [[nodiscard]] Finished chpst(const std::vector<std::string>& arguments) const {
    return called("chpst", arguments);
  }
  /// Runs chpst by another name: through a link below the directory.
  [[nodiscard]] Finished called(std::string_view name, const std::vector<std::string>& arguments) const {
    return run(argv(name, arguments), options);
  }
  /// Starts chpst, to be waited for later.
  [[nodiscard]] Process start(std::string_view name, const std::vector<std::string>& arguments) const {
    return Process(argv(name, arguments), options);
  }

  /// What a program finds when `chpst ARGUMENTS` has started it. chpst must have nothing to say.
  [[nodiscard]] ProcessState state(const std::vector<std::string>& arguments) const {
    return state_by("chpst", arguments);
  }
  [[nodiscard]] ProcessState state_by(std::string_view name, std::vector<std::string> arguments) const {
    arguments.emplace_back("./probe");
    const Finished result = called(name, arguments);
    CHECK(result.err.empty());
    REQUIRE(result.ending == exited(0));
    return read_process_state(result.out);
  }

  /// Whether programs are started with this capability, which the root of a container may lack. If not, the
  /// test's report says what is left out.
  [[nodiscard]] bool has_capability(unsigned capability, const std::string& left_out) const {
    const bool has = (state({}).effective >> capability & 1U) != 0;
    if (!has) WARN("without capability " << capability << ": " << left_out << " is left out");
    return has;
  }

  void file(std::string_view name, std::string_view content = "", unsigned mode = 0644) const {
    std::filesystem::create_directories((path() / name).parent_path());
    write_file(path() / name, content, mode);
  }
  void directory(std::string_view name) const { std::filesystem::create_directories(path() / name); }
  [[nodiscard]] bool exists(std::string_view name) const { return std::filesystem::exists(path() / name); }

 private:
  [[nodiscard]] std::vector<std::string> argv(std::string_view name,
                                              const std::vector<std::string>& arguments) const {
    const std::filesystem::path link = path() / "called" / name;
    std::filesystem::create_directories(link.parent_path());
    if (!std::filesystem::is_symlink(link)) {
      std::filesystem::create_symlink(program("chpst"), link);
    }
    std::vector<std::string> result{link};
    result.insert(result.end(), arguments.begin(), arguments.end());
    return result;
  }
};

/// A call that fails for the reason `words` and starts nothing.
inline void check_fatal(const Finished& result, std::string_view words) {
  CHECK(result.ending == exited(111));
  CHECK(result.err == "chpst: fatal: " + std::string(words) + "\n");
  CHECK(result.out.empty());
}

/// A call that is answered with the usage of chpst under the name `name`, after the line `first` if there is
/// one.
inline void check_usage(const Finished& result, std::string_view first = "",
                        std::string_view name = "chpst") {
  CHECK(result.ending == exited(100));
  const std::string begin = std::string(first) + "usage: " + std::string(name) + " [-vV";
  CHECK(result.err.substr(0, begin.size()) == begin);
  CHECK(result.err.ends_with(" prog\n\n"));
  CHECK(result.out.empty());
}

}  // namespace runvisor::testing
