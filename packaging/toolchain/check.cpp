// Shows that what build-musl-toolchain has made works: exceptions through several frames and threads, threads
// that wait for each other, clocks, the file system, and the functions for memory. Prints what does not, and
// then exits 1.
#include <sys/mman.h>

#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstring>
#include <exception>
#include <filesystem>
#include <mutex>
#include <shared_mutex>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>

#ifdef __GLIBC__
#error "these are glibc's headers"
#endif
#ifndef _GLIBCXX_HAS_GTHREADS
#error "the library was built without threads"
#endif

namespace {

int failures = 0;

void check(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "the toolchain's check: %s\n", what);
  ++failures;
}

struct CountsItsEnd {
  int& ended;
  ~CountsItsEnd() { ++ended; }
};

void descend(int depth, int& ended) {
  const CountsItsEnd counter{ended};
  if (depth == 0) throw std::runtime_error{"bottom"};
  descend(depth - 1, ended);
}

void check_exceptions() {
  int ended = 0;
  std::string caught;
  try {
    descend(20, ended);
  } catch (const std::exception& error) {
    caught = error.what();
  }
  check(caught == "bottom" && ended == 21, "an exception does not arrive, or passes over destructors");

  std::exception_ptr carried;
  std::thread{[&carried] {
    try {
      throw std::system_error{ENOENT, std::generic_category()};
    } catch (...) {
      carried = std::current_exception();
    }
  }}.join();
  try {
    std::rethrow_exception(carried);
  } catch (const std::system_error& error) {
    check(error.code() == std::errc::no_such_file_or_directory,
          "an exception changes on its way out of a thread");
  }
}

void check_threads() {
  thread_local int own = 1;
  std::mutex mutex;
  std::shared_mutex shared;
  std::condition_variable changed;
  int turn = 0;
  std::thread other{[&] {
    own = 2;
    std::unique_lock lock{mutex};
    changed.wait(lock, [&] { return turn == 1; });
    const std::shared_lock reading{shared};
    turn = 2;
    changed.notify_one();
  }};
  {
    std::unique_lock lock{mutex};
    turn = 1;
    changed.notify_one();
    const bool answered = changed.wait_for(lock, std::chrono::seconds{10}, [&] { return turn == 2; });
    check(answered, "threads do not wake each other");
  }
  other.join();
  check(own == 1, "threads share a thread_local variable");
}

void check_clocks() {
  const auto before = std::chrono::steady_clock::now();
  std::this_thread::sleep_for(std::chrono::milliseconds{5});
  const auto slept = std::chrono::steady_clock::now() - before;
  check(slept >= std::chrono::milliseconds{5} && slept < std::chrono::minutes{1},
        "the steady clock is wrong");
  const auto year_2020 = std::chrono::sys_days{std::chrono::year{2020} / 1 / 1};
  check(std::chrono::system_clock::now() > year_2020, "the system clock is wrong");
  check(std::chrono::steady_clock::period::den == 1'000'000'000, "the clocks do not count nanoseconds");
}

void check_files() {
  namespace fs = std::filesystem;
  const fs::path folder =
      fs::temp_directory_path() /
      ("toolchain-" + std::to_string(std::chrono::steady_clock::now().time_since_epoch().count()));
  fs::create_directories(folder / "a/b");
  fs::create_symlink("a", folder / "link");
  check(fs::canonical(folder / "link/b") == fs::canonical(folder) / "a/b", "a symbolic link is not followed");
  std::size_t entries = 0;
  for (const auto& entry : fs::recursive_directory_iterator{folder}) entries += entry.path().empty() ? 0 : 1;
  check(entries == 3, "a directory is not read to its end");
  check(fs::remove_all(folder) == 4, "a directory is not removed");
}

/// The text after a move of `size` bytes within it, one byte at a time.
std::string moved(std::string text, std::size_t to, std::size_t from, std::size_t size) {
  const std::string source = text.substr(from, size);
  for (std::size_t i = 0; i < size; ++i) text[to + i] = source[i];
  return text;
}

void check_memory() {
  // Not what the compiler makes of them.
  void* (*const volatile move)(void*, const void*, std::size_t) = std::memmove;
  void* (*const volatile find)(const void*, int, std::size_t) = ::memchr;
  std::string text;
  for (int i = 0; i < 10000; ++i) text += static_cast<char>(i * 31 + i / 256);
  for (std::size_t size = 0; size < 5000; size += size < 300 ? 1 : 97) {
    for (const std::size_t to : {0, 900, 999, 1000, 1001, 1016, 1063, 1100, 4900}) {
      std::string done = text;
      move(done.data() + to, done.data() + 1000, size);
      if (done != moved(text, to, 1000, size)) return check(false, "memmove does not move bytes as they are");
    }
  }
  // A text at the very end of a page, after which there is none.
  const std::size_t page = 4096;
  auto* const pages = static_cast<char*>(
      ::mmap(nullptr, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  ::munmap(pages + page, page);
  for (std::size_t size = 1; size < 200; ++size) {
    char* const begin = pages + page - size;
    begin[-1] = 'x';
    bool right = find(begin, 'x', size) == nullptr;
    for (std::size_t at = size; at-- > 0;) {
      begin[at] = 'x';
      right = right && find(begin, 'x', size) == begin + at && find(begin, 'x', at) == nullptr;
    }
    if (!right) return check(false, "memchr finds another byte than the first one");
    for (char* byte = begin - 1; byte < pages + page; ++byte) *byte = 0;
  }
}

}  // namespace

int main() {
  check_exceptions();
  check_threads();
  check_clocks();
  check_files();
  check_memory();
  return failures == 0 ? 0 : 1;
}
