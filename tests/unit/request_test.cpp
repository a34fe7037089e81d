#include "core/request.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "core/command.hpp"

namespace runvisor::core {
namespace {

using namespace std::chrono_literals;

constexpr WallTime kThen{std::chrono::seconds{1'700'000'000}};
constexpr WallTime kLater = kThen + 1us;

StatusRecord down(Want want, WallTime since = kThen) {
  return {.since = since, .want = want, .state = State::down};
}
StatusRecord run(Want want, WallTime since = kThen) {
  return {.since = since, .pid = 4242, .want = want, .state = State::run};
}
StatusRecord finish(Want want, WallTime since = kThen) {
  return {.since = since, .pid = 4242, .want = want, .state = State::finish};
}
StatusRecord with_term(StatusRecord record) {
  record.got_term = true;
  return record;
}
StatusRecord with_pause(StatusRecord record) {
  record.paused = true;
  return record;
}

Request request(std::string_view word) { return find_request(word, Caller::sv).value(); }

/// What a word means, as tried on runit 2.1.2.
struct Meaning {
  std::string_view given;
  std::string_view bytes;
  bool reports;
  bool kills;
};
constexpr Meaning kMeanings[] = {
    {"u", "u", false, false},
    {"up", "u", false, false},
    {"upwards", "u", false, false},
    {"usr1", "u", false, false},
    {"d", "d", false, false},
    {"down", "d", false, false},
    {"once", "o", false, false},
    {"pause", "p", false, false},
    {"cont", "c", false, false},
    {"chec", "c", false, false},
    {"checkx", "c", false, false},
    {"hup", "h", false, false},
    {"alarm", "a", false, false},
    {"interrupt", "i", false, false},
    {"quit", "q", false, false},
    {"1", "1", false, false},
    {"2x", "2", false, false},
    {"term", "t", false, false},
    {"try", "t", false, false},
    {"kill", "k", false, false},
    {"exit", "x", false, false},
    {"e", "x", false, false},
    {"xyz", "x", false, false},
    {"start", "u", true, false},
    {"stop", "d", true, false},
    {"reload", "h", true, false},
    {"restart", "tcu", true, false},
    {"shutdown", "x", true, false},
    {"try-restart", "tc", true, false},
    {"force-stop", "d", true, true},
    {"force-reload", "tc", true, true},
    {"force-restart", "tcu", true, true},
    {"force-shutdown", "x", true, true},
    {"D", "d", true, true},
    {"Down", "d", true, true},
    {"T", "tc", true, true},
    {"X", "x", true, true},
    {"E", "x", true, true},
};

TEST(Request, EveryWordSendsItsBytes) {
  for (const Meaning& meaning : kMeanings) {
    for (const Caller caller : {Caller::sv, Caller::init_script}) {
      const auto found = find_request(meaning.given, caller);
      ASSERT_TRUE(found) << meaning.given;
      EXPECT_EQ(found->task, Task::send) << meaning.given;
      EXPECT_EQ(found->bytes, meaning.bytes) << meaning.given;
      EXPECT_EQ(found->reports, meaning.reports) << meaning.given;
      EXPECT_EQ(found->kills, meaning.kills) << meaning.given;
    }
  }
}

TEST(Request, WhateverElseBeginsWithSMeansStatusForSv) {
  for (const char* word :
       {"s", "st", "stx", "sta", "stat", "sto", "star", "sh", "shutd", "status", "statusx"}) {
    ASSERT_TRUE(find_request(word, Caller::sv)) << word;
    EXPECT_EQ(find_request(word, Caller::sv)->task, Task::status) << word;
    EXPECT_FALSE(find_request(word, Caller::sv)->reports) << word;
  }
}

TEST(Request, AnInitScriptTakesStatusAsAWholeWordOnly) {
  EXPECT_EQ(find_request("status", Caller::init_script)->task, Task::status);
  for (const char* word : {"s", "stat", "statusx"})
    EXPECT_FALSE(find_request(word, Caller::init_script)) << word;
}

TEST(Request, OtherFirstLettersMeanNothing) {
  std::set<char> known;
  for (const Request& row : kRequests) {
    if (row.match == Match::first_letter) known.insert(row.word.front());
  }
  for (int value = 1; value < 256; ++value) {
    const char letter = static_cast<char>(value);
    EXPECT_EQ(find_request(std::string(1, letter), Caller::sv).has_value(), known.contains(letter)) << value;
  }
  for (const char* word : {"", "r", "re", "reloadx", "res", "f", "force-status", "-", "S", "U"}) {
    EXPECT_FALSE(find_request(word, Caller::sv)) << word;
  }
}

TEST(Request, CheckSendsNothingAndReports) {
  const Request check = request("check");
  EXPECT_EQ(check.task, Task::check);
  EXPECT_TRUE(check.bytes.empty());
  EXPECT_TRUE(check.reports);
  EXPECT_FALSE(check.kills);
}

TEST(Request, EveryRowIsFoundByItsOwnWordAndSendsOnlyCommands) {
  for (const Request& row : kRequests) {
    const Request found = request(row.word);
    EXPECT_EQ(found.bytes, row.bytes) << row.word;
    EXPECT_EQ(found.task, row.task) << row.word;
    for (const char byte : row.bytes) EXPECT_TRUE(command_from_byte(byte)) << row.word;
  }
}

TEST(Request, EveryCommandHasAWord) {
  for (const CommandInfo& command : kCommands) {
    const auto found = find_request(command.word, Caller::sv);
    ASSERT_TRUE(found) << command.word;
    EXPECT_EQ(found->bytes, std::string(1, static_cast<char>(command.command))) << command.word;
  }
}

TEST(Request, OnlyExitAsksForRunsvsEnd) {
  for (const Request& row : kRequests) EXPECT_EQ(asks_for_exit(row), row.bytes == "x") << row.word;
}

TEST(WantedAlready, UpForAServiceThatIsWantedUp) {
  for (const char* word : {"up", "start"}) {
    EXPECT_TRUE(wanted_already(request(word), down(Want::up)));
    EXPECT_TRUE(wanted_already(request(word), run(Want::up)));
    EXPECT_FALSE(wanted_already(request(word), run(Want::down)));
    EXPECT_FALSE(wanted_already(request(word), down(Want::exit)));
  }
}

TEST(WantedAlready, DownOnlyOnceTermHasBeenSent) {
  for (const char* word : {"down", "stop", "force-stop", "D"}) {
    EXPECT_TRUE(wanted_already(request(word), with_term(run(Want::down))));
    EXPECT_FALSE(wanted_already(request(word), run(Want::down)));
    EXPECT_FALSE(wanted_already(request(word), down(Want::down)));
    EXPECT_FALSE(wanted_already(request(word), with_term(run(Want::up))));
  }
}

TEST(WantedAlready, NothingElse) {
  for (const char* word : {"restart", "once", "term", "exit", "hup", "cont", "force-restart"}) {
    for (const Want want : {Want::up, Want::down, Want::exit}) {
      EXPECT_FALSE(wanted_already(request(word), with_term(run(want)))) << word;
    }
  }
}

TEST(IsSettled, NotWhileCommandsAreUnread) {
  EXPECT_FALSE(
      is_settled({.unread = 1, .written = kThen, .read = kThen, .published = kLater, .now = kThen + 1h}));
}

TEST(IsSettled, WhenTheFifoHasNeverBeenUsed) {
  EXPECT_TRUE(
      is_settled({.created = kLater, .written = kLater, .read = kLater, .published = kThen, .now = kLater}));
  EXPECT_FALSE(
      is_settled({.created = kThen, .written = kThen, .read = kLater, .published = kThen, .now = kLater}));
  EXPECT_FALSE(
      is_settled({.created = kThen, .written = kLater, .read = kThen, .published = kThen, .now = kLater}));
}

TEST(IsSettled, WhenPublishedAfterTheLastRead) {
  EXPECT_TRUE(is_settled({.unread = 0, .written = kThen, .read = kThen, .published = kLater, .now = kLater}));
}

TEST(IsSettled, NotWhenPublishedInTheSameTickOrBefore) {
  EXPECT_FALSE(is_settled({.unread = 0, .written = kThen, .read = kThen, .published = kThen, .now = kLater}));
  EXPECT_FALSE(
      is_settled({.unread = 0, .written = kThen, .read = kLater, .published = kThen, .now = kLater}));
}

TEST(IsSettled, NotByAnAccessTimeThatIsNotKept) {
  EXPECT_FALSE(is_settled(
      {.unread = 0, .written = kLater, .read = kThen, .published = kLater + 1us, .now = kLater + 1ms}));
}

TEST(IsSettled, AfterAQuietSecond) {
  EXPECT_FALSE(is_settled({.written = kLater, .read = kThen, .published = kThen, .now = kLater + 999ms}));
  EXPECT_TRUE(is_settled({.written = kLater, .read = kThen, .published = kThen, .now = kLater + 1s}));
}

TEST(ShowsEffectAlready, OnlyWhatIsWantedAndReached) {
  EXPECT_TRUE(shows_effect_already(request("start"), run(Want::up)));
  EXPECT_TRUE(shows_effect_already(request("stop"), down(Want::down)));
  EXPECT_TRUE(shows_effect_already(request("once"), run(Want::down)));
  EXPECT_FALSE(shows_effect_already(request("start"), down(Want::up)));
  EXPECT_FALSE(shows_effect_already(request("stop"), run(Want::down)));
  EXPECT_FALSE(shows_effect_already(request("stop"), down(Want::up)));
  for (const char* word : {"hup", "reload", "pause", "cont", "restart", "exit", "check"}) {
    EXPECT_FALSE(shows_effect_already(request(word), run(Want::up))) << word;
    EXPECT_FALSE(shows_effect_already(request(word), down(Want::down))) << word;
  }
}

TEST(EffectOf, UpIsARunningServiceWithAPassedCheck) {
  for (const char* word : {"up", "start"}) {
    const Request up = request(word);
    EXPECT_EQ(effect_of(up, down(Want::down), run(Want::up)), Effect::if_check_passes);
    EXPECT_EQ(effect_of(up, run(Want::up), run(Want::up)), Effect::if_check_passes);
    EXPECT_EQ(effect_of(up, run(Want::up), with_term(run(Want::up))), Effect::if_check_passes);
    EXPECT_EQ(effect_of(up, run(Want::up), with_pause(run(Want::up))), Effect::if_check_passes);
    EXPECT_EQ(effect_of(up, run(Want::up), finish(Want::up)), Effect::none);
    EXPECT_EQ(effect_of(up, run(Want::up), down(Want::up)), Effect::none);
  }
}

TEST(EffectOf, UpWaitsUntilTheServiceIsWantedUp) {
  EXPECT_EQ(effect_of(request("up"), run(Want::down), run(Want::down)), Effect::none);
  EXPECT_EQ(effect_of(request("start"), run(Want::down), with_term(run(Want::down))), Effect::none);
}

TEST(EffectOf, DownIsNoProcess) {
  for (const char* word : {"down", "stop", "force-stop", "D"}) {
    const Request request_down = request(word);
    EXPECT_EQ(effect_of(request_down, run(Want::up), down(Want::down)), Effect::taken);
    EXPECT_EQ(effect_of(request_down, down(Want::down), down(Want::down)), Effect::taken);
    EXPECT_EQ(effect_of(request_down, run(Want::up), down(Want::exit)), Effect::taken);
    EXPECT_EQ(effect_of(request_down, run(Want::up), run(Want::down)), Effect::none);
    EXPECT_EQ(effect_of(request_down, run(Want::up), finish(Want::down)), Effect::none);
  }
}

TEST(EffectOf, DownWaitsUntilACrashingServiceIsWantedDown) {
  EXPECT_EQ(effect_of(request("stop"), down(Want::up), down(Want::up)), Effect::none);
}

TEST(EffectOf, TermIsANewInstanceOrAnEndThatIsWanted) {
  for (const char* word : {"term", "kill"}) {
    const Request term = request(word);
    EXPECT_EQ(effect_of(term, run(Want::up), run(Want::up)), Effect::none) << "the same instance";
    EXPECT_EQ(effect_of(term, run(Want::up), run(Want::up, kLater)), Effect::if_check_passes);
    EXPECT_EQ(effect_of(term, run(Want::up, kLater), run(Want::up)), Effect::if_check_passes)
        << "a clock set back does not matter";
    EXPECT_EQ(effect_of(term, run(Want::up), with_term(run(Want::up, kLater))), Effect::none);
    EXPECT_EQ(effect_of(term, run(Want::up), finish(Want::up)), Effect::none);
    EXPECT_EQ(effect_of(term, run(Want::up), down(Want::up, kLater)), Effect::none);
    EXPECT_EQ(effect_of(term, run(Want::up), down(Want::down, kLater)), Effect::taken);
    EXPECT_EQ(effect_of(term, down(Want::down), down(Want::down)), Effect::taken);
  }
}

TEST(EffectOf, RestartIsANewRunningInstance) {
  for (const char* word : {"restart", "force-restart"}) {
    const Request restart = request(word);
    EXPECT_EQ(effect_of(restart, run(Want::up), run(Want::up)), Effect::none);
    EXPECT_EQ(effect_of(restart, run(Want::up), run(Want::up, kLater)), Effect::if_check_passes);
    EXPECT_EQ(effect_of(restart, run(Want::up), with_term(run(Want::up, kLater))), Effect::none);
    EXPECT_EQ(effect_of(restart, run(Want::up), with_pause(run(Want::up, kLater))), Effect::none);
    EXPECT_EQ(effect_of(restart, run(Want::up), finish(Want::up, kLater)), Effect::none);
    EXPECT_EQ(effect_of(restart, down(Want::down), down(Want::down)), Effect::none);
    EXPECT_EQ(effect_of(restart, down(Want::down), run(Want::up, kLater)), Effect::if_check_passes);
  }
}

TEST(EffectOf, TryRestartLeavesAServiceDown) {
  for (const char* word : {"try-restart", "force-reload", "T"}) {
    const Request restart = request(word);
    EXPECT_EQ(effect_of(restart, down(Want::down), down(Want::down)), Effect::taken);
    EXPECT_EQ(effect_of(restart, run(Want::up), down(Want::up, kLater)), Effect::none);
    EXPECT_EQ(effect_of(restart, run(Want::up), run(Want::up, kLater)), Effect::if_check_passes);
    EXPECT_EQ(effect_of(restart, run(Want::up), with_pause(run(Want::up, kLater))), Effect::none);
  }
}

TEST(EffectOf, OnceIsNotWantedUpAndStartedOrEndedSince) {
  const Request once = request("once");
  EXPECT_EQ(effect_of(once, down(Want::down), down(Want::down)), Effect::none);
  EXPECT_EQ(effect_of(once, down(Want::down), run(Want::down, kLater)), Effect::taken);
  EXPECT_EQ(effect_of(once, down(Want::down), down(Want::down, kLater)), Effect::taken);
  EXPECT_EQ(effect_of(once, down(Want::up), down(Want::up, kLater)), Effect::none);
  EXPECT_EQ(effect_of(once, run(Want::up), run(Want::up)), Effect::none);
  EXPECT_EQ(effect_of(once, run(Want::up), run(Want::down)), Effect::taken);
}

TEST(EffectOf, PauseAndContAreThePausedByte) {
  EXPECT_EQ(effect_of(request("pause"), run(Want::up), run(Want::up)), Effect::none);
  EXPECT_EQ(effect_of(request("pause"), run(Want::up), with_pause(run(Want::up))), Effect::taken);
  EXPECT_EQ(effect_of(request("pause"), down(Want::down), down(Want::down)), Effect::taken);
  EXPECT_EQ(effect_of(request("cont"), run(Want::up), with_pause(run(Want::up))), Effect::none);
  EXPECT_EQ(effect_of(request("cont"), run(Want::up), run(Want::up)), Effect::taken);
  EXPECT_EQ(effect_of(request("cont"), down(Want::down), with_pause(down(Want::down))), Effect::taken);
}

TEST(EffectOf, OtherSignalsAreNotWaitedFor) {
  for (const char* word : {"hup", "alarm", "interrupt", "quit", "1", "2", "reload"}) {
    EXPECT_EQ(effect_of(request(word), run(Want::up), run(Want::up)), Effect::taken) << word;
    EXPECT_EQ(effect_of(request(word), down(Want::down), down(Want::down)), Effect::taken) << word;
  }
}

TEST(EffectOf, ExitIsNeverSeenInARecord) {
  for (const char* word : {"exit", "shutdown", "force-shutdown", "X"}) {
    EXPECT_EQ(effect_of(request(word), run(Want::up), down(Want::down, kLater)), Effect::none) << word;
    EXPECT_EQ(effect_of(request(word), run(Want::up), run(Want::exit)), Effect::none) << word;
  }
}

TEST(EffectOf, CheckIsTheStateThatIsWanted) {
  const Request check = request("check");
  EXPECT_EQ(effect_of(check, run(Want::up), run(Want::up)), Effect::if_check_passes);
  EXPECT_EQ(effect_of(check, down(Want::up), down(Want::up)), Effect::none);
  EXPECT_EQ(effect_of(check, finish(Want::up), finish(Want::up)), Effect::none);
  EXPECT_EQ(effect_of(check, down(Want::down), down(Want::down)), Effect::taken);
  EXPECT_EQ(effect_of(check, run(Want::down), run(Want::down)), Effect::none);
}

}  // namespace
}  // namespace runvisor::core
