#include "support/supervise_files.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <stdexcept>

#include "support/temp_dir.hpp"

namespace runvisor::testing {

namespace {

std::uint64_t big_endian(const std::string& bytes, std::size_t offset, std::size_t count) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < count; ++i) {
    value = value << 8U | static_cast<unsigned char>(bytes[offset + i]);
  }
  return value;
}

std::string content_or_missing(const std::filesystem::path& file) {
  try {
    return read_file(file);
  } catch (const std::runtime_error&) {
    return "<missing>";
  }
}

}  // namespace

std::chrono::sys_time<std::chrono::nanoseconds> Status::since() const {
  const auto unix_seconds = static_cast<std::int64_t>(tai_seconds - (1ULL << 62U) - 10U);
  return std::chrono::sys_time<std::chrono::nanoseconds>(std::chrono::seconds(unix_seconds) +
                                                         std::chrono::nanoseconds(nanoseconds));
}

std::optional<Status> read_status(const std::filesystem::path& directory) {
  const std::string bytes = content_or_missing(directory / "supervise/status");
  if (bytes.size() != 20) {
    return std::nullopt;
  }
  Status status;
  status.tai_seconds = big_endian(bytes, 0, 8);
  status.nanoseconds = static_cast<std::uint32_t>(big_endian(bytes, 8, 4));
  std::uint32_t pid = 0;
  for (std::size_t i = 16; i-- > 12;) {
    pid = pid << 8U | static_cast<unsigned char>(bytes[i]);
  }
  status.pid = static_cast<pid_t>(pid);
  status.paused = static_cast<std::uint8_t>(bytes[16]);
  status.want = bytes[17];
  status.got_term = static_cast<std::uint8_t>(bytes[18]);
  status.state = static_cast<std::uint8_t>(bytes[19]);
  return status;
}

std::string read_stat(const std::filesystem::path& directory) {
  return content_or_missing(directory / "supervise/stat");
}

std::string read_pid_file(const std::filesystem::path& directory) {
  return content_or_missing(directory / "supervise/pid");
}

bool published(const std::filesystem::path& directory, const std::string& line) {
  const auto status = read_status(directory);
  if (!status || read_stat(directory) != line + "\n") {
    return false;
  }
  const auto says = [&](const char* words) { return line.find(words) != std::string::npos; };
  const std::string pid_file = read_pid_file(directory);
  const bool pid_agrees = status->pid != 0 ? pid_file == std::to_string(status->pid) + "\n"
                                           : pid_file.empty() || pid_file == "<missing>";
  const std::uint8_t state = line.starts_with("run")      ? kStateRun
                             : line.starts_with("finish") ? kStateFinish
                                                          : kStateDown;
  const bool want_agrees =
      state == kStateDown || (status->want == 'd') == (says(", want down") || says(", want exit"));
  return pid_agrees && want_agrees && status->state == state && (status->paused != 0) == says(", paused") &&
         (status->got_term != 0) == says(", got TERM");
}

pid_t run_pid(const std::filesystem::path& directory) {
  const auto status = read_status(directory);
  return status && status->state == kStateRun ? status->pid : 0;
}

bool supervised(const std::filesystem::path& directory) {
  const int fd = ::open((directory / "supervise/ok").c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) {
    return false;
  }
  ::close(fd);
  return true;
}

}  // namespace runvisor::testing
