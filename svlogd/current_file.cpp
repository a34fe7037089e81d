#include "current_file.hpp"

#include <linux/fs.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include "log/stamp.hpp"
#include "sys/trust.hpp"

namespace runvisor::svlogd {
namespace {

constexpr char kName[] = "current";
/// While it is written to, and when it is complete: whether it was closed cleanly can be told from the mode.
constexpr mode_t kOpenMode = 0644;
constexpr mode_t kSealedMode = 0744;

/// Whether a file is one that a svlogd of this user has made, or could just as well be: everybody may read
/// it.
bool is_like_own(const struct stat& file) noexcept {
  const mode_t mode = file.st_mode & 07777U;
  return sys::is_own(file) && (mode == kOpenMode || mode == kSealedMode);
}

}  // namespace

Outcome CurrentFile::open(int directory, bool untrusted, core::WallTime now) {
  directory_ = directory;
  untrusted_ = untrusted;
  file_.reset();
  continued_ = false;
  renamed_.clear();
  const auto found = system_.status(directory_, kName, untrusted_ ? AT_SYMLINK_NOFOLLOW : 0);
  if (!found && found.error() != sys::Error{ENOENT}) return Trouble{"unable to stat current", found.error()};
  if (found && untrusted_ && !is_like_own(*found)) {
    const bool sealed = (found->st_mode & S_IXUSR) != 0;
    const auto kind = sealed ? log::OldFileKind::finished : log::OldFileKind::unprocessed;
    if (auto trouble = rename_to_old(kind, now)) return trouble;
  } else if (found && found->st_size > 0) {
    if ((found->st_mode & S_IXUSR) != 0) {
      continued_ = true;
    } else if (auto trouble = rename_to_old(log::OldFileKind::unprocessed, now)) {
      return trouble;
    }
  } else if (found) {
    continued_ = true;
  }
  return make();
}

Outcome CurrentFile::make() {
  int flags = O_WRONLY | O_CREAT | O_APPEND | O_NONBLOCK;
  if (untrusted_) flags |= continued_ ? O_NOFOLLOW : O_EXCL;
  auto file = system_.open(directory_, kName, flags, kOpenMode);
  if (!file) {
    return Trouble{continued_ ? "unable to open current" : "unable to create new current", file.error()};
  }
  const auto status = system_.status(file->get());
  if (!status) return Trouble{"unable to stat current", status.error()};
  // It may have been exchanged since.
  if (untrusted_ && continued_ && !is_like_own(*status))
    return Trouble{"unable to open current", sys::Error{EACCES}};
  if (const auto changed = system_.set_mode(file->get(), kOpenMode); !changed) {
    return Trouble{"unable to set mode of current", changed.error()};
  }
  file_ = std::move(*file);
  sealed_ = false;
  state_.size = static_cast<std::uint64_t>(status->st_size);
  state_.line_start = state_.size;
  return std::nullopt;
}

sys::Result<std::size_t> CurrentFile::write(std::string_view text) {
  const auto count = system_.write(file_.get(), text);
  if (count) state_ = log::written(state_, text.substr(0, *count));
  return count;
}

Outcome CurrentFile::seal() {
  if (sealed_) return std::nullopt;
  // Some files cannot be synchronized, pipes for one.
  const auto safe = system_.synchronize(file_.get());
  if (!safe && safe.error() != sys::Error{EINVAL}) {
    return Trouble{"unable to fsync current logfile", safe.error()};
  }
  if (const auto changed = system_.set_mode(file_.get(), kSealedMode); !changed) {
    return Trouble{"unable to set mode of current", changed.error()};
  }
  sealed_ = true;
  return std::nullopt;
}

Outcome CurrentFile::rename_to_old(log::OldFileKind kind, core::WallTime now) {
  // Names must tell the order of the files, whatever the clock does.
  last_label_ = std::max(now, last_label_ + std::chrono::nanoseconds{1});
  while (true) {
    const auto label = log::tai64n_label(last_label_);
    const std::string name = log::file_name({label.data(), label.size()}, kind);
    auto done = system_.rename(directory_, kName, name.c_str(), RENAME_NOREPLACE);
    // Not every file system knows the flag.
    if (!done && done.error() == sys::Error{EINVAL}) {
      const auto taken = system_.status(directory_, name.c_str(), AT_SYMLINK_NOFOLLOW);
      done =
          taken ? sys::Result<void>{sys::Error{EEXIST}} : system_.rename(directory_, kName, name.c_str(), 0);
    }
    if (done) {
      renamed_.assign(label.data(), label.size());
      return std::nullopt;
    }
    if (done.error() != sys::Error{EEXIST}) return Trouble{"unable to rename current", done.error()};
    last_label_ += std::chrono::nanoseconds{1};
  }
}

Outcome CurrentFile::rotate(log::OldFileKind kind, core::WallTime now) {
  renamed_.clear();
  if (file_) {
    if (auto trouble = seal()) return trouble;
    if (auto trouble = rename_to_old(kind, now)) {
      // Somebody has removed it: there is nothing left to rename.
      if (trouble->error != sys::Error{ENOENT}) return trouble;
    }
    file_.reset();
  }
  continued_ = false;
  return make();
}

bool CurrentFile::removed() {
  const auto status = system_.status(file_.get());
  return status && status->st_nlink == 0;
}

void CurrentFile::follow(std::string_view label) {
  if (const auto time = log::parse_label(label)) last_label_ = std::max(last_label_, *time);
}

}  // namespace runvisor::svlogd
