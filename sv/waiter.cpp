#include "waiter.hpp"

#include <poll.h>
#include <sys/inotify.h>
#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "sys/output.hpp"

namespace runvisor::sv {
namespace {

using namespace std::chrono_literals;

/// A wait of no time still gives a runsv that is there the time to answer, as runit's first poll does.
constexpr auto kShortestWait = 420ms;

/// How often every service is looked at, when some of them cannot be watched and when all can.
constexpr auto kPollInterval = 50ms;
constexpr auto kSafetyInterval = 400ms;

/// The pause after a `./check` that did not pass, doubled each time.
constexpr auto kFirstCheckPause = 50ms;
constexpr auto kLongestCheckPause = 420ms;

/// Tags of the poller: the watch, a runsv's end or a check's end. The latter two carry the service's index.
enum class Source : sys::Poller::Tag { watch, runsv, check };

sys::Poller::Tag tag(Source source, std::size_t index) noexcept {
  return static_cast<sys::Poller::Tag>(index) << 2 | static_cast<sys::Poller::Tag>(source);
}
Source source_of(sys::Poller::Tag tag) noexcept { return static_cast<Source>(tag & 3); }
std::size_t index_of(sys::Poller::Tag tag) noexcept { return static_cast<std::size_t>(tag >> 2); }

/// How many FIFOs may be held open: half of all descriptors, so that enough are left to work with.
std::size_t most_fifos_held() noexcept {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == -1) return 0;
  return static_cast<std::size_t>(limit.rlim_cur / 2);
}

std::string state_line(std::string_view outcome, const char* service, sys::SuperviseClient& client,
                       const core::StatusRecord& record) {
  std::string line{outcome};
  append_state(line, service, client, record);
  line += '\n';
  return line;
}

void warn_about_check(const char* service, sys::Error error) {
  std::string text = "warning: unable to run ";
  text += shown(service);
  text += "/check: ";
  text += sys::words(error);
  text += '\n';
  [[maybe_unused]] const auto written = sys::write_all(STDERR_FILENO, text);
}

}  // namespace

std::string tell_trouble(const char* service, const core::Request& request, const core::Trouble& trouble,
                         Printer& printer) {
  std::string line;
  if (core::is_runsv_gone(trouble) && core::asks_for_exit(request)) {
    line = "ok: ";
    line += shown(service);
    line += ": runsv not running\n";
    return line;
  }
  printer.fail();
  core::append_trouble(line, shown(service), trouble);
  line += '\n';
  return line;
}

void Waiter::add(Commanded commanded) {
  if (all_.size() >= most_fifos_held()) {
    commanded.ok.reset();
    all_watched_ = false;
  }
  // Nothing tells when a FIFO has been read.
  if (commanded.in_doubt) all_watched_ = false;
  all_.emplace_back(std::move(commanded));
}

void Waiter::run() {
  printer_.flush();
  if (all_.empty()) return;
  const auto start = Clock::now();
  deadline_ = start + std::max<Clock::duration>(wait_, kShortestWait);
  end_of_doubt_ = std::min(deadline_, start + core::kQuietTime);
  // Most effects are there at once, or need no waiting; only for the others is it worth setting up a watch.
  for (Waiting& waiting : all_) look(waiting);
  if (reported_ < all_.size()) {
    watch_all();
    look_at_all();
  }
  printer_.flush();
  while (reported_ < all_.size() && Clock::now() < deadline_) {
    turn();
    printer_.flush();
  }
  for (Waiting& waiting : all_) expire(waiting);
  printer_.flush();
}

void Waiter::watch_all() {
  if (auto poller = sys::Poller::create()) poller_ = std::move(*poller);
  if (auto watch = sys::DirectoryWatch::create(IN_MOVED_TO)) watch_ = std::move(*watch);
  all_watched_ = all_watched_ && poller_ && watch_ &&
                 poller_->add_readable(watch_->descriptor(), tag(Source::watch, 0)).has_value();
  for (std::size_t i = 0; i < all_.size(); ++i) {
    Waiting& waiting = all_[i];
    if (!waiting.report.empty()) continue;
    if (poller_ && waiting.ok) {
      // A plain file instead of the FIFO cannot be polled: then nothing tells of runsv's end.
      [[maybe_unused]] const auto added = poller_->add_hangup(waiting.ok.get(), tag(Source::runsv, i));
    }
    if (waiting.check) poll_check(waiting);
    if (!watch_) continue;
    const std::string supervise = locator_.supervise_path(waiting.service);
    const auto id = watch_->add(supervise.c_str());
    if (id) waiting.watch = *id;
    all_watched_ = all_watched_ && id && sys::tells_changes(supervise.c_str());
  }
}

Waiter::Clock::time_point Waiter::next_look() const {
  auto next = std::min(deadline_, next_look_at_all_);
  for (const Waiting& waiting : all_) {
    if (waiting.next_check) next = std::min(next, *waiting.next_check);
  }
  return next;
}

