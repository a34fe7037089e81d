#pragma once

/// What a benchmark service reports about itself.
enum class EventKind : char { Started = 's', Terminated = 't' };

/// One report, written in a single write(2) to the FIFO `../events` (16 bytes, hence atomic).
struct EventRecord {
  long long monotonic_ns;  ///< CLOCK_MONOTONIC when it happened
  int pid;                 ///< the service's pid
  EventKind kind;
  char padding[3];
};
static_assert(sizeof(EventRecord) == 16);
