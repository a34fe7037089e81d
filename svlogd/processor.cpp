#include "processor.hpp"

#include <algorithm>
#include <array>

namespace runvisor::svlogd {
namespace {

constexpr std::chrono::milliseconds kFirstPause{200};
constexpr std::chrono::milliseconds kLongestPause{30'000};

bool missing(sys::Error error) { return error == sys::Error{ENOENT}; }

}  // namespace

void Processor::configure(int directory, std::string command, const log::OldFiles& files) {
  directory_ = directory;
  command_ = std::move(command);
  waiting_.clear();
  finishing_ = false;
  if (!wanted()) return;
  for (const std::string& label : files.unprocessed) {
    const bool processed = std::binary_search(files.finished.begin(), files.finished.end(), label);
    // A svlogd before this one was interrupted at its last step.
    if (processed && finish(label)) continue;
    waiting_.push_back(label);
  }
}

std::optional<core::SteadyTime> Processor::next_try() const noexcept {
  if (!wanted() || running() || waiting_.empty()) return std::nullopt;
  return due_;
}

void Processor::proceed(core::SteadyTime now) {
  while (wanted() && !running() && !waiting_.empty() && now >= due_) {
    if (!finishing_) label_ = waiting_.front();
    const bool done = finishing_ ? finish(label_) : start();
    if (!done) {
      fail(now);
      return;
    }
    if (finishing_) forget();
  }
}

void Processor::forget() {
  std::erase(waiting_, label_);
  finishing_ = false;
  failures_ = 0;
}

bool Processor::start() {
  const auto warn = [this](std::string_view what, sys::Error error) {
    reporter_.warn({what, ": ", name_}, error);
    return false;
  };
  const std::string from = log::file_name(label_, log::OldFileKind::unprocessed);
  const std::string to = log::file_name(label_, log::OldFileKind::temporary);
  const auto input = system_.open(directory_, from.c_str(), O_RDONLY, 0);
  if (!input && missing(input.error())) {
    // Somebody has removed it.
    forget();
    return true;
  }
  if (!input) return warn("unable to open input for processor", input.error());
  const auto output = make_anew(to);
  if (!output) return warn("unable to open output for processor", output.error());
  auto state = system_.open(directory_, "state", O_RDONLY, 0);
  if (!state && missing(state.error())) {
    state = system_.open(directory_, "state", O_RDONLY | O_CREAT, 0644);
    if (!state) return warn("unable to create empty state for processor", state.error());
  }
  if (!state) return warn("unable to open state for processor", state.error());
  const auto new_state = make_anew("newstate");
  if (!new_state) return warn("unable to open newstate for processor", new_state.error());

  reporter_.info({"processing: ", name_, "/", from});
  const std::string failure = "unable to run processor: " + name_;
  const std::array<const char*, 4> argv{"sh", "-c", command_.c_str(), nullptr};
  const std::array<sys::Handover, 2> states{{{state->get(), 4}, {new_state->get(), 5}}};
  sys::Program program{};
  program.who = "svlogd: fatal: ";
  program.failure = failure.c_str();
  program.path = "/bin/sh";
  program.argv = argv.data();
  program.directory = directory_;
  program.standard_input = input->get();
  program.standard_output = output->get();
  program.handovers = states;
  program.signal_mask = &child_mask_;
  const auto pid = system_.spawn(program);
  if (!pid) return warn("unable to fork for processor", pid.error());
  pid_ = *pid;
  return true;
}

bool Processor::child_ended(const core::ChildEnd& end, core::SteadyTime now) {
  if (!running() || end.pid != pid_) return false;
  pid_ = 0;
  // The directory may have been left out meanwhile.
  if (std::find(waiting_.begin(), waiting_.end(), label_) == waiting_.end()) {
    proceed(now);
    return true;
  }
  if (end.exit_code != 0) {
    reporter_.warn({"processor failed, restart: ", name_});
    const std::string output = log::file_name(label_, log::OldFileKind::temporary);
    if (const auto removed = system_.remove(directory_, output.c_str());
        !removed && !missing(removed.error())) {
      reporter_.warn({"unable to unlink: ", name_, "/", output}, removed.error());
    }
    fail(now);
    return true;
  }
  due_ = now;
  finishing_ = true;
  proceed(now);
  return true;
}

void Processor::fail(core::SteadyTime now) {
  constexpr int kMostDoublings = 9;
  const auto pause = std::min(kFirstPause * (1 << std::min(failures_, kMostDoublings)), kLongestPause);
  ++failures_;
  due_ = now + pause;
}

/// Makes a file for a processor. One that is there may be another processor's, whose svlogd was killed, and
/// which writes to it still.
sys::Result<sys::Fd> Processor::make_anew(const std::string& name) {
  if (const auto removed = system_.remove(directory_, name.c_str()); !removed && !missing(removed.error())) {
    return removed.error();
  }
  return system_.open(directory_, name.c_str(), O_WRONLY | O_CREAT | O_EXCL, 0644);
}

/// What follows the processor's success. Every step may have been done before.
bool Processor::finish(const std::string& label) {
  const auto warn = [this](std::string_view what, sys::Error error) {
    reporter_.warn({what, ": ", name_}, error);
    return false;
  };
  const std::string from = log::file_name(label, log::OldFileKind::unprocessed);
  const std::string output = log::file_name(label, log::OldFileKind::temporary);
  const std::string to = log::file_name(label, log::OldFileKind::finished);
  const auto opened = system_.open(directory_, output.c_str(), O_RDONLY, 0);
  if (opened) {
    // The file it was made from is removed soon.
    if (const auto safe = system_.synchronize(opened->get()); !safe) {
      return warn("unable to fsync processed", safe.error());
    }
    if (const auto changed = system_.set_mode(opened->get(), 0744); !changed) {
      return warn("unable to set mode of processed", changed.error());
    }
    if (const auto renamed = system_.rename(directory_, output.c_str(), to.c_str(), 0); !renamed) {
      return warn("unable to rename processed", renamed.error());
    }
  } else if (!missing(opened.error()) || !system_.status(directory_, to.c_str(), AT_SYMLINK_NOFOLLOW)) {
    // The output has neither its old name nor its new one: it has to be made again.
    finishing_ = false;
    return warn("unable to rename processed", opened.error());
  }
  const auto renamed = system_.rename(directory_, "newstate", "state", 0);
  if (!renamed && !missing(renamed.error())) return warn("unable to rename state", renamed.error());
  const auto removed = system_.remove(directory_, from.c_str());
  if (!removed && !missing(removed.error())) return warn("unable to unlink", removed.error());
  reporter_.info({"processed: ", name_, "/", to});
  return true;
}

}  // namespace runvisor::svlogd
