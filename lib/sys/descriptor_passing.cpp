#include "sys/descriptor_passing.hpp"

#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <cstring>
#include <utility>

namespace runvisor::sys {
namespace {

constexpr std::size_t kMostMessage = 4096;

struct alignas(cmsghdr) Control {
  std::array<char, CMSG_SPACE(sizeof(int))> bytes{};
};

}  // namespace

Result<void> send_descriptor(int socket, std::string_view message, int descriptor) noexcept {
  Control control;
  // Only read from.
  iovec data{.iov_base = const_cast<char*>(message.data()), .iov_len = message.size()};
  msghdr header{};
  header.msg_iov = &data;
  header.msg_iovlen = 1;
  header.msg_control = control.bytes.data();
  header.msg_controllen = control.bytes.size();
  cmsghdr* const part = CMSG_FIRSTHDR(&header);
  part->cmsg_level = SOL_SOCKET;
  part->cmsg_type = SCM_RIGHTS;
  part->cmsg_len = CMSG_LEN(sizeof descriptor);
  std::memcpy(CMSG_DATA(part), &descriptor, sizeof descriptor);
  ssize_t sent = 0;
  do {
    sent = ::sendmsg(socket, &header, MSG_NOSIGNAL);
  } while (sent == -1 && errno == EINTR);
  return checked_void(sent == -1 ? -1 : 0);
}

Result<ReceivedDescriptor> receive_descriptor(int socket) {
  Control control;
  std::array<char, kMostMessage> message{};
  iovec data{.iov_base = message.data(), .iov_len = message.size()};
  msghdr header{};
  header.msg_iov = &data;
  header.msg_iovlen = 1;
  header.msg_control = control.bytes.data();
  header.msg_controllen = control.bytes.size();
  const ssize_t size = ::recvmsg(socket, &header, MSG_CMSG_CLOEXEC);
  if (size == -1) return last_error();
  if (size == 0) return Error{EPIPE};
  const cmsghdr* const part = CMSG_FIRSTHDR(&header);
  if (part == nullptr || part->cmsg_type != SCM_RIGHTS) return Error{EAGAIN};
  int descriptor = -1;
  std::memcpy(&descriptor, CMSG_DATA(part), sizeof descriptor);
  return ReceivedDescriptor{std::string(message.data(), static_cast<std::size_t>(size)), Fd{descriptor}};
}

}  // namespace runvisor::sys
