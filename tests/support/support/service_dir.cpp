#include "support/service_dir.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

#include "support/binaries.hpp"
#include "support/eventually.hpp"
#include "support/temp_dir.hpp"

namespace runvisor::testing {

ServiceDir::ServiceDir(std::filesystem::path path, std::filesystem::path events)
    : path_(std::move(path)), events_(std::move(events)) {
  std::filesystem::create_directories(path_);
}

ServiceDir& ServiceDir::file(std::string_view name, std::string_view content, unsigned mode) {
  const std::filesystem::path target = path_ / name;
  std::filesystem::create_directories(target.parent_path());
  // Never through the link that a probe is.
  if (std::filesystem::is_symlink(target)) std::filesystem::remove(target);
  write_file(target, content, mode);
  return *this;
}

ServiceDir& ServiceDir::script(std::string_view name, std::string_view body, unsigned mode) {
  return file(name, "#!/bin/sh\n" + std::string(body) + "\n", mode);
}

ServiceDir& ServiceDir::probe(std::string_view name, const Probe& probe) {
  const std::string label = name.starts_with("log/") ? "label log:\n" : "";
  file(std::string(name) + ".probe", label + "events " + events_.string() + "\n" + probe.configuration());
  const std::filesystem::path link = path_ / name;
  std::filesystem::remove(link);
  std::filesystem::create_symlink(for_all_users(RUNVISOR_TEST_PROGRAMS) / "probe-service", link);
  return *this;
}

std::vector<Event> ServiceDir::events(std::string_view prefix) const {
  std::vector<Event> found;
  for (const Event& event : events()) {
    if (event.text().starts_with(prefix)) {
      found.push_back(event);
    }
  }
  return found;
}

bool ServiceDir::saw(std::string_view prefix, std::size_t times) const {
  return eventually([&] { return count(prefix) >= times; });
}

std::vector<std::string> ServiceDir::history() const {
  std::vector<std::string> texts;
  for (const Event& event : events()) {
    texts.push_back(event.text());
  }
  return texts;
}

bool ServiceDir::write_fifo(std::string_view name, std::string_view bytes) const {
  const int fd = ::open((path_ / name).c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) {
    return false;
  }
  const ssize_t written = ::write(fd, bytes.data(), bytes.size());
  ::close(fd);
  return written == static_cast<ssize_t>(bytes.size());
}

}  // namespace runvisor::testing
