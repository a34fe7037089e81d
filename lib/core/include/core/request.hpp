#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "core/status_record.hpp"

namespace runvisor::core {

/// How much of a word of `sv` has to be there.
enum class Match : std::uint8_t { first_letter, whole };

/// What a word of `sv` is about.
enum class Task : std::uint8_t {
  /// Print the service's state, and its log's.
  status,
  /// Wait for the state that has been asked for already.
  check,
  /// Write bytes into the control FIFO.
  send,
};

/// One word of `sv`: what it writes, and what it does afterwards.
struct Request {
  std::string_view word;
  Match match = Match::whole;
  Task task = Task::send;
  /// The commands, written at once.
  std::string_view bytes;
  /// Waits for the effect and reports it, without being told to by an option.
  bool reports = false;
  /// Writes `k` when the effect has not come in time.
  bool kills = false;
};

/// The one table of sv's words. Whole words win over first letters. Source: sv(8), and words tried on
/// runit 2.1.2.
inline constexpr std::array<Request, 31> kRequests{{
    {"start", Match::whole, Task::send, "u", true, false},
    {"stop", Match::whole, Task::send, "d", true, false},
    {"reload", Match::whole, Task::send, "h", true, false},
    {"restart", Match::whole, Task::send, "tcu", true, false},
    {"shutdown", Match::whole, Task::send, "x", true, false},
    {"try-restart", Match::whole, Task::send, "tc", true, false},
    {"check", Match::whole, Task::check, "", true, false},
    {"force-stop", Match::whole, Task::send, "d", true, true},
    {"force-reload", Match::whole, Task::send, "tc", true, true},
    {"force-restart", Match::whole, Task::send, "tcu", true, true},
    {"force-shutdown", Match::whole, Task::send, "x", true, true},
    {"status", Match::first_letter, Task::status, "", false, false},
    {"up", Match::first_letter, Task::send, "u", false, false},
    {"down", Match::first_letter, Task::send, "d", false, false},
    {"once", Match::first_letter, Task::send, "o", false, false},
    {"pause", Match::first_letter, Task::send, "p", false, false},
    {"cont", Match::first_letter, Task::send, "c", false, false},
    {"hup", Match::first_letter, Task::send, "h", false, false},
    {"alarm", Match::first_letter, Task::send, "a", false, false},
    {"interrupt", Match::first_letter, Task::send, "i", false, false},
    {"quit", Match::first_letter, Task::send, "q", false, false},
    {"1", Match::first_letter, Task::send, "1", false, false},
    {"2", Match::first_letter, Task::send, "2", false, false},
    {"term", Match::first_letter, Task::send, "t", false, false},
    {"kill", Match::first_letter, Task::send, "k", false, false},
    {"exit", Match::first_letter, Task::send, "x", false, false},
    {"x", Match::first_letter, Task::send, "x", false, false},
    {"D", Match::first_letter, Task::send, "d", true, true},
    {"T", Match::first_letter, Task::send, "tc", true, true},
    {"E", Match::first_letter, Task::send, "x", true, true},
    {"X", Match::first_letter, Task::send, "x", true, true},
}};

/// Who asks: `sv`, or an init script's name that leads to it. Init scripts take `status` as a whole word
/// only.
enum class Caller : std::uint8_t { sv, init_script };

/// The request that `word` stands for; none for a word sv does not know.
[[nodiscard]] std::optional<Request> find_request(std::string_view word, Caller caller) noexcept;

/// Whether the request is for runsv's end, so that no runsv means it has been met.
[[nodiscard]] bool asks_for_exit(const Request& request) noexcept;

/// Whether `record` shows that the request's commands have been obeyed already, so that writing them would
/// change nothing: `u` for a service that is wanted up, `d` for one that is wanted down and has got its TERM.
[[nodiscard]] bool wanted_already(const Request& request, const StatusRecord& record) noexcept;

/// What is known of the commands that a control FIFO has carried.
struct ControlTrace {
  /// Bytes that runsv has not read yet.
  std::size_t unread = 0;
  /// When the FIFO was made; the epoch where the file system does not know.
  WallTime created{};
  /// The FIFO's times of modification and access: the last write and the last read.
  WallTime written{};
  WallTime read{};
  /// When the status file was last replaced.
  WallTime published{};
  WallTime now{};
};

/// Whether the status file is known to tell of every command written: none ever was, or all have been read
/// and it was replaced after that. File times are as coarse as the kernel's tick and access times may be
/// switched off, so a FIFO that has been quiet for kQuietTime counts as well. Without this rule `sv down x;
/// sv up x` would see the state from before the `d`, write nothing, and leave the service down.
[[nodiscard]] bool is_settled(const ControlTrace& trace) noexcept;
inline constexpr std::chrono::seconds kQuietTime{1};

/// Whether `before`, published before the request's commands were written, shows their effect already. Unless
/// the control FIFO is settled, that may be about to change by other commands that are on their way: with `u`
/// and `d` in the FIFO, a service may be down and wanted down, and yet be started once more.
[[nodiscard]] bool shows_effect_already(const Request& request, const StatusRecord& before) noexcept;

/// Whether a request has had its effect.
enum class Effect : std::uint8_t {
  none,
  /// It has, if the service's `./check` says so.
  if_check_passes,
  taken,
};

/// Judges a request by what was published just `before` its commands were written and what is published
/// `now`. A process counts as started since if the times of the two records differ: both were stamped by one
/// runsv, so neither a jump of the clock nor its granularity matters. The effects are sv(8)'s; for several
/// bytes, all of them. `d` and `o` also wait until runsv shows that it has taken the command: a service that
/// crashes over and over is down between two runs without being wanted so. The effect of `x` is never seen in
/// a record.
[[nodiscard]] Effect effect_of(const Request& request, const StatusRecord& before,
                               const StatusRecord& now) noexcept;

}  // namespace runvisor::core
