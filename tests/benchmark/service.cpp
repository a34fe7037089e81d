// A service without any library: its first instructions read the clock, it reports that to the FIFO
// `../events` when there is one, and then it waits for SIGTERM, which it reports as well before it ends.
// Compiled with SERVICE_DIES_AT_ONCE it does nothing but end. Compiled with SERVICE_IS_READY it notifies a
// supervisor that wants to hear, as s6 does, on descriptor 3.

#include <asm/unistd.h>

#include "event_record.hpp"

#ifndef SERVICE_DIES_AT_ONCE
#define SERVICE_DIES_AT_ONCE false
#endif

#ifndef SERVICE_IS_READY
#define SERVICE_IS_READY false
#endif

namespace {

constexpr bool kIsReady = SERVICE_IS_READY;
constexpr bool kDiesAtOnce = SERVICE_DIES_AT_ONCE;
constexpr long kClockMonotonic = 1;
constexpr long kOpenForWriting = 01;
constexpr long kNonBlocking = 04000;
constexpr long kBlockSignals = 0;
constexpr unsigned long kTermSet = 1UL << (15 - 1);

long system_call(long number, long a = 0, long b = 0, long c = 0, long d = 0) {
  long result;
  register long r10 asm("r10") = d;
  asm volatile("syscall"
               : "=a"(result)
               : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10)
               : "rcx", "r11", "memory");
  return result;
}

long address(const void* pointer) { return reinterpret_cast<long>(pointer); }

long long now() {
  struct {
    long seconds;
    long nanoseconds;
  } time{};
  system_call(__NR_clock_gettime, kClockMonotonic, address(&time));
  return time.seconds * 1'000'000'000LL + time.nanoseconds;
}

void report(long fifo, EventKind kind, long long when) {
  if (fifo < 0) {
    return;
  }
  const EventRecord record{when, static_cast<int>(system_call(__NR_getpid)), kind, {}};
  system_call(__NR_write, fifo, address(&record), sizeof record);
}

[[noreturn]] void leave() {
  for (;;) {
    system_call(__NR_exit_group, 0);
  }
}

}  // namespace

extern "C" [[noreturn]] void _start() {
  if constexpr (!kDiesAtOnce) {
    const long long started = now();
    const long fifo = system_call(__NR_open, address("../events"), kOpenForWriting | kNonBlocking);
    system_call(__NR_rt_sigprocmask, kBlockSignals, address(&kTermSet), 0, sizeof kTermSet);
    report(fifo, EventKind::Started, started);
    if constexpr (kIsReady) {
      constexpr long kNotification = 3;
      system_call(__NR_write, kNotification, address("\n"), 1);
      system_call(__NR_close, kNotification);
    }
    while (system_call(__NR_rt_sigtimedwait, address(&kTermSet), 0, 0, sizeof kTermSet) < 0) {
    }
    report(fifo, EventKind::Terminated, now());
  }
  leave();
}
