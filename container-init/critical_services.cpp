#include "critical_services.hpp"

#include <fcntl.h>
#include <sys/inotify.h>

#include <utility>

#include "core/container_machine.hpp"
#include "core/end_record.hpp"
#include "sys/supervise_client.hpp"
#include "sys/whole_file.hpp"

namespace runvisor::container_init {
namespace {

constexpr std::size_t kMostRecord = 256;
/// What a service is said to have ended with when nobody tells.
constexpr int kUnknownStatus = 1;

std::optional<core::EndRecord> read_end(const std::string& path) {
  const auto text = sys::read_whole_file((path + "/supervise/lock").c_str(), kMostRecord);
  // What follows it is for other readers.
  return text ? core::parse_end_record(std::string_view(*text).substr(0, core::kEndLineSize)) : std::nullopt;
}

}  // namespace

CriticalServices::CriticalServices(event::Loop& loop, const std::string& directory,
                                   std::vector<std::string> names,
                                   std::function<void(const std::string&, int)> ended)
    : loop_(loop), ended_(std::move(ended)) {
  for (std::string& name : names) {
    std::string path = directory;
    path.append("/").append(name);
    Service& service = services_.emplace_back();
    service.name = std::move(name);
    service.path = std::move(path);
  }
}

sys::Result<void> CriticalServices::open(
    const std::function<void(const std::string& name, sys::Error error)>& refused) {
  auto watch = sys::DirectoryWatch::create(IN_CREATE | IN_MOVED_TO | IN_MODIFY);
  if (!watch) return watch.error();
  watch_.emplace(std::move(*watch));
  for (Service& service : services_) {
    // An end that another life of the container has left is none of this one's.
    service.end_before = read_end(service.path);
    if (const auto added = watch_->add(service.path.c_str()); !added) refused(service.name, added.error());
    follow(service);
  }
  readable_.emplace(loop_, watch_->share(), [this] { watched(); });
  readable_->wait();
  return {};
}

/// Watches the service's `supervise/` if it is there by now.
void CriticalServices::follow(Service& service) {
  if (service.supervise) return;
  if (const auto id = watch_->add((service.path + "/supervise").c_str())) service.supervise = *id;
}

void CriticalServices::watched() {
  watch_->read([](const sys::DirectoryWatch::Event&) {});
  for (Service& service : services_) {
    follow(service);
    look_at(service);
  }
  readable_->wait();
}

void CriticalServices::look_at(Service& service) {
  if (service.has_ended) return;
  // Whoever tells how it has ended tells as well whether it was to end.
  if (const auto end = read_end(service.path); end && end != service.end_before) {
    service.end_before = end;
    service.tells_ends = true;
    if (end->was_told) return;
    service.has_ended = true;
    ended_(service.name, core::exit_status_of(end->end));
    return;
  }
  if (service.tells_ends) return;
  const auto now = sys::SuperviseClient(AT_FDCWD, service.path).read_record();
  if (!now) return;
  const auto before = std::exchange(service.seen, *now);
  if (!before || before->state != core::State::run || before->pid == 0) return;
  const bool goes_on = now->state == core::State::run && now->pid == before->pid;
  const bool was_told = before->got_term || before->want != core::Want::up || now->want != core::Want::up;
  if (goes_on || was_told) return;
  service.has_ended = true;
  ended_(service.name, kUnknownStatus);
}

}  // namespace runvisor::container_init
