#include "remote.hpp"

#include <vector>

namespace runvisor::svlogd {

void Remote::send(const log::Messages& messages, std::string& failures) {
  std::vector<std::string_view> single;
  single.reserve(messages.ends.size());
  std::size_t begin = 0;
  for (const std::size_t end : messages.ends) {
    single.push_back(std::string_view{messages.text}.substr(begin, end - begin));
    begin = end;
  }
  const auto fail = [&](std::string_view why, std::string_view message) { (failures += why) += message; };
  if (!socket_.open()) {
    for (const std::string_view message : single) fail("warning: no udp socket available: ", message);
    return;
  }
  for (std::span<const std::string_view> rest{single}; !rest.empty();) {
    const auto sent = socket_.send(rest);
    if (!sent) fail("warning: failure sending through udp: ", rest.front());
    rest = rest.subspan(sent ? *sent : 1);
  }
}

}  // namespace runvisor::svlogd
