#include "support/temp_dir.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <system_error>

namespace runvisor::testing {

namespace {

[[noreturn]] void fail(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

}  // namespace

TempDir::TempDir() {
  const char* base = std::getenv("TMPDIR");
  std::string name =
      (base != nullptr && *base != '\0' ? std::string(base) : "/tmp") + "/runvisor-test.XXXXXX";
  if (::mkdtemp(name.data()) == nullptr) {
    fail(name);
  }
  path_ = std::filesystem::canonical(name);
  ::chmod(path_.c_str(), 0755);
}

TempDir::~TempDir() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string read_file(const std::filesystem::path& file) {
  const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    fail(file.string());
  }
  std::string content;
  char buffer[4096];
  ssize_t got = 0;
  while ((got = ::read(fd, buffer, sizeof buffer)) > 0) {
    content.append(buffer, static_cast<std::size_t>(got));
  }
  ::close(fd);
  if (got < 0) {
    fail(file.string());
  }
  return content;
}

void write_file(const std::filesystem::path& file, std::string_view content, unsigned mode) {
  const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) {
    fail(file.string());
  }
  const ssize_t put = ::write(fd, content.data(), content.size());
  ::fchmod(fd, mode);
  ::close(fd);
  if (put != static_cast<ssize_t>(content.size())) {
    fail(file.string());
  }
}

unsigned mode_of(const std::filesystem::path& file) {
  struct stat info {};
  if (::stat(file.c_str(), &info) != 0) {
    fail(file.string());
  }
  return info.st_mode & 07777U;
}

}  // namespace runvisor::testing
