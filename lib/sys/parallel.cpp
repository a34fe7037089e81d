#include "sys/parallel.hpp"

#include <malloc.h>
#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <utility>

namespace runvisor::sys {
namespace {

/// More helpers than this would mostly wait for the same locks in the kernel.
constexpr std::size_t kMostHelpers = 3;

/// What caller and helpers share. A helper may come when all is done, so it holds a share of its own.
struct Shared {
  Shared(std::size_t count_of_all, std::size_t chunk_size,
         std::function<void(std::size_t, std::size_t)> work_on)
      : count(count_of_all), chunk(chunk_size), work(std::move(work_on)) {}

  std::size_t count;
  std::size_t chunk;
  std::function<void(std::size_t, std::size_t)> work;
  std::atomic<std::size_t> next{0};
  std::atomic<std::size_t> done{0};
};

/// Takes chunks until there are no more.
void take_chunks(Shared& shared) {
  for (;;) {
    const std::size_t begin = shared.next.fetch_add(shared.chunk);
    if (begin >= shared.count) return;
    const std::size_t end = std::min(begin + shared.chunk, shared.count);
    shared.work(begin, end);
    shared.done.fetch_add(end - begin);
    shared.done.notify_one();
  }
}

void* help(void* argument) {
  const std::unique_ptr<std::shared_ptr<Shared>> shared{static_cast<std::shared_ptr<Shared>*>(argument)};
  take_chunks(**shared);
  return nullptr;
}

std::size_t processors() noexcept {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (::sched_getaffinity(0, sizeof set, &set) == -1) return 1;
  return static_cast<std::size_t>(CPU_COUNT(&set));
}

void call_helpers(const std::shared_ptr<Shared>& shared, std::size_t helpers) {
  if (helpers == 0) return;
#ifdef M_ARENA_MAX
  // glibc's heap of its own for each thread costs more than the rare wait for the common one.
  ::mallopt(M_ARENA_MAX, 1);
#endif
  pthread_attr_t attributes;
  ::pthread_attr_init(&attributes);
  ::pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  for (std::size_t i = 0; i < helpers; ++i) {
    auto share = std::make_unique<std::shared_ptr<Shared>>(shared);
    pthread_t thread{};
    if (::pthread_create(&thread, &attributes, help, share.get()) != 0) break;
    [[maybe_unused]] auto* const taken_over = share.release();
  }
  ::pthread_attr_destroy(&attributes);
}

}  // namespace

void in_chunks(std::size_t count, std::size_t chunk, std::function<void(std::size_t, std::size_t)> work) {
  if (count <= chunk) return work(0, count);
  const auto shared = std::make_shared<Shared>(count, chunk, std::move(work));
  const std::size_t chunks = (count + chunk - 1) / chunk;
  call_helpers(shared, std::min({processors() - 1, chunks - 1, kMostHelpers}));
  take_chunks(*shared);
  for (std::size_t done = shared->done; done != count; done = shared->done) shared->done.wait(done);
}

}  // namespace runvisor::sys
