#include "remote.hpp"

#include <vector>

namespace runvisor::svlogd {

void Remote::send(const log::Extras& extras, std::string_view stamp, std::string& failures) {
  std::vector<std::string_view> messages;
  messages.reserve(extras.ends.size());
  std::size_t begin = 0;
  for (const std::size_t end : extras.ends) {
    messages.push_back(std::string_view{extras.messages}.substr(begin, end - begin));
    begin = end;
  }
  const auto fail = [&](std::string_view why, std::string_view message) {
    ((failures += why) += stamp) += message;
  };
  if (!socket_.open()) {
    for (const std::string_view message : messages) fail("warning: no udp socket available: ", message);
    return;
  }
  for (std::span<const std::string_view> rest{messages}; !rest.empty();) {
    const auto sent = socket_.send(rest);
    if (!sent) fail("warning: failure sending through udp: ", rest.front());
    rest = rest.subspan(sent ? *sent : 1);
  }
}

}  // namespace runvisor::svlogd
