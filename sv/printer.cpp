#include "printer.hpp"

#include <chrono>

#include "core/printable.hpp"
#include "sys/output.hpp"

namespace runvisor::sv {
namespace {

/// More than this is not kept back.
constexpr std::size_t kEnough = std::size_t{32} * 1024;

}  // namespace

void Printer::print(std::string_view text) {
  text_ += text;
  if (text_.size() >= kEnough) flush();
}

void Printer::flush() noexcept {
  // Whoever closed the output does not want it; the exit status tells what happened to the services.
  [[maybe_unused]] const auto written = sys::write_all(STDOUT_FILENO, text_);
  text_.clear();
}

std::string shown(std::string_view name) {
  static const bool on_terminal = ::isatty(STDOUT_FILENO) == 1 || ::isatty(STDERR_FILENO) == 1;
  return on_terminal ? core::printable(name) : std::string{name};
}

void append_state(std::string& out, std::string_view name, sys::SuperviseClient& client,
                  const core::StatusRecord& record) {
  core::append_state(out, shown(name), record, client.has("down"), std::chrono::system_clock::now());
}

}  // namespace runvisor::sv
