// What goes in comes out: rotation every megabyte and a processor, with the files compared and removed as
// they come.
#include "stream.hpp"

#include <catch2/catch.hpp>

#include "svlogd/log_scene.hpp"

using namespace runvisor::testing;

namespace {

/// svlogd fed with a stream of which every byte is looked at again when it comes out.
struct Pipeline : LogScene {
  Stream stream{20'261'122};

  /// Sends so many bytes (or a little more) through svlogd; says where the first difference is, nothing if
  /// there is none.
  [[nodiscard]] std::string difference(std::uint64_t bytes, bool processed) {
    std::string batch;
    std::uint64_t said = 0;
    std::uint64_t number = 0;
    while (said < bytes) {
      batch.clear();
      while (batch.size() < 1'000'000) stream.append(number++, batch);
      if (!say(batch)) return "svlogd does not read on: " + svlogd->err();
      said += batch.size();
      // Some files in stock: svlogd is not to wait for the test.
      const std::string found = compare_rotated(processed, 8);
      if (!found.empty()) return found;
    }
    if (finish() != exited(0)) return "svlogd does not end";
    if (!rotated(".u").empty() || !rotated(".t").empty()) return "files were left unprocessed";
    std::string found = compare_rotated(processed, 0);
    if (found.empty()) found = compare(current(), "current");
    if (found.empty() && seen_ != said)
      found = std::to_string(said - seen_) + " bytes are missing at the end";
    return found;
  }

 private:
  /// Compares and removes rotated files, but for the last `left`.
  [[nodiscard]] std::string compare_rotated(bool processed, std::size_t left) {
    const Words all = rotated();
    for (std::size_t i = 0; i + left < all.size(); ++i) {
      std::string text = content(all[i]);
      if (processed) rotate_letters(text);
      const std::string found = compare(text, all[i]);
      if (!found.empty()) return found;
      if (!text.ends_with('\n')) return all[i] + " ends within a line";
      std::filesystem::remove(path(all[i]));
    }
    return {};
  }
  /// Compares a piece with what has to follow the pieces before it.
  [[nodiscard]] std::string compare(std::string_view text, const std::string& name) {
    seen_ += text.size();
    while (!text.empty()) {
      const std::string line = stream.line(next_);
      if (!text.starts_with(line)) return name + " differs from line " + std::to_string(next_) + " on";
      text.remove_prefix(line.size());
      ++next_;
    }
    return {};
  }

  std::uint64_t next_ = 0;
  std::uint64_t seen_ = 0;
};

constexpr std::uint64_t kMiB = 1024 * 1024;

}  // namespace

SCENARIO_METHOD(Pipeline, "a stream comes out of rotation and a processor as it went in") {
  config(std::string("s1000000\nn0\n") + kRotating);
  start();
  CHECK(difference(192 * kMiB, true) == "");
}

SCENARIO_METHOD(Pipeline, "a stream comes out of small files as it went in") {
  config("s10000\nn0\n");
  start();
  CHECK(difference(4 * kMiB, false) == "");
}

SCENARIO_METHOD(Pipeline, "two gibibytes come out of rotation and a processor as they went in", "[long]") {
  config(std::string("s1000000\nn0\n") + kRotating);
  start();
  CHECK(difference(2'048 * kMiB, true) == "");
}
