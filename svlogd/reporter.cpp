#include "reporter.hpp"

namespace runvisor::svlogd {

void Reporter::say(std::string_view kind, std::initializer_list<std::string_view> parts,
                   std::optional<sys::Error> error) {
  std::string line{"svlogd: "};
  line += kind;
  for (const std::string_view part : parts) line += part;
  if (error) {
    line += ": ";
    line += sys::words(*error);
  }
  line += '\n';
  system_.complain(line);
}

}  // namespace runvisor::svlogd
