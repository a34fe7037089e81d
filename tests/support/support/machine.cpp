#include "support/machine.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <stdexcept>
#include <system_error>

#include "power_calls.hpp"
#include "support/binaries.hpp"
#include "support/namespaces.hpp"

namespace runvisor::testing {

namespace {

namespace fs = std::filesystem;

/// What of this machine's file tree the programs need.
constexpr std::array<const char*, 5> kBorrowed{"/usr", "/bin", "/lib", "/lib32", "/lib64"};

int checked(int returned, const std::string& what) {
  if (returned < 0) {
    throw std::system_error(errno, std::generic_category(), what);
  }
  return returned;
}

void bind(const fs::path& what, const fs::path& where) {
  checked(::mount(what.c_str(), where.c_str(), nullptr, MS_BIND, nullptr), "bind " + what.string());
}

/// Sends descriptors over a socket, and receives them: a message of one byte with them attached.
void send_descriptors(int socket, std::array<int, 2> descriptors) {
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof descriptors)> space{};
  char byte = 0;
  iovec data{.iov_base = &byte, .iov_len = 1};
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = space.data();
  message.msg_controllen = space.size();
  cmsghdr* const header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof descriptors);
  std::memcpy(CMSG_DATA(header), descriptors.data(), sizeof descriptors);
  checked(static_cast<int>(::sendmsg(socket, &message, 0)), "sendmsg");
}

/// Nothing if the other side has ended without sending any.
std::optional<std::array<int, 2>> receive_descriptors(int socket) {
  std::array<int, 2> descriptors{};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof descriptors)> space{};
  char byte = 0;
  iovec data{.iov_base = &byte, .iov_len = 1};
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = space.data();
  message.msg_controllen = space.size();
  if (::recvmsg(socket, &message, MSG_CMSG_CLOEXEC) != 1 || CMSG_FIRSTHDR(&message) == nullptr) {
    return std::nullopt;
  }
  std::memcpy(descriptors.data(), CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof descriptors);
  return descriptors;
}

/// A terminal on a file system of its own below `dev`, its name being `console`; gives the other end.
int make_console(const fs::path& dev) {
  checked(::mount("devpts", (dev / "pts").c_str(), "devpts", 0, "ptmxmode=0666"), "devpts");
  const int other_end = checked(::open((dev / "pts/ptmx").c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC), "ptmx");
  checked(::unlockpt(other_end), "unlockpt");
  const int terminal = checked(::open((dev / "pts/0").c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC), "pts/0");
  termios settings{};
  checked(::tcgetattr(terminal, &settings), "tcgetattr");
  ::cfmakeraw(&settings);
  checked(::tcsetattr(terminal, TCSANOW, &settings), "tcsetattr");
  bind(dev / "pts/0", dev / "console");
  ::close(terminal);
  return other_end;
}

}  // namespace

Machine::Machine(const std::vector<std::string>& programs) { make_tree(programs); }

Machine::~Machine() {
  // Its end ends every process there, and with them go their mounts.
  first_.reset();
  power_calls_.reset();
  if (console_ >= 0) {
    ::close(console_);
  }
}

void Machine::make_tree(const std::vector<std::string>& programs) const {
  for (const char* directory : {"dev/pts", "empty", "etc/runit", "proc", "run", "sbin", "tmp", "var/log"}) {
    fs::create_directories(root_ / directory);
  }
  fs::create_directory_symlink("../run", root_ / "var/run");
  for (const fs::path borrowed : kBorrowed) {
    if (fs::is_symlink(borrowed)) {
      fs::copy_symlink(borrowed, root_ / borrowed.relative_path());
    } else if (fs::is_directory(borrowed)) {
      fs::create_directories(root_ / borrowed.relative_path());
    }
  }
  write_file(root_ / "dev/null", "");
  for (const std::string& name : programs) {
    install(name);
  }
}

