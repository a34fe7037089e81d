#include "log_directory.hpp"

#include <algorithm>
#include <array>

#include "sys/trust.hpp"

namespace runvisor::svlogd {
namespace {

constexpr std::chrono::milliseconds kRetryPause{500};
constexpr std::size_t kBlockSize = std::size_t{128} * 1024;

bool is_full(sys::Error error) { return error == sys::Error{ENOSPC} || error == sys::Error{EDQUOT}; }

}  // namespace

LogDirectory::LogDirectory(sys::System& system, Reporter& reporter, const Settings& settings,
                           std::string name)
    : system_(system),
      reporter_(reporter),
      settings_(settings),
      name_(std::move(name)),
      current_(system),
      processor_(system, reporter, name_, settings.child_mask) {}

bool LogDirectory::open(const core::Now& now) {
  if (const auto trouble = acquire()) {
    reporter_.warn({trouble->what, ": ", name_}, trouble->error);
    abandon();
    return false;
  }
  open_ = true;
  read_config();
  retry_at_.reset();
  complaint_.clear();
  (void)open_current(now);
  return true;
}

/// Opens and locks the directory.
Outcome LogDirectory::acquire() {
  auto directory = system_.open(AT_FDCWD, name_.c_str(), O_RDONLY | O_DIRECTORY | O_NONBLOCK, 0);
  if (!directory) {
    const bool is_file = directory.error() == sys::Error{ENOTDIR};
    return Trouble{is_file ? "unable to change directory" : "unable to open log directory",
                   directory.error()};
  }
  // Whoever may read a directory may not always use it.
  const auto entered = system_.status(directory->get(), ".", 0);
  if (!entered) return Trouble{"unable to change directory", entered.error()};
  untrusted_ = sys::is_untrusted(*entered);
  const int lock_flags = O_WRONLY | O_CREAT | O_APPEND | O_NONBLOCK | (untrusted_ ? O_NOFOLLOW : 0);
  auto lock = system_.open(directory->get(), "lock", lock_flags, 0600);
  const auto locked = lock ? system_.lock(lock->get(), nullptr) : sys::Result<void>{lock.error()};
  if (!locked) return Trouble{"unable to lock directory", locked.error()};
  directory_ = std::move(*directory);
  lock_ = std::move(*lock);
  return std::nullopt;
}

/// In an untrusted directory, only what those who write there could have read themselves.
sys::Result<sys::Fd> LogDirectory::open_config() {
  const int flags = O_RDONLY | O_NONBLOCK | (untrusted_ ? O_NOFOLLOW : 0);
  auto file = system_.open(directory_.get(), "config", flags, 0);
  if (!file || !untrusted_) return file;
  const auto status = system_.status(file->get());
  if (!status) return status.error();
  const auto directory = system_.status(directory_.get());
  if (!directory) return directory.error();
  if (!sys::is_theirs(*status, *directory)) return sys::Error{EACCES};
  return file;
}

void LogDirectory::read_config() {
  config_ = {};
  const auto file = open_config();
  std::string text;
  std::optional<sys::Error> failure;
  if (!file) failure = file.error();
  while (!failure) {
    std::array<char, 4096> buffer;
    const auto count = system_.read(file->get(), buffer);
    if (!count) failure = count.error();
    if (!count || *count == 0) break;
    text.append(buffer.data(), *count);
  }
  if (!failure) {
    config_ = log::parse_config(text);
    for (const std::string& warning : config_.warnings) reporter_.warn({warning});
    if (untrusted_ && !config_.processor.empty()) {
      config_.processor.clear();
      reporter_.warn({"processor not run, others may write there: ", name_});
    }
    reporter_.info({"read: ", name_, "/config"});
  } else if (failure != sys::Error{ENOENT}) {
    reporter_.warn({"unable to read config: ", name_}, failure);
  }
  log::Formatter formatter{config_, settings_.stamps != log::StampStyle::none, settings_.line_size};
  if (formatter_) formatter.continue_after(*formatter_);
  formatter_.emplace(std::move(formatter));
  remote_.reset();
  if (config_.remote) remote_.emplace(*config_.remote);
}

bool LogDirectory::open_current(const core::Now& now) {
  take_stock();
  if (const auto trouble = current_.open(directory_.get(), untrusted_, now.wall)) {
    return pause(now, trouble->what, trouble->error);
  }
  if (!current_.renamed().empty()) {
    remove_surplus();
    processor_.add(current_.renamed());
  }
  reporter_.info({current_.continued() ? "append: " : "new: ", name_, "/current"});
  old_at_.reset();
  if (config_.max_age.count() > 0) old_at_ = now.steady + config_.max_age;
  return true;
}

/// Forgets what has not been written, and does not take part any more.
void LogDirectory::abandon() {
  take({}, {});
  pending_ = {};
  notes_.clear();
  must_rotate_ = false;
  rotation_requested_ = false;
  retry_at_.reset();
  processor_.configure(-1, {}, {});
}

void LogDirectory::close() {
  if (!is_open()) return;
  open_ = false;
  reporter_.info({"close: ", name_});
  if (current_.is_open()) {
    if (const auto trouble = current_.seal()) reporter_.warn({trouble->what, ": ", name_}, trouble->error);
  }
  current_.drop();
  lock_.reset();
  directory_.reset();
  old_at_.reset();
}

void LogDirectory::take(const Stamped& first, const Stamped& rest) {
  first_ = first.text;
  first_stamp_ = first.stamp;
  rest_ = rest.text;
  stamp_ = rest.stamp;
}

/// Whether there is a file to write to. Makes one if there is none, or if somebody has removed it, with its
/// directory perhaps.
bool LogDirectory::present(const core::Now& now) {
  if (current_.is_open() && !current_.removed()) return true;
  if (current_.is_open()) reporter_.warn({"current has been removed: ", name_});
  current_.drop();
  if (directory_) {
    const auto status = system_.status(directory_.get());
    if (!status || status->st_nlink == 0) {
      lock_.reset();
      directory_.reset();
      processor_.configure(-1, {}, {});
    }
  }
  if (!directory_) {
    if (const auto trouble = acquire()) return pause(now, trouble->what, trouble->error);
    read_config();
  }
  return open_current(now);
}

bool LogDirectory::drain(const core::Now& now, log::Alerts& alerts) {
  if (drained() && !rotation_requested_ && current_.is_open()) {
    retry_at_.reset();
    return true;
  }
  if (retry_at_ && now.steady < *retry_at_) return false;
  if (!present(now)) return false;
  while (true) {
    if (rotation_requested_ && !current_.state().line_open()) {
      must_rotate_ = must_rotate_ || current_.state().size > 0;
      rotation_requested_ = false;
    }
    if (must_rotate_ && current_.state().size > 0 && !rotate(now)) return false;
    must_rotate_ = false;
    if (pending_.empty() && !refill(alerts)) break;
    if (pending_.empty()) continue;
    const auto step = log::plan({config_.size, settings_.line_size}, current_.state(), pending_);
    if (step.write > 0) {
      const auto count = current_.write(pending_.substr(0, step.write));
      if (!count) {
        if (!write_failed(now, count.error())) return false;
        continue;
      }
      pending_.remove_prefix(*count);
      if (*count < step.write) continue;
    }
    must_rotate_ = step.rotate;
  }
  retry_at_.reset();
  complaint_.clear();
  return true;
}

/// Formats more of what has been taken; false if there is no more.
bool LogDirectory::refill(log::Alerts& alerts) {
  if (first_.empty() && rest_.empty()) {
    if (notes_.empty()) return false;
    written_notes_.swap(notes_);
    notes_.clear();
    pending_ = written_notes_;
  } else if (formatter_->transparent()) {
    const char* const begin = first_.empty() ? rest_.data() : first_.data();
    pending_ = {begin, first_.size() + rest_.size()};
    formatter_->pass(pending_);
    first_ = {};
    rest_ = {};
  } else {
    format(alerts);
  }
  return true;
}

void LogDirectory::format(log::Alerts& alerts) {
  const std::size_t head = config_.prefix.size() + std::max(stamp_.size(), first_stamp_.size());
  if (const std::size_t needed = kBlockSize + head; block_size_ < needed) {
    block_.reset(new char[needed]);
    block_size_ = needed;
  }
  std::span<char> room{block_.get(), block_size_};
  const auto fill = [&](std::string_view& text, std::string_view stamp) {
    formatter_->set_stamp(stamp);
    const auto [consumed, produced] = formatter_->format(text, room, alerts, messages_);
    text.remove_prefix(consumed);
    room = room.subspan(produced);
  };
  if (!first_.empty()) fill(first_, first_stamp_);
  if (first_.empty() && !rest_.empty()) fill(rest_, stamp_);
  pending_ = {block_.get(), block_size_ - room.size()};
  if (!messages_.ends.empty() && remote_) remote_->send(messages_, notes_);
  messages_.clear();
}

bool LogDirectory::rotate(const core::Now& now) {
  const bool processed = processor_.wanted();
  if (processed && config_.keep > 0 && processor_.backlog() >= config_.keep) {
    return pause(now, "processor already running", std::nullopt);
  }
  const std::uint64_t size = current_.state().size;
  const auto kind = processed ? log::OldFileKind::unprocessed : log::OldFileKind::finished;
  const auto trouble = current_.rotate(kind, now.wall);
  if (!current_.renamed().empty()) {
    reporter_.info(
        {"rename: ", name_, "/current ", current_.renamed(), log::suffix(kind), " ", std::to_string(size)});
    remove_surplus();
    if (processed) {
      processor_.add(current_.renamed());
      processor_.proceed(now.steady);
    }
  }
  if (trouble) {
    // Without a file, the next try makes one.
    if (is_full(trouble->error) && make_room()) return current_.is_open() ? rotate(now) : open_current(now);
    return pause(now, trouble->what, trouble->error);
  }
  if (config_.max_age.count() > 0) old_at_ = now.steady + config_.max_age;
  return true;
}

/// Looks at what is there before the first file is written.
void LogDirectory::take_stock() {
  const auto files = old_files("rotate");
  if (!files) return;
  for (const auto* labels : {&files->finished, &files->unprocessed}) {
    if (!labels->empty()) current_.follow(labels->back());
  }
  processor_.configure(directory_.get(), config_.processor, *files);
}

/// The old files; none, after a warning, if the directory cannot be read.
std::optional<log::OldFiles> LogDirectory::old_files(std::string_view wanted_for) {
  const auto names = system_.list_files(directory_.get());
  if (names) return log::sort_out(*names);
  reporter_.warn({"unable to open directory, want ", wanted_for, ": ", name_}, names.error());
  return std::nullopt;
}

/// What is due after a file has become an old one: removes what processors that are gone have left, and the
/// oldest file if there are too many.
void LogDirectory::remove_surplus() {
  auto files = old_files("rotate");
  if (!files) return;
  for (const std::string& label : files->temporary) {
    if (label == processor_.in_work()) continue;
    const std::string name = log::file_name(label, log::OldFileKind::temporary);
    if (const auto removed = system_.remove(directory_.get(), name.c_str()); !removed) {
      reporter_.warn({"unable to unlink processor leftover: ", name_, "/", name}, removed.error());
    }
  }
  // What waits for the processor is not lost before that has seen it.
  if (processor_.wanted()) files->unprocessed.clear();
  if (config_.keep == 0 || files->count() <= config_.keep) return;
  const std::string name = files->oldest();
  reporter_.info({"delete: ", name_, "/", name});
  (void)remove_old(name);
}

/// Removes the oldest file, if there are enough of them.
bool LogDirectory::make_room() {
  auto files = old_files("remove old logfile");
  if (!files) return false;
  std::erase(files->unprocessed, processor_.in_work());
  if (files->count() == 0 || files->count() <= config_.keep_when_full) return false;
  const std::string name = files->oldest();
  reporter_.warn({"out of disk space, delete: ", name_, "/", name});
  return remove_old(name);
}

bool LogDirectory::remove_old(const std::string& name) {
  const auto removed = system_.remove(directory_.get(), name.c_str());
  if (!removed) reporter_.warn({"unable to unlink oldest logfile: ", name_, "/", name}, removed.error());
  return removed.has_value();
}

bool LogDirectory::write_failed(const core::Now& now, sys::Error error) {
  if (is_full(error) && make_room()) return true;
  return pause(now, "unable to write to current", error);
}

/// Says why there has to be a pause, unless that has been said before. Always false.
bool LogDirectory::pause(const core::Now& now, std::string_view what, std::optional<sys::Error> error) {
  std::string complaint{what};
  if (error) complaint += sys::words(*error);
  if (complaint != complaint_) reporter_.pause({what, ": ", name_}, error);
  complaint_ = std::move(complaint);
  retry_at_ = now.steady + kRetryPause;
  return false;
}

void LogDirectory::proceed(const core::Now& now, log::Alerts& alerts) {
  if (old_at_ && now.steady >= *old_at_) {
    if (current_.is_open() && current_.state().size > 0) rotation_requested_ = true;
    old_at_ = now.steady + config_.max_age;
  }
  if (directory_) processor_.proceed(now.steady);
  if (!drained() || rotation_requested_ || retry_at_) (void)drain(now, alerts);
}

bool LogDirectory::child_ended(const core::ChildEnd& end, const core::Now& now) {
  if (!processor_.child_ended(end, now.steady)) return false;
  // What it was that had to wait may have been this.
  retry_at_.reset();
  return true;
}

std::optional<core::SteadyTime> LogDirectory::next_time() const {
  std::optional<core::SteadyTime> next;
  for (const auto& time : {old_at_, retry_at_, processor_.next_try()}) {
    if (time && (!next || *time < *next)) next = time;
  }
  return next;
}

}  // namespace runvisor::svlogd
