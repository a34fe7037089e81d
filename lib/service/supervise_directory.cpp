#include "service/supervise_directory.hpp"

#include <fmt/compile.h>
#include <linux/fs.h>
#include <unistd.h>

#include <array>
#include <utility>

#include "sys/trust.hpp"

namespace runvisor::service {
namespace {

constexpr mode_t kDirectoryMode = 0700;
constexpr mode_t kPrivateMode = 0600;
constexpr mode_t kPublicMode = 0644;
constexpr mode_t kPermissions = 0777;
constexpr mode_t kWritableByOthers = 0022;

constexpr const char* kOk = "ok";
constexpr const char* kOkNew = "ok.new";

/// A chain of symlinks longer than this is a loop.
constexpr int kMostLinks = 40;

/// `target`, as a symlink at `link` means it.
std::string resolve(const std::string& link, const std::string& target) {
  const std::size_t slash = link.rfind('/');
  if (target.starts_with('/') || slash == std::string::npos) return target;
  return link.substr(0, slash + 1) + target;
}

}  // namespace

std::string Failure::text() const {
  return error ? fmt::format(FMT_COMPILE("{}: {}"), what, sys::words(*error)) : what;
}

SuperviseDirectory::SuperviseDirectory(sys::System& system, int base, std::string path)
    : system_(system), base_(base), path_(std::move(path)) {}

Failure SuperviseDirectory::failure(const char* verb, const char* name, sys::Error error) const {
  return {fmt::format(FMT_COMPILE("unable to {} {}/{}"), verb, path_, name), error};
}

/// Whatever is wrong with it shows when the lock is opened, and is reported then.
void SuperviseDirectory::make_directory() {
  std::string path = path_;
  for (int links = 0; links < kMostLinks; ++links) {
    fresh_ = system_.make_directory(base_, path.c_str(), kDirectoryMode).has_value();
    if (fresh_) return;
    const auto target = system_.read_link(base_, path.c_str());
    if (!target) return;
    path = resolve(path, *target);
  }
}

std::optional<Failure> SuperviseDirectory::claim(const sigset_t* waiting) {
  auto directory = system_.open(base_, path_.c_str(), O_PATH | O_DIRECTORY, 0);
  if (!directory) {
    make_directory();
    directory = system_.open(base_, path_.c_str(), O_PATH | O_DIRECTORY, 0);
  }
  if (!directory) return failure("open", "lock", directory.error());
  directory_ = std::move(*directory);
  if (!fresh_) {
    const auto status = system_.status(directory_.get());
    untrusted_ = !status || sys::is_untrusted(*status);
  }

  auto lock =
      system_.open(directory_.get(), "lock", O_RDWR | O_CREAT | O_NONBLOCK | O_NOFOLLOW, kPrivateMode);
  if (!lock) return failure("open", "lock", lock.error());
  if (untrusted_) {
    // It will be written to.
    const auto status = system_.status(lock->get());
    if (!status) return failure("stat", "lock", status.error());
    if (!S_ISREG(status->st_mode) || status->st_nlink != 1) {
      return Failure{path_ + "/lock exists but is not a plain file of one name", std::nullopt};
    }
  }
  if (const auto locked = system_.lock(lock->get(), waiting); !locked) {
    return failure("lock", "lock", locked.error());
  }
  lock_ = std::move(*lock);
  // Where that cannot be done, nobody finds out who holds it, as with runit.
  (void)system_.mark_lock(lock_.get());
  return std::nullopt;
}

Failure SuperviseDirectory::no_fifo(const char* name) const {
  return {fmt::format(FMT_COMPILE("{}/{} exists but is not a fifo"), path_, name), std::nullopt};
}

/// `verb` is what runit calls it when it fails.
std::optional<Failure> SuperviseDirectory::open_fifo(const char* name, const char* verb, int flags,
                                                     sys::Fd& fd) {
  const int directory = directory_.get();
  if (untrusted_) {
    // Opening a device may do something already.
    const auto found = system_.status(directory, name, AT_SYMLINK_NOFOLLOW);
    if (found && !S_ISFIFO(found->st_mode)) return no_fifo(name);
    flags |= O_NOFOLLOW;
  }
  if (fresh_) (void)system_.make_fifo(directory, name, kPrivateMode);
  auto opened = system_.open(directory, name, flags | O_NONBLOCK, 0);
  if (!opened && sys::number(opened.error()) == ENOENT) {
    (void)system_.make_fifo(directory, name, kPrivateMode);
    opened = system_.open(directory, name, flags | O_NONBLOCK, 0);
  }
  if (!opened) return failure(verb, name, opened.error());
  if (untrusted_) {
    // It may have been exchanged since.
    const auto found = system_.status(opened->get());
    if (!found) return failure("stat", name, found.error());
    if (!S_ISFIFO(found->st_mode)) return no_fifo(name);
  }
  fd = std::move(*opened);
  return std::nullopt;
}

std::optional<Failure> SuperviseDirectory::open_control() {
  if (!fresh_) {
    // Looked at before it is opened: a socket cannot be, and a device might do something.
    const int flags = untrusted_ ? AT_SYMLINK_NOFOLLOW : 0;
    auto status = system_.status(directory_.get(), "control", flags);
    if (!status && sys::number(status.error()) == ENOENT) {
      (void)system_.make_fifo(directory_.get(), "control", kPrivateMode);
      status = system_.status(directory_.get(), "control", flags);
    }
    if (!status) return failure("stat", "control", status.error());
    if (!S_ISFIFO(status->st_mode)) return no_fifo("control");
    for (const char* name : {status_.new_name, stat_.new_name, pid_.new_name, kOkNew}) {
      (void)system_.remove(directory_.get(), name);
    }
  }
  // Open for writing as well, so that it never reads EOF.
  return open_fifo("control", "open", O_RDWR, control_);
}

std::optional<Failure> SuperviseDirectory::prepare_ok() {
  if (!fresh_ && system_.status(directory_.get(), kOk, AT_SYMLINK_NOFOLLOW)) return std::nullopt;
  return open_fifo(kOkNew, "read", O_RDONLY, ok_);
}

std::optional<Failure> SuperviseDirectory::show() {
  if (!ok_prepared()) {
    if (auto failed = open_fifo(kOk, "read", O_RDONLY, ok_)) return failed;
  } else if (const auto renamed = system_.rename(directory_.get(), kOkNew, kOk, 0); !renamed) {
    return failure("make", kOk, renamed.error());
  }
  shown_ = true;
  return std::nullopt;
}

std::optional<Failure> SuperviseDirectory::publish(const core::StatusRecord& record, bool pid_from_start) {
  std::optional<Failure> failed;
  const auto write = [&](File& file, std::string_view content) {
    auto one_failed = bring_up_to_date(file, content);
    if (!failed) failed = std::move(one_failed);
  };
  const bool has_pid_file = pid_from_start || record.pid != 0 || pid_.written ||
                            system_.status(directory_.get(), pid_.name, AT_SYMLINK_NOFOLLOW).has_value();
  if (has_pid_file) write(pid_, core::pid_line(record));
  // Clients take its time of modification for the start of the state, even if the line is the same.
  if (std::exchange(stat_since_, record.since) != record.since) stat_.written = false;
  write(stat_, core::stat_line(record));
  // Last, as by runit: sv waits for it, and whoever waited for sv finds the others up to date.
  const core::StatusBytes bytes = core::pack(record);
  write(status_, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  return failed;
}

void SuperviseDirectory::record_end(const core::EndRecord& record) {
  (void)system_.write_at(lock_.get(), core::end_line(record), 0);
}

sys::Result<void> SuperviseDirectory::record_process(const core::ProcessRecord& record) {
  const std::string line = core::process_line(record);
  const auto count = system_.write_at(lock_.get(), line, core::kProcessLineOffset);
  if (!count) return count.error();
  if (*count != line.size()) return sys::Error{ENOSPC};
  return {};
}

sys::Result<std::optional<core::ProcessRecord>> SuperviseDirectory::left_behind() {
  const auto none = std::optional<core::ProcessRecord>();
  if (fresh_) return none;
  std::array<char, core::kProcessLineSize> line{};
  const auto count = system_.read_at(lock_.get(), line, core::kProcessLineOffset);
  if (!count) return count.error();
  if (*count != line.size()) return none;
  const auto status = system_.status(lock_.get());
  if (!status) return status.error();
  const bool is_own = S_ISREG(status->st_mode) && status->st_nlink == 1 && status->st_uid == ::geteuid() &&
                      (status->st_mode & kWritableByOthers) == 0;
  return is_own ? core::parse_process_record({line.data(), line.size()}) : none;
}

void SuperviseDirectory::recognise(const core::StatusRecord& record) {
  recognise(pid_, core::pid_line(record));
  recognise(stat_, core::stat_line(record));
  const core::StatusBytes bytes = core::pack(record);
  recognise(status_, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  // Without the right time in `status` the line in `stat` may be an older one.
  if (status_.written) stat_since_ = record.since;
}

void SuperviseDirectory::recognise(File& file, std::string_view content) {
  const auto fd = system_.open(directory_.get(), file.name, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_NOCTTY, 0);
  if (!fd) return;
  const auto status = system_.status(fd->get());
  if (!status || !S_ISREG(status->st_mode)) return;
  std::array<char, 64> found{};
  const auto count = system_.read(fd->get(), found);
  if (!count || std::string_view(found.data(), *count) != content) return;
  file.content = content;
  file.written = true;
}

std::optional<Failure> SuperviseDirectory::bring_up_to_date(File& file, std::string_view content) {
  if (file.written && file.content == content) return std::nullopt;
  if (auto failed = replace(file, content)) return failed;
  file.content = content;
  file.written = true;
  return std::nullopt;
}

/// Writes `content` beside the file and puts it in the file's place. An existing file keeps its owner and
/// mode. Exchanging the two and removing the old one spares the file system from forcing out blocks, as ext4
/// does when a file is renamed over another.
std::optional<Failure> SuperviseDirectory::replace(const File& file, std::string_view content) {
  const int directory = directory_.get();
  constexpr int kFlags = O_WRONLY | O_CREAT | O_EXCL | O_NONBLOCK;
  auto fd = system_.open(directory, file.new_name, kFlags, kPublicMode);
  if (!fd && sys::number(fd.error()) == EEXIST) {
    if (const auto removed = system_.remove(directory, file.new_name); !removed) {
      return failure("open", file.new_name, removed.error());
    }
    fd = system_.open(directory, file.new_name, kFlags, kPublicMode);
  }
  if (!fd) return failure("open", file.new_name, fd.error());

  const auto abandon = [&](const char* verb, sys::Error error) {
    (void)system_.remove(directory, file.new_name);
    return failure(verb, file.new_name, error);
  };
  if (!content.empty()) {
    const auto count = system_.write(fd->get(), content);
    if (!count) return abandon("write", count.error());
    if (*count != content.size()) return abandon("write", sys::Error{ENOSPC});
  }

  // Nothing there yet.
  if (!file.written && system_.rename(directory, file.new_name, file.name, RENAME_NOREPLACE)) {
    return std::nullopt;
  }
  const auto old = system_.status(directory, file.name, AT_SYMLINK_NOFOLLOW);
  const bool replaces = old && S_ISREG(old->st_mode);
  if (replaces) {
    const auto fresh = system_.status(fd->get());
    if (fresh && (fresh->st_uid != old->st_uid || fresh->st_gid != old->st_gid)) {
      (void)system_.set_owner(fd->get(), old->st_uid, old->st_gid);
    }
    if (fresh && (fresh->st_mode & kPermissions) != (old->st_mode & kPermissions)) {
      (void)system_.set_mode(fd->get(), old->st_mode & kPermissions);
    }
    if (system_.rename(directory, file.new_name, file.name, RENAME_EXCHANGE)) {
      (void)system_.remove(directory, file.new_name);
      return std::nullopt;
    }
  }
  // No file to keep, or a file system that cannot exchange.
  const auto renamed = system_.rename(directory, file.new_name, file.name, 0);
  if (!renamed) {
    (void)system_.remove(directory, file.new_name);
    return Failure{fmt::format(FMT_COMPILE("unable to rename {} to {}/{}"), file.new_name, path_, file.name),
                   renamed.error()};
  }
  return std::nullopt;
}

}  // namespace runvisor::service
