#include "core/service_report.hpp"

#include <fmt/compile.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <iterator>

#include "core/error_words.hpp"

namespace runvisor::core {
namespace {

std::string_view state_prefix(State state) noexcept {
  switch (state) {
    case State::down:
      return "down: ";
    case State::run:
      return "run: ";
    case State::finish:
      return "finish: ";
  }
  return {};
}

std::string_view step_words(Step step) noexcept {
  switch (step) {
    case Step::change_directory:
      return "unable to change to service directory";
    case Step::change_log_directory:
      return "unable to change directory";
    case Step::open_ok:
      return "unable to open supervise/ok";
    case Step::open_status:
      return "unable to open supervise/status";
    case Step::read_status:
    case Step::parse_status:
      return "unable to read supervise/status";
    case Step::open_control:
      return "unable to open supervise/control";
    case Step::write_control:
      return "unable to write to supervise/control";
  }
  return {};
}

}  // namespace

void append_state(std::string& out, std::string_view name, const StatusRecord& record, bool has_down_file,
                  WallTime now) {
  using std::chrono::floor;
  using std::chrono::seconds;
  out += state_prefix(record.state);
  out += name;
  out += ": ";
  const bool alive = record.pid != 0;
  const auto end = std::back_inserter(out);
  if (record.state != State::down) fmt::format_to(end, FMT_COMPILE("(pid {}) "), record.pid);
  const seconds age = std::max(floor<seconds>(now) - floor<seconds>(record.since), seconds{0});
  fmt::format_to(end, FMT_COMPILE("{}s"), age.count());
  if (alive && has_down_file) out += ", normally down";
  if (!alive && !has_down_file) out += ", normally up";
  if (alive && record.paused) out += ", paused";
  if (!alive && record.want == Want::up) out += ", want up";
  if (alive && record.want != Want::up) out += ", want down";
  if (alive && record.got_term) out += ", got TERM";
}

bool is_runsv_gone(const Trouble& trouble) noexcept {
  const bool at_fifo = trouble.step == Step::open_ok || trouble.step == Step::open_control;
  return (at_fifo && trouble.error_number == ENXIO) ||
         (trouble.step == Step::write_control && trouble.error_number == EPIPE);
}

bool is_failure(const Trouble& trouble) noexcept {
  return trouble.step == Step::change_directory || is_runsv_gone(trouble);
}

void append_trouble(std::string& out, std::string_view name, const Trouble& trouble) {
  out += is_failure(trouble) ? "fail: " : "warning: ";
  out += name;
  out += ": ";
  if (is_runsv_gone(trouble)) {
    out += "runsv not running";
    return;
  }
  out += step_words(trouble.step);
  out += ": ";
  out += trouble.step == Step::parse_status ? "bad format" : error_words(trouble.error_number);
}

}  // namespace runvisor::core
