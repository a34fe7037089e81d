#include "status.hpp"

#include <string>

namespace runvisor::sv {
namespace {

int init_script_status(const core::StatusRecord& record) noexcept {
  return record.pid != 0 ? 0 : cli::kInitScriptDown;
}

int init_script_status(const core::Trouble& trouble) noexcept {
  return core::is_failure(trouble) ? cli::kInitScriptFailure : cli::kInitScriptUnknown;
}

/// Appends the log's part of the line, if there is a log. False if it is in trouble.
bool append_log(std::string& line, const char* service, const sys::SuperviseClient& client) {
  const auto log = client.log();
  if (log && !*log) return true;
  line += "; ";
  const auto record = log ? (*log)->read_status() : sys::Reached<core::StatusRecord>{log.error()};
  if (!record) {
    core::append_trouble(line, std::string{service} + "/log", record.error());
    return false;
  }
  append_state(line, "log", **log, *record);
  return true;
}

}  // namespace

int print_status(const cli::SvInvocation& invocation, Locator& locator, Printer& printer) {
  int status = 0;
  std::string line;
  for (const char* const service : invocation.services) {
    line.clear();
    const auto client = locator.open(service);
    const auto record = client ? client->read_status() : sys::Reached<core::StatusRecord>{client.error()};
    if (record) {
      append_state(line, service, *client, *record);
      if (!append_log(line, service, *client)) printer.fail();
      status = init_script_status(*record);
    } else {
      core::append_trouble(line, service, record.error());
      printer.fail();
      status = init_script_status(record.error());
    }
    line += '\n';
    printer.print(line);
  }
  return status;
}

}  // namespace runvisor::sv
