#include "core/service_report.hpp"

#include <gtest/gtest.h>

#include <cerrno>

namespace runvisor::core {
namespace {

using namespace std::chrono_literals;

constexpr WallTime kNow{std::chrono::seconds{1'700'000'100}};

std::string state(const StatusRecord& record, bool has_down_file = false, WallTime now = kNow) {
  std::string out;
  append_state(out, "./svc", record, has_down_file, now);
  return out;
}

std::string trouble(Step step, int error_number) {
  std::string out;
  append_trouble(out, "./svc", {step, error_number});
  return out;
}

StatusRecord record(State state, std::uint32_t pid, Want want) {
  return {.since = kNow - 100s, .pid = pid, .want = want, .state = state};
}

// Each of these lines was printed by runit 2.1.2's sv for a status file with the record's content.
TEST(State, IsToldAsTheOriginalTellsIt) {
  EXPECT_EQ(state(record(State::down, 0, Want::down)), "down: ./svc: 100s, normally up");
  EXPECT_EQ(state(record(State::down, 0, Want::up)), "down: ./svc: 100s, normally up, want up");
  EXPECT_EQ(state(record(State::run, 4242, Want::up)), "run: ./svc: (pid 4242) 100s");
  EXPECT_EQ(state(record(State::run, 4242, Want::down)), "run: ./svc: (pid 4242) 100s, want down");
  EXPECT_EQ(state(record(State::run, 4242, Want::exit)), "run: ./svc: (pid 4242) 100s, want down");
  EXPECT_EQ(state(record(State::finish, 4242, Want::up)), "finish: ./svc: (pid 4242) 100s");
  EXPECT_EQ(state(record(State::finish, 4242, Want::down)), "finish: ./svc: (pid 4242) 100s, want down");
  EXPECT_EQ(state(record(State::finish, 0, Want::up)), "finish: ./svc: (pid 0) 100s, normally up, want up");
}

TEST(State, IsToldWithItsDownFile) {
  EXPECT_EQ(state(record(State::down, 0, Want::down), true), "down: ./svc: 100s");
  EXPECT_EQ(state(record(State::down, 0, Want::up), true), "down: ./svc: 100s, want up");
  EXPECT_EQ(state(record(State::run, 4242, Want::up), true), "run: ./svc: (pid 4242) 100s, normally down");
  EXPECT_EQ(state(record(State::run, 4242, Want::down), true),
            "run: ./svc: (pid 4242) 100s, normally down, want down");
}

TEST(State, TellsOfPauseAndTermOnlyWithAProcess) {
  StatusRecord all = record(State::run, 1, Want::down);
  all.paused = true;
  all.got_term = true;
  EXPECT_EQ(state(all, true), "run: ./svc: (pid 1) 100s, normally down, paused, want down, got TERM");
  all.want = Want::up;
  EXPECT_EQ(state(all), "run: ./svc: (pid 1) 100s, paused, got TERM");
  all.pid = 0;
  all.state = State::down;
  EXPECT_EQ(state(all), "down: ./svc: 100s, normally up, want up");
}

TEST(State, TellsItsAgeInWholeSecondsOfTheClock) {
  StatusRecord young = record(State::run, 1, Want::up);
  young.since = kNow - 1ns;
  EXPECT_EQ(state(young), "run: ./svc: (pid 1) 1s");
  young.since = kNow;
  EXPECT_EQ(state(young, false, kNow + 999ms), "run: ./svc: (pid 1) 0s");
}

TEST(State, OfTheFutureIsNewborn) {
  StatusRecord young = record(State::run, 1, Want::up);
  young.since = kNow + 1h;
  EXPECT_EQ(state(young), "run: ./svc: (pid 1) 0s");
}

TEST(State, TellsTheLargestPid) {
  EXPECT_EQ(state(record(State::run, 4294967295U, Want::up)), "run: ./svc: (pid 4294967295) 100s");
}

TEST(Trouble, IsToldAsTheOriginalTellsIt) {
  EXPECT_EQ(trouble(Step::change_directory, ENOENT),
            "fail: ./svc: unable to change to service directory: file does not exist");
  EXPECT_EQ(trouble(Step::change_directory, EACCES),
            "fail: ./svc: unable to change to service directory: access denied");
  EXPECT_EQ(trouble(Step::change_log_directory, ENOTDIR),
            "warning: ./svc: unable to change directory: not a directory");
  EXPECT_EQ(trouble(Step::open_ok, ENXIO), "fail: ./svc: runsv not running");
  EXPECT_EQ(trouble(Step::open_ok, ENOENT),
            "warning: ./svc: unable to open supervise/ok: file does not exist");
  EXPECT_EQ(trouble(Step::open_ok, EACCES), "warning: ./svc: unable to open supervise/ok: access denied");
  EXPECT_EQ(trouble(Step::open_ok, ELOOP), "warning: ./svc: unable to open supervise/ok: symbolic link loop");
  EXPECT_EQ(trouble(Step::open_status, ENOENT),
            "warning: ./svc: unable to open supervise/status: file does not exist");
  EXPECT_EQ(trouble(Step::read_status, EISDIR),
            "warning: ./svc: unable to read supervise/status: is a directory");
  EXPECT_EQ(trouble(Step::parse_status, 0), "warning: ./svc: unable to read supervise/status: bad format");
  EXPECT_EQ(trouble(Step::open_control, ENXIO), "fail: ./svc: runsv not running");
  EXPECT_EQ(trouble(Step::open_control, EACCES),
            "warning: ./svc: unable to open supervise/control: access denied");
  EXPECT_EQ(trouble(Step::write_control, EAGAIN),
            "warning: ./svc: unable to write to supervise/control: temporary failure");
}

TEST(Trouble, ARunsvThatEndsWhileItIsWrittenToHasGone) {
  EXPECT_TRUE(is_runsv_gone({Step::write_control, EPIPE}));
  EXPECT_EQ(trouble(Step::write_control, EPIPE), "fail: ./svc: runsv not running");
}

TEST(Trouble, ADeviceThatIsMissingElsewhereIsNoMissingRunsv) {
  EXPECT_FALSE(is_runsv_gone({Step::open_status, ENXIO}));
  EXPECT_FALSE(is_runsv_gone({Step::write_control, ENXIO}));
}

}  // namespace
}  // namespace runvisor::core
