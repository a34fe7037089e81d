// svlogd killed again and again in the middle of a stream: what that costs, and that nothing comes twice or
// out of order.
#include <random>

#include <catch2/catch.hpp>

#include "stream.hpp"
#include "svlogd/log_scene.hpp"

using namespace runvisor::testing;

namespace {

/// The most that a kill can cost: what is read at once, and the beginning of a line that was held back
/// before.
constexpr std::uint64_t kMostLost = 65'536 + 1'000;

/// What a series of kills has cost.
struct Toll {
  std::string trouble{};
  int kills = 0;
  int losses = 0;
  std::uint64_t lost = 0;
  std::uint64_t worst = 0;
  /// Lines that a kill cut: the end of one file, or the beginning of the next.
  int fragments = 0;
};

struct Storm : LogScene {
  /// Sends so many bytes through one svlogd after the other, ended by KILL or, more rarely, TERM, after up to
  /// four megabytes each; but after more than pipe and buffer hold, so that each one has written something
  /// and what two kills cost is never taken for one loss.
  [[nodiscard]] Toll rage(std::uint64_t bytes, std::uint64_t seed) {
    const Stream stream(seed);
    std::mt19937_64 random(seed);
    Toll toll;
    std::string batch;
    std::uint64_t number = 0;
    start();
    for (std::uint64_t said = 0; said < bytes;) {
      const std::uint64_t part = 200'000 + random() % 3'800'000;
      batch.clear();
      while (batch.size() < part) stream.append(number++, batch);
      if (!say(batch)) return {.trouble = "svlogd does not read on: " + svlogd->err()};
      said += batch.size();
      const bool by_kill = random() % 4 != 0;
      toll.kills += by_kill ? 1 : 0;
      svlogd->signal(by_kill ? SIGKILL : SIGTERM);
      if (svlogd->wait() != (by_kill ? killed_by(SIGKILL) : exited(0)))
        return {.trouble = "svlogd does not end"};
      launch({"log"});
    }
    // The last kill may have cost what was said last; this is read by a svlogd that nobody kills.
    batch.clear();
    stream.append(number++, batch);
    if (!say(batch)) return {.trouble = "svlogd does not read on: " + svlogd->err()};
    if (finish() != exited(0)) return {.trouble = "svlogd does not end"};
    if (!rotated(".u").empty()) return {.trouble = "files were left unprocessed"};
    std::uint64_t next = 0;
    for (const std::string& name : names()) {
      if (name.ends_with(".s") || name == "current") count(stream, name, next, toll);
    }
    if (toll.trouble.empty() && next != number) toll.trouble = "the last lines are missing";
    return toll;
  }

 private:
  /// Goes through a file, of which the first line has to be `next` or a later one.
  void count(const Stream& stream, const std::string& name, std::uint64_t& next, Toll& toll) {
    std::string text = content(name);
    if (name != "current") rotate_letters(text);
    const auto trouble = [&](const std::string& what) { toll.trouble = name + ": " + what; };
    std::string head;
    for (std::size_t begin = 0; begin < text.size();) {
      const std::size_t end = std::min(text.find('\n', begin), text.size() - 1) + 1;
      const std::string line = text.substr(begin, end - begin);
      const auto number = Stream::number_of(line);
      if (number && line == stream.line(*number)) {
        if (*number < next) {
          return trouble("line " + std::to_string(*number) + " again, where " + std::to_string(next) +
                         " was to come");
        }
        if (!head.empty() && (*number == 0 || !stream.line(*number - 1).ends_with(head))) {
          return trouble("begins with what is no end of line " + std::to_string(*number - 1));
        }
        std::uint64_t gap = 0;
        for (std::uint64_t missing = next; missing < *number; ++missing) gap += stream.line(missing).size();
        gap -= std::min<std::uint64_t>(gap, tail_.size() + head.size());
        if (gap > 0) {
          ++toll.losses;
          toll.lost += gap;
          toll.worst = std::max(toll.worst, gap);
        }
        head.clear();
        tail_.clear();
        next = *number + 1;
      } else if (begin == 0 && line.ends_with('\n')) {
        head = line;
        ++toll.fragments;
      } else if (end == text.size() && stream.line(next).starts_with(line)) {
        tail_ = line;
        ++toll.fragments;
      } else {
        return trouble("no line of the stream at byte " + std::to_string(begin));
      }
      begin = end;
    }
  }

  /// The beginning of a line with which the last file ended.
  std::string tail_;
};

}  // namespace

SCENARIO_METHOD(Storm, "a kill costs svlogd at most its buffer, and doubles and reorders nothing") {
  const std::uint64_t seed = GENERATE(1U, 2U, 3U);
  config(std::string("s1000000\nn0\n") + kRotating);
  const Toll toll = rage(48'000'000, seed);
  INFO("seed " << seed << ": " << toll.kills << " kills, " << toll.losses << " cost something, " << toll.lost
               << " bytes in all, " << toll.worst << " the worst");
  CHECK(toll.trouble == "");
  CHECK(toll.kills > 0);
  CHECK(toll.worst <= kMostLost);
  CHECK(toll.losses <= toll.kills);
  CHECK(toll.fragments <= 2 * toll.kills);
  WARN(toll.kills << " kills: " << toll.losses << " cost something, " << toll.lost << " bytes in all, "
                  << toll.worst << " the worst");
}

SCENARIO_METHOD(Storm, "hundreds of kills cost svlogd at most its buffer each", "[long]") {
  config(std::string("s1000000\nn0\n") + kRotating);
  const Toll toll = rage(1'000'000'000, 20'261'122);
  INFO(toll.kills << " kills, " << toll.losses << " cost something, " << toll.lost << " bytes in all, "
                  << toll.worst << " the worst");
  CHECK(toll.trouble == "");
  CHECK(toll.kills > 200);
  CHECK(toll.worst <= kMostLost);
  CHECK(toll.losses <= toll.kills);
}