void Waiter::turn() {
  const auto timeout = next_look() - Clock::now();
  std::vector<sys::Poller::Tag> ready;
  if (poller_) {
    ready = poller_->wait(timeout);
  } else {
    ::poll(nullptr, 0, static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(timeout).count()));
  }
  for (const auto t : ready) {
    switch (source_of(t)) {
      case Source::watch:
        look_after_watch();
        break;
      case Source::runsv: {
        Waiting& waiting = all_[index_of(t)];
        waiting.ok.reset();
        waiting.runsv_ended = true;
        look(waiting);
        break;
      }
      case Source::check:
        look(all_[index_of(t)]);
        break;
    }
  }
  const auto now = Clock::now();
  if (now >= next_look_at_all_) look_at_all();
  for (Waiting& waiting : all_) {
    if (waiting.next_check && now >= *waiting.next_check) look(waiting);
  }
}

void Waiter::look_after_watch() {
  bool complete = true;
  watch_->read([&](const sys::DirectoryWatch::Event& event) {
    complete = complete && (event.mask & IN_Q_OVERFLOW) == 0;
    if (event.name != "status") return;
    for (Waiting& waiting : all_) {
      if (waiting.watch == event.id) look(waiting);
    }
  });
  if (!complete) look_at_all();
}

void Waiter::look_at_all() {
  for (Waiting& waiting : all_) look(waiting);
  next_look_at_all_ = Clock::now() + (all_watched_ ? kSafetyInterval : kPollInterval);
}

void Waiter::look(Waiting& waiting) {
  if (!waiting.report.empty()) return;
  if (waiting.runsv_ended && core::asks_for_exit(request_)) {
    const core::Trouble gone{core::Step::open_ok, ENXIO};
    return report(waiting, tell_trouble(waiting.service, request_, gone, printer_));
  }
  auto client = locator_.find(waiting.service);
  const auto record = client ? client->read_status() : sys::Reached<core::StatusRecord>{client.error()};
  if (!record) return report(waiting, tell_trouble(waiting.service, request_, record.error(), printer_));
  if (waiting.in_doubt && Clock::now() < end_of_doubt_ && !core::is_settled(client->trace())) return;
  waiting.in_doubt = false;
  switch (core::effect_of(request_, waiting.before, *record)) {
    case core::Effect::none:
      waiting.check.reset();
      waiting.next_check.reset();
      return;
    case core::Effect::if_check_passes:
      if (!passes_check(waiting, *client, *record)) return;
      break;
    case core::Effect::taken:
      break;
  }
  report(waiting, state_line("ok: ", waiting.service, *client, *record));
}

bool Waiter::passes_check(Waiting& waiting, sys::SuperviseClient& client, const core::StatusRecord& record) {
  if (!client.has("check")) return true;
  const auto now = Clock::now();
  if (waiting.checked_since != record.since) {
    waiting.check.reset();
    waiting.checked_since = record.since;
    waiting.next_check.reset();
    waiting.check_pause = kFirstCheckPause;
  }
  if (waiting.check) {
    const auto passed = waiting.check->passed();
    if (!passed) return false;
    waiting.check.reset();
    if (*passed) return true;
    waiting.next_check = now + waiting.check_pause;
    waiting.check_pause = std::min<Clock::duration>(2 * waiting.check_pause, kLongestCheckPause);
    return false;
  }
  if (waiting.next_check && now < *waiting.next_check) return false;
  waiting.next_check.reset();
  const auto directory = client.open_directory();
  // If it has gone, the next look tells.
  if (!directory) return false;
  auto check = sys::CheckScript::start(directory->get());
  if (!check) {
    warn_about_check(waiting.service, check.error());
    return true;
  }
  waiting.check = std::move(*check);
  poll_check(waiting);
  return false;
}

void Waiter::poll_check(const Waiting& waiting) {
  if (!poller_) return;
  const auto index = static_cast<std::size_t>(&waiting - all_.data());
  if (!poller_->add_readable(waiting.check->descriptor(), tag(Source::check, index))) all_watched_ = false;
}

void Waiter::expire(Waiting& waiting) {
  look(waiting);
  if (!waiting.report.empty()) return;
  auto client = locator_.find(waiting.service);
  const auto record = client ? client->read_status() : sys::Reached<core::StatusRecord>{client.error()};
  if (!record) return report(waiting, tell_trouble(waiting.service, request_, record.error(), printer_));
  std::string text = state_line(request_.kills ? "kill: " : "timeout: ", waiting.service, *client, *record);
  printer_.fail();
  if (request_.kills) {
    if (const auto sent = client->send("k"); !sent) {
      text += tell_trouble(waiting.service, request_, sent.error(), printer_);
    }
  }
  report(waiting, std::move(text));
}

void Waiter::report(Waiting& waiting, std::string text) {
  waiting.report = std::move(text);
  waiting.check.reset();
  waiting.next_check.reset();
  waiting.ok.reset();
  ++reported_;
  while (printed_ < all_.size() && !all_[printed_].report.empty()) printer_.print(all_[printed_++].report);
}

}  // namespace runvisor::sv
