// A descriptor that the system refuses to watch for a while.
#include <gtest/gtest.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <vector>

#include "event/loop.hpp"
#include "event/signals.hpp"
#include "sys/system.hpp"

namespace {

using runvisor::event::Loop;
using runvisor::event::Readable;
using runvisor::event::Timer;
using runvisor::sys::Fd;

bool add(const Fd& epoll, int fd) {
  epoll_event event{};
  event.events = EPOLLIN;
  return ::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, fd, &event) == 0;
}

/// A pipe below so many epoll descriptors, each watching the one before, that no further one may watch the
/// topmost: a refusal that is to be had without using anything up.
class Tower {
 public:
  Tower() : pipe_(*runvisor::sys::operating_system().make_pipe()) {
    Fd next(::epoll_create1(EPOLL_CLOEXEC));
    while (add(next, top())) {
      floors_.push_back(std::move(next));
      next.reset(::epoll_create1(EPOLL_CLOEXEC));
    }
    error_ = errno;
  }

  [[nodiscard]] int top() const { return floors_.empty() ? pipe_.read_end.get() : floors_.back().get(); }
  /// Why the top is refused.
  [[nodiscard]] int error() const { return error_; }
  void write() const { ASSERT_EQ(::write(pipe_.write_end.get(), "x", 1), 1); }
  void read() const {
    char byte = 0;
    ASSERT_EQ(::read(pipe_.read_end.get(), &byte, 1), 1);
  }
  /// Takes the lowest floor out: the top may be watched.
  void lower() const {
    ASSERT_EQ(::epoll_ctl(floors_.at(1).get(), EPOLL_CTL_DEL, floors_.at(0).get(), nullptr), 0);
    ASSERT_TRUE(add(floors_.at(1), pipe_.read_end.get()));
  }

 private:
  runvisor::sys::Pipe pipe_;
  std::vector<Fd> floors_;
  int error_ = 0;
};

TEST(Readable, IsLookedAtForAsLongAsTheSystemRefusesToWatchIt) {
  const Tower tower;
  std::vector<int> complaints;
  Loop loop([&](runvisor::sys::Error error) { complaints.push_back(runvisor::sys::number(error)); });
  int times = 0;
  Readable* watched = nullptr;
  Readable readable(loop, Fd(::dup(tower.top())), [&] {
    ++times;
    tower.read();
    if (times == 1) tower.write();
    if (times == 2) {
      EXPECT_TRUE(watched->refused());
      tower.lower();
      tower.write();
    }
    if (times == 3) loop.stop();
    watched->wait();
  });
  watched = &readable;
  ASSERT_TRUE(readable.refused());
  EXPECT_EQ(runvisor::sys::number(*readable.refused()), tower.error());
  Timer deadline(loop, [&] {
    ADD_FAILURE() << "nothing was seen after the time number " << times;
    loop.stop();
  });
  deadline.arm(std::chrono::steady_clock::now() + std::chrono::seconds(20));
  tower.write();
  readable.wait();
  loop.run();
  EXPECT_EQ(times, 3);
  EXPECT_FALSE(readable.refused());
  EXPECT_EQ(complaints, std::vector<int>{tower.error()}) << "it is told once";
}

TEST(Signals, TellWhenTheLoopGetsNothingFromTheSystem) {
  // As many descriptors as there are: the loop's own are the first that it does not get.
  rlimit usual{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &usual), 0);
  const rlimit few{.rlim_cur = 64, .rlim_max = usual.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
  std::vector<Fd> all;
  for (Fd next(::dup(STDERR_FILENO)); next; next.reset(::dup(STDERR_FILENO))) all.push_back(std::move(next));
  all.pop_back();
  Loop loop;
  runvisor::event::Signals signals(loop, [](int) {});
  const auto opened = signals.open({SIGUSR1});
  all.clear();
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &usual), 0);
  ASSERT_FALSE(opened);
  EXPECT_EQ(runvisor::sys::number(opened.error()), EMFILE);
}

}  // namespace
