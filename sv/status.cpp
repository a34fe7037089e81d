#include "status.hpp"

#include <string>
#include <vector>

#include "sys/parallel.hpp"

namespace runvisor::sv {
namespace {

/// How many services a processor takes at a time. Fewer are not worth a thread.
constexpr std::size_t kChunk = 64;

/// What has been found out about some of the services.
struct Findings {
  std::string text;
  int failures = 0;
  /// For an init script: the exit status that tells of the last service's state.
  int status = 0;
};

int init_script_status(const core::StatusRecord& record) noexcept {
  return record.pid != 0 ? 0 : cli::kInitScriptDown;
}

int init_script_status(const core::Trouble& trouble) noexcept {
  return core::is_failure(trouble) ? cli::kInitScriptFailure : cli::kInitScriptUnknown;
}

/// Appends the log's part of the line, if there is a log.
void find_out_log(Findings& findings, const char* service, sys::SuperviseClient& client) {
  if (!client.has("log")) return;
  findings.text += "; ";
  auto log = client.log();
  const auto record = log.read_status();
  if (record) {
    append_state(findings.text, "log", log, *record);
  } else {
    core::append_trouble(findings.text, shown(service) + "/log", record.error());
    ++findings.failures;
  }
}

/// Appends a service's line.
void find_out(Findings& findings, const char* service, Locator& locator) {
  auto client = locator.find(service);
  const auto record = client ? client->read_status() : sys::Reached<core::StatusRecord>{client.error()};
  if (record) {
    append_state(findings.text, service, *client, *record);
    find_out_log(findings, service, *client);
    findings.status = init_script_status(*record);
  } else {
    core::append_trouble(findings.text, shown(service), record.error());
    ++findings.failures;
    findings.status = init_script_status(record.error());
  }
  findings.text += '\n';
}

}  // namespace

int print_status(const cli::SvInvocation& invocation, Printer& printer) {
  const auto& services = invocation.services;
  std::vector<Findings> all((services.size() + kChunk - 1) / kChunk);
  sys::in_chunks(services.size(), kChunk, [&](std::size_t begin, std::size_t end) {
    Locator locator{invocation.service_directory};
    for (std::size_t i = begin; i < end; ++i) find_out(all[begin / kChunk], services[i], locator);
  });
  for (const Findings& findings : all) {
    printer.print(findings.text);
    printer.fail(findings.failures);
  }
  return all.back().status;
}

}  // namespace runvisor::sv
