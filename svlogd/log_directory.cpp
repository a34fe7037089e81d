#include "log_directory.hpp"

#include <algorithm>
#include <array>

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
      processor_(system, reporter, name_, settings.child_mask) {
  apply_config();
}

bool LogDirectory::open(const core::Now& now) {
  if (!open_directory()) {
    abandon();
    return false;
  }
  open_ = true;
  read_config();
  apply_config();
  retry_at_.reset();
  complaint_.clear();
  (void)open_current(now);
  return true;
}

bool LogDirectory::open_directory() {
  auto directory = system_.open(AT_FDCWD, name_.c_str(), O_RDONLY | O_DIRECTORY | O_NONBLOCK, 0);
  if (!directory) {
    const bool is_file = directory.error() == sys::Error{ENOTDIR};
    reporter_.warn({is_file ? "unable to change directory: " : "unable to open log directory: ", name_},
                   directory.error());
    return false;
  }
  // Whoever may read a directory may not always use it.
  if (const auto entered = system_.status(directory->get(), ".", 0); !entered) {
    reporter_.warn({"unable to change directory: ", name_}, entered.error());
    return false;
  }
  auto lock = system_.open(directory->get(), "lock", O_WRONLY | O_CREAT | O_APPEND | O_NONBLOCK, 0600);
  auto locked = lock ? system_.lock(lock->get(), nullptr) : sys::Result<void>{lock.error()};
  if (!locked) {
    reporter_.warn({"unable to lock directory: ", name_}, locked.error());
    return false;
  }
  directory_ = std::move(*directory);
  lock_ = std::move(*lock);
  return true;
}

void LogDirectory::read_config() {
  config_ = {};
  const auto file = system_.open(directory_.get(), "config", O_RDONLY | O_NONBLOCK, 0);
  if (!file && file.error() == sys::Error{ENOENT}) return;
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
  if (failure) {
    reporter_.warn({"unable to read config: ", name_}, failure);
    return;
  }
  config_ = log::parse_config(text);
  for (const std::string& warning : config_.warnings) reporter_.warn({warning});
  reporter_.info({"read: ", name_, "/config"});
}

void LogDirectory::apply_config() {
  const bool stamped = settings_.stamps != log::StampStyle::none;
  log::Formatter formatter{config_, stamped, settings_.line_size};
  if (formatter_) formatter.continue_after(*formatter_);
  formatter_.emplace(std::move(formatter));
  remote_.reset();
  if (config_.remote) remote_.emplace(*config_.remote);
}

