#include <fmt/core.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <system_error>

#include "rows.hpp"

namespace runvisor::benchmark {
namespace {

constexpr int kSamples = 100;

/// Reads the clock before and after.
template <typename Work>
double microseconds_of(const Work& work) {
  const auto before = Clock::now();
  work();
  return Microseconds(Clock::now() - before).count();
}

/// A child that sends back every byte.
class Echo {
 public:
  Echo() {
    if (pipe(there_.data()) != 0 || pipe(back_.data()) != 0) {
      throw std::system_error(errno, std::generic_category(), "pipe");
    }
    child_ = fork();
    if (child_ == 0) {
      close(there_[1]);
      char byte = 0;
      while (read(there_[0], &byte, 1) == 1 && write(back_[1], &byte, 1) == 1) {
      }
      _exit(0);
    }
  }
  ~Echo() {
    for (const int end : {there_[0], there_[1], back_[0], back_[1]}) {
      close(end);
    }
    wait_for(child_);
  }
  Echo(const Echo&) = delete;
  Echo& operator=(const Echo&) = delete;

  void send() const {
    char byte = 0;
    if (write(there_[1], &byte, 1) != 1 || read(back_[0], &byte, 1) != 1) {
      throw std::system_error(errno, std::generic_category(), "pipe");
    }
  }

 private:
  std::array<int, 2> there_{};
  std::array<int, 2> back_{};
  pid_t child_ = 0;
};

}  // namespace

std::vector<Row> measure_floors(const Context& context) {
  const auto row = [](const char* name, const char* unit) { return Row{.name = name, .unit = unit}; };
  const auto add = [](Row& to, double sample) { to.of("this machine", Role::Floor).push_back(sample); };
  Row bare = row("start and end of an empty program without libc", "us");
  Row glibc = row("the same and of an empty static program with glibc, which executes it", "us");
  Row trip = row("one byte through a pipe to another process, and back", "us");
  Row copy = row("memcpy of 64 MiB", "GB/s");
  copy.more_is_better = true;

  const auto folder = context.folder / "floors";
  std::filesystem::create_directories(folder);
  std::filesystem::create_symlink(RUNVISOR_BENCHMARK_HELPERS "/benchmark-service-dying", folder / "run");
  const auto run = [&](const char* program) {
    return microseconds_of([&] { wait_for(spawn({program}, folder / "errors", {}, folder)); });
  };
  const Echo echo;
  const std::vector<char> from(64 << 20, 'x');
  std::vector<char> to(from.size());
  for (int sample = 0; sample < kSamples; ++sample) {
    add(bare, run("./run"));
    add(glibc, run(RUNVISOR_BENCHMARK_HELPERS "/benchmark-floor"));
    add(trip, microseconds_of([&] { echo.send(); }));
    if (sample % 10 == 0) {
      const double duration = microseconds_of([&] { std::memcpy(to.data(), from.data(), from.size()); });
      add(copy, static_cast<double>(from.size()) / 1000 / duration);
    }
  }
  return {bare, glibc, trip, copy};
}

}  // namespace runvisor::benchmark
