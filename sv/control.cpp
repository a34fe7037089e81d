#include "control.hpp"

#include <signal.h>

#include <cerrno>
#include <string>

#include "locator.hpp"
#include "waiter.hpp"

namespace runvisor::sv {
namespace {

/// Writes the request's commands, unless they are known to change nothing. When they most likely change
/// nothing, not being allowed to write them is no error; a FIFO full of commands that may undo the state seen
/// is one.
sys::Reached<void> send(const core::Request& request, sys::SuperviseClient& client,
                        const core::StatusRecord& record) {
  if (request.bytes.empty()) return {};
  if (!core::wanted_already(request, record)) return client.send(request.bytes);
  if (core::is_settled(client.trace())) return {};
  const auto sent = client.send(request.bytes);
  if (!sent && sent.error().error_number == EAGAIN) return sent;
  return {};
}

sys::Reached<Waiter::Commanded> command(const core::Request& request, Locator& locator, const char* service) {
  auto client = locator.find(service);
  if (!client) return client.error();
  auto ok = client->open_ok();
  if (!ok) return ok.error();
  const auto record = client->read_record();
  if (!record) return record.error();
  const bool in_doubt = core::shows_effect_already(request, *record) && !core::is_settled(client->trace());
  if (const auto sent = send(request, *client, *record); !sent) return sent.error();
  return Waiter::Commanded{service, *record, in_doubt, std::move(*ok)};
}

}  // namespace

void control(const cli::SvInvocation& invocation, Printer& printer) {
  Locator locator{invocation.service_directory};
  // A runsv that ends between open and write is an error of that write.
  ::signal(SIGPIPE, SIG_IGN);
  Waiter waiter{invocation, locator, printer};
  for (const char* const service : invocation.services) {
    auto commanded = command(invocation.request, locator, service);
    if (!commanded) {
      printer.print(tell_trouble(service, invocation.request, commanded.error(), printer));
    } else if (invocation.reports) {
      waiter.add(std::move(*commanded));
    }
  }
  waiter.run();
}

}  // namespace runvisor::sv
