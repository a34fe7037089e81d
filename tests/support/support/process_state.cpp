#include "support/process_state.hpp"

#include <sstream>
#include <stdexcept>

#include "support/binaries.hpp"
#include "support/one_line.hpp"

namespace runvisor::testing {

std::filesystem::path test_program(std::string_view name) {
  return for_all_users(RUNVISOR_TEST_PROGRAMS) / name;
}

ProcessState read_process_state(std::string_view text) {
  if (text.empty()) {
    throw std::runtime_error("the probe reported nothing");
  }
  ProcessState state;
  std::istringstream rows{std::string(text)};
  for (std::string row; std::getline(rows, row);) {
    const std::size_t space = row.find(' ');
    const std::string key = row.substr(0, space);
    const std::string value = unescaped(row.substr(space + 1));
    std::istringstream fields(value);
    if (key == "arg") {
      state.argv.push_back(value);
    } else if (key == "env") {
      state.variables.push_back(value);
      const std::size_t equals = value.find('=');
      state.environment[value.substr(0, equals)] =
          equals == std::string::npos ? "" : value.substr(equals + 1);
    } else if (key == "cwd") {
      state.cwd = value;
    } else if (key == "root") {
      fields >> state.root.first >> state.root.second;
    } else if (key == "uid") {
      for (uid_t& id : state.uids) fields >> id;
    } else if (key == "gid") {
      for (gid_t& id : state.gids) fields >> id;
    } else if (key == "supplementary") {
      fields >> state.groups.emplace_back();
    } else if (key == "effective") {
      fields >> state.effective;
    } else if (key == "permitted") {
      fields >> state.permitted;
    } else if (key == "inheritable") {
      fields >> state.inheritable;
    } else if (key == "bounding") {
      fields >> state.bounding;
    } else if (key == "ambient") {
      fields >> state.ambient;
    } else if (key == "securebits") {
      fields >> state.securebits;
    } else if (key == "no-new-privileges") {
      state.no_new_privileges = value == "1";
    } else if (key == "limit") {
      int resource = 0;
      fields >> resource;
      fields >> state.limits[resource].soft >> state.limits[resource].hard;
    } else if (key == "nice") {
      fields >> state.nice;
    } else if (key == "scheduler") {
      fields >> state.scheduler.first >> state.scheduler.second;
    } else if (key == "io-priority") {
      fields >> state.io_priority;
    } else if (key == "oom-score") {
      fields >> state.oom_score;
    } else if (key == "pid") {
      fields >> state.pid >> state.parent >> state.process_group >> state.session;
    } else if (key == "umask") {
      fields >> state.umask;
    } else if (key == "signals") {
      fields >> state.blocked >> state.ignored;
    } else if (key == "fd") {
      int number = 0;
      fields >> number;
      fields >> state.descriptor_flags[number] >> std::ws;
      std::getline(fields, state.descriptors[number]);
    }
  }
  return state;
}

}  // namespace runvisor::testing