bool LogDirectory::open_current(const core::Now& now) {
  look_for_old_files(false);
  if (const auto trouble = current_.open(directory_.get(), now.wall))
    return pause(now, trouble->what, trouble->error);
  if (!current_.renamed().empty()) {
    look_for_old_files(true);
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
  if (directory_) {
    const auto status = system_.status(directory_.get());
    if (!status || status->st_nlink == 0) {
      current_.drop();
      lock_.reset();
      directory_.reset();
    }
  }
  if (!directory_) {
    auto directory = system_.open(AT_FDCWD, name_.c_str(), O_RDONLY | O_DIRECTORY | O_NONBLOCK, 0);
    if (!directory) return pause(now, "unable to open log directory", directory.error());
    auto lock = system_.open(directory->get(), "lock", O_WRONLY | O_CREAT | O_APPEND | O_NONBLOCK, 0600);
    const auto locked = lock ? system_.lock(lock->get(), nullptr) : sys::Result<void>{lock.error()};
    if (!locked) return pause(now, "unable to lock directory", locked.error());
    directory_ = std::move(*directory);
    lock_ = std::move(*lock);
    read_config();
    apply_config();
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
    if (must_rotate_) {
      if (!rotate(now)) return false;
      must_rotate_ = false;
    }
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
  if (const auto trouble = current_.rotate(kind, now.wall)) {
    if (is_full(trouble->error) && make_room()) return rotate(now);
    return pause(now, trouble->what, trouble->error);
  }
  if (!current_.renamed().empty()) {
    reporter_.info(
        {"rename: ", name_, "/current ", current_.renamed(), log::suffix(kind), " ", std::to_string(size)});
    look_for_old_files(true);
    if (processed) {
      processor_.add(current_.renamed());
      processor_.proceed(now.steady);
    }
  }
  if (config_.max_age.count() > 0) old_at_ = now.steady + config_.max_age;
  return true;
}

/// Reads the directory: after a rotation, or before one.
void LogDirectory::look_for_old_files(bool at_rotation) {
  const auto names = system_.list_files(directory_.get());
  if (!names) {
    reporter_.warn(
        {"unable to open directory, want ", at_rotation ? "rotate: " : "remove old logfile: ", name_},
        names.error());
    return;
  }
  const log::OldFiles files = log::sort_out(*names);
  for (const std::string& label : files.temporary) {
    if (label != processor_.in_work()) {
      const std::string name = label + std::string{log::suffix(log::OldFileKind::temporary)};
      if (const auto removed = system_.remove(directory_.get(), name.c_str()); !removed) {
        reporter_.warn({"unable to unlink processor leftover: ", name_, "/", name}, removed.error());
      }
    }
  }
  if (!at_rotation) {
    for (const auto* labels : {&files.finished, &files.unprocessed}) {
      if (!labels->empty()) current_.follow(labels->back());
    }
    processor_.configure(directory_.get(), config_.processor, files);
    return;
  }
  const bool counts_unprocessed = !processor_.wanted();
  const std::size_t count = files.finished.size() + (counts_unprocessed ? files.unprocessed.size() : 0);
  if (config_.keep == 0 || count <= config_.keep) return;
  const bool oldest_is_unprocessed =
      counts_unprocessed && !files.unprocessed.empty() &&
      (files.finished.empty() || files.unprocessed.front() < files.finished.front());
  const auto kind = oldest_is_unprocessed ? log::OldFileKind::unprocessed : log::OldFileKind::finished;
  const std::string& label = oldest_is_unprocessed ? files.unprocessed.front() : files.finished.front();
  reporter_.info({"delete: ", name_, "/", label, log::suffix(kind)});
  remove_old(label, kind);
}

void LogDirectory::remove_old(const std::string& label, log::OldFileKind kind) {
  const std::string name = label + std::string{log::suffix(kind)};
  if (const auto removed = system_.remove(directory_.get(), name.c_str()); !removed) {
    reporter_.warn({"unable to unlink oldest logfile: ", name_, "/", name}, removed.error());
  }
}

/// Removes the oldest file, if there are enough of them.
bool LogDirectory::make_room() {
  const auto names = system_.list_files(directory_.get());
  if (!names) {
    reporter_.warn({"unable to open directory, want remove old logfile: ", name_}, names.error());
    return false;
  }
  log::OldFiles files = log::sort_out(*names);
  std::erase(files.unprocessed, processor_.in_work());
  if (files.finished.size() + files.unprocessed.size() <= config_.keep_when_full) return false;
  const bool unprocessed = files.finished.empty() ||
                           (!files.unprocessed.empty() && files.unprocessed.front() < files.finished.front());
  const auto kind = unprocessed ? log::OldFileKind::unprocessed : log::OldFileKind::finished;
  const std::string name =
      (unprocessed ? files.unprocessed : files.finished).front() + std::string{log::suffix(kind)};
  reporter_.warn({"out of disk space, delete: ", name_, "/", name});
  if (const auto removed = system_.remove(directory_.get(), name.c_str()); !removed) {
    reporter_.warn({"unable to unlink oldest logfile: ", name_, "/", name}, removed.error());
    return false;
  }
  return true;
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

std::optional<core::SteadyTime> LogDirectory::next_time() const {
  std::optional<core::SteadyTime> next;
  for (const auto& time : {old_at_, retry_at_, processor_.next_try()}) {
    if (time && (!next || *time < *next)) next = time;
  }
  return next;
}

}  // namespace runvisor::svlogd