void Machine::install(const std::string& program_name) const {
  fs::copy_file(program(program_name), root_ / "sbin" / program_name);
}

/// In the process that becomes the machine's first.
void Machine::enter(int socket) const {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  own_mounts();
  for (const fs::path borrowed : kBorrowed) {
    if (fs::is_directory(borrowed) && !fs::is_symlink(borrowed)) {
      bind(borrowed, root_ / borrowed.relative_path());
    }
  }
  // What is installed on this machine is none of the other's.
  if (fs::is_directory(root_ / "usr/local/bin")) bind(root_ / "empty", root_ / "usr/local/bin");
  bind("/dev/null", root_ / "dev/null");
  checked(::mount("proc", (root_ / "proc").c_str(), "proc", 0, nullptr), "proc");
  // Without a console there is none to watch either, so anything stands in for its other end.
  const int console = has_console_ ? make_console(root_ / "dev") : ::open("/dev/null", O_RDWR | O_CLOEXEC);
  checked(::chroot(root_.c_str()), "chroot");
  checked(::chdir("/"), "chdir");
  send_descriptors(socket, {console, hand_power_calls_over()});
}

void Machine::boot(const std::vector<std::string>& argv, ProcessOptions options) {
  if (has_console_) {
    write_file(root_ / "dev/console", "");
  }
  std::array<int, 2> ends{};
  checked(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), "socketpair");
  options.first_of_namespace = true;
  options.prepare = [this, socket = ends[1]] { enter(socket); };
  first_.reset();
  first_.emplace(argv, options);
  ::close(ends[1]);
  const auto received = receive_descriptors(ends[0]);
  ::close(ends[0]);
  if (!received) {
    throw std::runtime_error("the machine does not start: " + first_->err());
  }
  if (console_ >= 0) {
    ::close(console_);
  }
  console_ = (*received)[0];
  ::fcntl(console_, F_SETFL, O_RDWR | O_NONBLOCK);
  power_calls_ = std::make_unique<PowerCalls>((*received)[1], !powers_off_);
}

Finished Machine::run(const std::vector<std::string>& argv, ProcessOptions options) {
  boot(argv, std::move(options));
  const std::optional<Ending> ending = first_->wait();
  return {.ending = ending, .out = first_->out(), .err = first_->err()};
}

fs::path Machine::operator/(std::string_view name) const { return root_ / name; }

void Machine::script(std::string_view name, std::string_view body, unsigned mode) const {
  file(name, "#!/bin/sh\n" + std::string(body) + "\n", mode);
}

void Machine::file(std::string_view name, std::string_view content, unsigned mode) const {
  fs::create_directories((root_ / name).parent_path());
  write_file(root_ / name, content, mode);
}

std::string Machine::content(std::string_view name) const {
  return fs::exists(root_ / name) ? read_file(root_ / name) : std::string();
}

std::string Machine::console() {
  std::array<char, 4096> buffer{};
  ssize_t got = 0;
  while (has_console_ && (got = ::read(console_, buffer.data(), buffer.size())) > 0) {
    shown_.append(buffer.data(), static_cast<std::size_t>(got));
  }
  // A terminal that was hung up has forgotten its settings, and ends lines in its own way.
  std::erase(shown_, '\r');
  return shown_;
}

bool Machine::shows(const std::string& text, std::chrono::milliseconds deadline) {
  return eventually([&] { return console().find(text) != std::string::npos; }, deadline);
}

void Machine::type(std::string_view text) const {
  checked(static_cast<int>(::write(console_, text.data(), text.size())), "type");
}

std::vector<std::string> Machine::power_calls() const { return power_calls_->record(); }

bool Machine::called(const std::string& call, std::chrono::milliseconds deadline) const {
  return eventually(
      [&] {
        const std::vector<std::string> calls = power_calls();
        return std::find(calls.begin(), calls.end(), call) != calls.end();
      },
      deadline);
}

}  // namespace runvisor::testing
