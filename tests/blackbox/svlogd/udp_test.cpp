// Sending lines through UDP: the config lines u and U.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <regex>

#include <catch2/catch.hpp>

#include "log_scene.hpp"

using namespace runvisor::testing;

namespace {

/// A UDP socket on the loopback, at a port of the kernel's choice.
class Receiver {
 public:
  explicit Receiver(int family = AF_INET) : fd_(::socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_storage address{};
    address.ss_family = static_cast<sa_family_t>(family);
    if (family == AF_INET) {
      reinterpret_cast<sockaddr_in&>(address).sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    } else {
      reinterpret_cast<sockaddr_in6&>(address).sin6_addr = in6addr_loopback;
    }
    socklen_t size = family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
    bound_ = fd_ >= 0 && ::bind(fd_, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
             ::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size) == 0;
    port_ = ntohs(reinterpret_cast<sockaddr_in&>(address).sin_port);
  }
  ~Receiver() { ::close(fd_); }
  Receiver(const Receiver&) = delete;
  Receiver& operator=(const Receiver&) = delete;

  [[nodiscard]] bool bound() const { return bound_; }
  [[nodiscard]] std::string port() const { return std::to_string(port_); }
  /// The next packet; "<nothing>" if none comes in time.
  [[nodiscard]] std::string next(std::chrono::milliseconds deadline = kDeadline) const {
    pollfd item{.fd = fd_, .events = POLLIN, .revents = 0};
    if (::poll(&item, 1, static_cast<int>(deadline.count())) != 1) return "<nothing>";
    std::string packet(65'536, '\0');
    const ssize_t got = ::recv(fd_, packet.data(), packet.size(), 0);
    packet.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
    return packet;
  }

 private:
  int fd_;
  bool bound_ = false;
  in_port_t port_ = 0;
};

}  // namespace

SCENARIO_METHOD(LogScene, "u sends each line in a packet of its own, and logs it") {
  const Receiver receiver;
  config("u127.0.0.1:" + receiver.port() + "\n");
  start();
  REQUIRE(say("one\n\ntwo\n"));
  CHECK(receiver.next() == "one\n");
  CHECK(receiver.next() == "\n");
  CHECK(receiver.next() == "two\n");
  CHECK(finish() == exited(0));
  CHECK(current() == "one\n\ntwo\n");
  CHECK(svlogd->err().empty());
}

SCENARIO_METHOD(LogScene, "U sends lines and does not log them") {
  const Receiver receiver;
  config("U127.0.0.1:" + receiver.port() + "\n");
  start();
  REQUIRE(say("one\ntwo\n"));
  CHECK(receiver.next() == "one\n");
  CHECK(receiver.next() == "two\n");
  CHECK(finish() == exited(0));
  CHECK(current().empty());
}

SCENARIO_METHOD(LogScene, "packets carry stamp, prefix and replaced characters") {
  const Receiver receiver;
  config(std::string(GENERATE("u", "U")) + "127.0.0.1:" + receiver.port() + "\npweb: \n");
  start({"-tt", "-r", "_"});
  REQUIRE(say("a\001b\n"));
  CHECK(std::regex_match(receiver.next(),
                         std::regex("\\d{4}-\\d\\d-\\d\\d_\\d\\d:\\d\\d:\\d\\d\\.\\d{5} web: a_b\n")));
  CHECK(finish() == exited(0));
}

SCENARIO_METHOD(LogScene, "only selected lines are sent") {
  const Receiver receiver;
  config("u127.0.0.1:" + receiver.port() + "\n-debug*\ne*\n");
  start();
  REQUIRE(say("debug one\ninfo two\n"));
  CHECK(receiver.next() == "info two\n");
  CHECK(finish() == exited(0));
  CHECK(current() == "info two\n");
  CHECK(svlogd->err() == "debug one\ninfo two\n");
}

SCENARIO_METHOD(LogScene, "an overlong line is cut in its packet") {
  const Receiver receiver;
  config("u127.0.0.1:" + receiver.port() + "\npP \n");
  start({"-l", "10", "-b", "20"});
  const std::string text = "123456789\n1234567890\n" + std::string(100, 'x') + "\nshort\n";
  REQUIRE(say(text));
  CHECK(receiver.next() == "P 123456789\n");
  CHECK(receiver.next() == "P 1234567890...\n");
  CHECK(receiver.next() == "P xxxxxxxxxx...\n");
  CHECK(receiver.next() == "P short\n");
  CHECK(finish() == exited(0));
  CHECK(current() == "P 123456789\nP 1234567890\nP " + std::string(100, 'x') + "\nP short\n");
}

SCENARIO_METHOD(LogScene, "each log directory sends to its own address") {
  const Receiver first;
  const Receiver second;
  directory("two");
  config("u127.0.0.1:" + first.port() + "\np1 \n");
  config("U127.0.0.1:" + second.port() + "\np2 \n", "two");
  launch({"log", "two"});
  REQUIRE(say("one\n"));
  CHECK(first.next() == "1 one\n");
  CHECK(second.next() == "2 one\n");
  CHECK(finish() == exited(0));
  CHECK(current("two").empty());
}

SCENARIO_METHOD(LogScene, "HUP changes the address") {
  const Receiver first;
  const Receiver second;
  config("u127.0.0.1:" + first.port() + "\n");
  start({"-v"});
  REQUIRE(say("one\n"));
  CHECK(first.next() == "one\n");
  REQUIRE(logged("one\n"));
  config("u127.0.0.1:" + second.port() + "\n");
  tell(SIGHUP);
  REQUIRE(complains("append: log/current\n"));
  REQUIRE(say("two\n"));
  CHECK(second.next() == "two\n");
  REQUIRE(logged("one\ntwo\n"));
  std::filesystem::remove(path("config"));
  tell(SIGHUP);
  REQUIRE(
      eventually([&] { return svlogd->err().ends_with("close: log\nsvlogd: info: append: log/current\n"); }));
  REQUIRE(say("three\n"));
  CHECK(finish() == exited(0));
  CHECK(first.next(0ms) == "<nothing>");
  CHECK(second.next(0ms) == "<nothing>");
  CHECK(current() == "one\ntwo\nthree\n");
}

SCENARIO_METHOD(LogScene, "an address that nobody listens at does no harm") {
  std::string port;
  {
    const Receiver gone;
    port = gone.port();
  }
  config("u127.0.0.1:" + port + "\n");
  start();
  for (int i = 0; i < 5; ++i) {
    REQUIRE(say("line\n"));
    REQUIRE(heard());
  }
  CHECK(finish() == exited(0));
  CHECK(current() == repeated("line\n", 5));
}

SCENARIO_METHOD(LogScene, "what is no address is warned about, and not sent to") {
  struct Case {
    const char* line;
    const char* complaint;
  };
  const Case sample = GENERATE(
      Case{"uhost", "unable to scan ip address: host"}, Case{"u1.2.3", "unable to scan ip address: 1.2.3"},
      Case{"u", "unable to scan ip address: "}, Case{"u127.0.0.1:x", "unable to scan port number: x"},
      Case{"u127.0.0.1:", "unable to scan port number: "});
  config(std::string(sample.line) + "\n");
  CHECK(feed("one\n").ending == exited(0));
  CHECK(svlogd->err() == std::string("svlogd: warning: ") + sample.complaint + "\n");
  CHECK(current() == "one\n");
}

SCENARIO_METHOD(LogScene, "what is nearly an address is warned about, and not sent to", "[fixed]") {
  struct Case {
    const char* line;
    const char* complaint;
  };
  const Case sample = GENERATE(Case{"u127.0.0.256", "unable to scan ip address: 127.0.0.256"},
                               Case{"u127.0.0.1x", "unable to scan ip address: 127.0.0.1x"},
                               Case{"u127.0.0.1:65536", "unable to scan port number: 65536"},
                               Case{"u127.0.0.1:5x", "unable to scan port number: 5x"});
  config(std::string(sample.line) + "\n");
  CHECK(feed("one\n").ending == exited(0));
  CHECK(svlogd->err() == std::string("svlogd: warning: ") + sample.complaint + "\n");
  CHECK(current() == "one\n");
}

SCENARIO_METHOD(LogScene, "an IPv6 address stands in brackets", "[fixed]") {
  const Receiver receiver(AF_INET6);
  if (!receiver.bound()) {
    WARN("no IPv6 here: left out");
    return;
  }
  config(std::string(GENERATE("u", "U")) + "[::1]:" + receiver.port() + "\n");
  start();
  REQUIRE(say("one\ntwo\n"));
  CHECK(receiver.next() == "one\n");
  CHECK(receiver.next() == "two\n");
  CHECK(finish() == exited(0));
  CHECK(svlogd->err().empty());
}
